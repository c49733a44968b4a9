"""Accuracies: how often predictions hit the label."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import match_ranks, paired
from trimtab.metrics.reduction import MeanMetricWrapper


@keras_export("keras.metrics.accuracy")
def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where a prediction equals its label, else 0.

    Args:
        y_true: Labels, `(batch, ...)`.
        y_pred: Predicted labels of the same shape.
    """
    y_true, y_pred = paired("accuracy", y_true, y_pred)
    return ops.cast(ops.equal(y_true, y_pred), settings.floatx())


@keras_export("keras.metrics.Accuracy")
class Accuracy(MeanMetricWrapper):
    """How often predicted labels equal the labels exactly.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.Accuracy`.
    """

    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


@keras_export("keras.metrics.binary_accuracy")
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """1 where a prediction lies on its label's side of the threshold, else 0.

    Args:
        y_true: Labels 0 and 1, `(batch, ...)`.
        y_pred: Predictions of the same shape.
        threshold: Predictions above it, not at it, count as 1.

    Returns:
        A tensor of the shape of the predictions.

    Source: Keras 3 `keras.metrics.binary_accuracy`.
    """
    y_true, y_pred = match_ranks(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
    predicted = ops.cast(ops.greater(y_pred, threshold), y_true.dtype)
    return ops.cast(ops.equal(y_true, predicted), settings.floatx())


@keras_export("keras.metrics.BinaryAccuracy")
class BinaryAccuracy(MeanMetricWrapper):
    """How often predictions lie on their label's side of a threshold.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.
        threshold: Predictions above it, not at it, count as 1.

    Source: Keras 3 `keras.metrics.BinaryAccuracy`.
    """

    _direction = "up"

    def __init__(
        self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5
    ) -> None:
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold


@keras_export("keras.metrics.categorical_accuracy")
def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest prediction is at the label's class, else 0.

    Args:
        y_true: One-hot labels, `(batch, ..., classes)`.
        y_pred: Predictions of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Source: Keras 3 `keras.metrics.categorical_accuracy`.
    """
    hits = ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))
    return ops.cast(hits, settings.floatx())


@keras_export("keras.metrics.CategoricalAccuracy")
class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is at the class of a one-hot label.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.CategoricalAccuracy`.
    """

    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


@keras_export("keras.metrics.sparse_categorical_accuracy")
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest prediction is at the label's class, else 0.

    Args:
        y_true: Class numbers, `(batch, ...)` or `(batch, ..., 1)`.
        y_pred: Predictions, `(batch, ..., classes)`.

    Returns:
        One value a sample, `(batch, ...)`, without a last axis of size 1.

    Source: Keras 3 `keras.metrics.sparse_categorical_accuracy`.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    predicted = ops.cast(ops.argmax(y_pred, axis=-1), y_true.dtype)
    hits = ops.cast(ops.equal(y_true, predicted), settings.floatx())
    if len(hits.shape) > 1 and hits.shape[-1] == 1:
        hits = ops.squeeze(hits, -1)
    return hits


@keras_export("keras.metrics.SparseCategoricalAccuracy")
class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is at the class that the label numbers.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.SparseCategoricalAccuracy`.
    """

    _direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


@keras_export("keras.metrics.top_k_categorical_accuracy")
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 where the label's class is among the `k` largest predictions, else 0.

    Args:
        y_true: One-hot labels, `(batch, ..., classes)`.
        y_pred: Predictions of the same shape.
        k: Number of predictions that may hit. Equal predictions share their rank.

    Returns:
        One value a sample, `(batch, ...)`.

    Source: Keras 3 `keras.metrics.top_k_categorical_accuracy`.
    """
    return _in_top_k(ops.argmax(y_true, axis=-1), ops.convert_to_tensor(y_pred), k)


@keras_export("keras.metrics.TopKCategoricalAccuracy")
class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class of a one-hot label is among the `k` largest predictions.

    Args:
        k: Number of predictions that may hit.
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.TopKCategoricalAccuracy`.
    """

    _direction = "up"

    def __init__(
        self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None
    ) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


@keras_export("keras.metrics.sparse_top_k_categorical_accuracy")
def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Tensor:
    """1 where the label's class is among the `k` largest predictions, else 0.

    Args:
        y_true: Class numbers, `(batch, ...)`.
        y_pred: Predictions, `(batch, ..., classes)`.
        k: Number of predictions that may hit. Equal predictions share their rank.
        from_sorted_ids: Whether predictions are class numbers, the best first, instead of scores.

    Returns:
        One value a sample, `(batch, ...)`.

    Source: Keras 3 `keras.metrics.sparse_top_k_categorical_accuracy`.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if not from_sorted_ids:
        return _in_top_k(ops.cast(y_true, "int32"), y_pred, k)
    hits = ops.equal(ops.expand_dims(ops.cast(y_true, y_pred.dtype), -1), y_pred[..., :k])
    return ops.cast(ops.any(hits, axis=-1), settings.floatx())


def _in_top_k(labels: Tensor, scores: Tensor, k: int) -> Tensor:
    at_label = ops.take_along_axis(scores, ops.expand_dims(labels, -1), axis=-1)
    # "Not at most" instead of "greater": a NaN then counts as better than the label, and never as a
    # hit.
    better = ops.logical_not(ops.less_equal(scores, at_label))
    rank = ops.sum(ops.cast(better, "int32"), axis=-1)
    return ops.cast(ops.less(rank, k), settings.floatx())


@keras_export("keras.metrics.SparseTopKCategoricalAccuracy")
class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class that the label numbers is among the `k` largest predictions.

    Args:
        k: Number of predictions that may hit.
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.
        from_sorted_ids: Whether predictions are class numbers, the best first, instead of scores.

    Source: Keras 3 `keras.metrics.SparseTopKCategoricalAccuracy`.
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids
        )
        self.k = k
        self.from_sorted_ids = from_sorted_ids
