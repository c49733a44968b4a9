"""Intersection over union of classes, from a confusion matrix."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from trimtab import dtypes, ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.metrics.base import Metric


@keras_export("keras.metrics.IoU")
class IoU(Metric):
    """Mean intersection over union of some classes: `tp / (tp + fp + fn)`.

    Classes that occur in neither the labels nor the predictions are left out of the mean.

    Args:
        num_classes: Number of classes; labels and predictions outside [0, `num_classes`) do not
            count.
        target_class_ids: The classes to average over.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the confusion matrix; "int32" if None.
        ignore_class: Label whose cells do not count.
        sparse_y_true: Whether labels are class numbers; else one-hot on `axis`.
        sparse_y_pred: Whether predictions are class numbers; else scores on `axis`.
        axis: Axis of the classes.

    Raises:
        ValueError: If a target class is not below `num_classes`.

    Source: Keras 3 `keras.metrics.IoU`.
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "int32")
        if max(target_class_ids) >= num_classes:
            raise ValueError(
                f"{type(self).__name__}: `target_class_ids` must lie in [0, {num_classes}); got "
                f"{list(target_class_ids)}"
            )
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", dtype=self.dtype, name="total_confusion_matrix"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch.

        Args:
            y_true: Labels, of any shape.
            y_pred: Predictions of the same number of cells.
            sample_weight: One weight a cell; 1 if None. An integer dtype cuts off fractions.
        """
        if not self.sparse_y_true:
            y_true = ops.argmax(y_true, axis=self.axis)
        if not self.sparse_y_pred:
            y_pred = ops.argmax(y_pred, axis=self.axis)
        true = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        predicted = ops.reshape(ops.cast(y_pred, "int32"), (-1,))
        valid = ops.logical_and(self._is_class(true), self._is_class(predicted))
        if self.ignore_class is not None:
            valid = ops.logical_and(valid, ops.not_equal(true, self.ignore_class))
        # Counted in float64: the kernel adds floats only, and float32 would stop at 2**24.
        weights = ops.where(valid, ops.cast(self._weights(sample_weight, true), "float64"), 0.0)
        cells = ops.where(valid, true * self.num_classes + predicted, 0)
        counts = ops.segment_sum(weights, cells, num_segments=self.num_classes**2)
        matrix = ops.reshape(counts, (self.num_classes, self.num_classes))
        self.total_cm.assign(self.total_cm + ops.cast(matrix, self.dtype))

    def _is_class(self, numbers: Tensor) -> Tensor:
        return ops.logical_and(numbers >= 0, numbers < self.num_classes)

    def _weights(self, sample_weight: Any, true: Tensor) -> Tensor:
        if sample_weight is None:
            return ops.ones_like(true)
        given = ops.convert_to_tensor(sample_weight)
        if dtypes.is_float(given.dtype) and dtypes.is_integer(self.dtype):
            warnings.warn(
                f"{type(self).__name__}: `sample_weight` has type {given.dtype} but is counted as "
                f"{self.dtype}, which cuts off fractions; give the metric a float dtype",
                stacklevel=3,
            )
        given = ops.cast(given, self.dtype)
        if len(given.shape) > 1:
            given = ops.reshape(given, (-1,))
        return ops.broadcast_to(given, true.shape)

    def result(self) -> Tensor:
        """The mean over the target classes, a scalar."""
        matrix = ops.cast(self.total_cm, "float32")
        hits = ops.sum(matrix * ops.eye(self.num_classes, dtype="float32"), axis=0)
        union = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1) - hits
        hits = ops.take(hits, self.target_class_ids, axis=0)
        union = ops.take(union, self.target_class_ids, axis=0)
        occurs = union > 1e-9
        ratios = ops.where(occurs, hits / (union + settings.epsilon()), 0.0)
        return ops.sum(ratios) / (ops.sum(ops.cast(occurs, "float32")) + settings.epsilon())


@keras_export("keras.metrics.BinaryIoU")
class BinaryIoU(IoU):
    """Mean intersection over union of the classes 0 and 1, predictions being cut at a threshold.

    Args:
        target_class_ids: The classes to average over: (0, 1), (0,) or (1,).
        threshold: Predictions at or above it count as 1.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the confusion matrix; "int32" if None.

    Source: Keras 3 `keras.metrics.BinaryIoU`.
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch of labels 0 and 1 and of predictions; see `IoU.update_state`."""
        scores = ops.convert_to_tensor(y_pred, dtype="float32")
        super().update_state(y_true, scores >= self.threshold, sample_weight)


@keras_export("keras.metrics.MeanIoU")
class MeanIoU(IoU):
    """Mean intersection over union of all classes: `tp / (tp + fp + fn)`.

    Args:
        num_classes: Number of classes; labels and predictions outside [0, `num_classes`) do not
            count.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the confusion matrix; "int32" if None.
        ignore_class: Label whose cells do not count.
        sparse_y_true: Whether labels are class numbers; else one-hot on `axis`.
        sparse_y_pred: Whether predictions are class numbers; else scores on `axis`.
        axis: Axis of the classes.

    Source: Keras 3 `keras.metrics.MeanIoU`.
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        classes = range(num_classes)
        super().__init__(
            num_classes, classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        )


@keras_export("keras.metrics.OneHotIoU")
class OneHotIoU(IoU):
    """Mean intersection over union of some classes, labels being one-hot.

    Args:
        num_classes: Number of classes.
        target_class_ids: The classes to average over.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the confusion matrix; "int32" if None.
        ignore_class: Label whose cells do not count.
        sparse_y_pred: Whether predictions are class numbers; else scores on `axis`.
        axis: Axis of the classes.

    Source: Keras 3 `keras.metrics.OneHotIoU`.
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )


@keras_export("keras.metrics.OneHotMeanIoU")
class OneHotMeanIoU(MeanIoU):
    """Mean intersection over union of all classes, labels being one-hot.

    Args:
        num_classes: Number of classes.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the confusion matrix; "int32" if None.
        ignore_class: Label whose cells do not count.
        sparse_y_pred: Whether predictions are class numbers; else scores on `axis`.
        axis: Axis of the classes.

    Source: Keras 3 `keras.metrics.OneHotMeanIoU`.
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
