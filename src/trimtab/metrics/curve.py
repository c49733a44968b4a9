"""Metrics read off a curve over many thresholds: the area under it, or a point of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.metrics.confusion import ConfusionMetric, Counter, are_evenly_spaced

_ALL_COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


class _CurveMetric(ConfusionMetric):
    """A metric that keeps all four counts."""

    _kept = _ALL_COUNTS

    true_positives: Variable
    false_positives: Variable
    true_negatives: Variable
    false_negatives: Variable

    def _recall(self) -> Tensor:
        return ops.divide_no_nan(self.true_positives, self.true_positives + self.false_negatives)

    def _precision(self) -> Tensor:
        return ops.divide_no_nan(self.true_positives, self.true_positives + self.false_positives)

    def _specificity(self) -> Tensor:
        return ops.divide_no_nan(self.true_negatives, self.true_negatives + self.false_positives)


def _inner_thresholds(count: int) -> list[float]:
    """`count - 2` values, evenly spaced between 0 and 1, both excluded."""
    return [(i + 1) / (count - 1) for i in range(count - 2)]


class _PointMetric(_CurveMetric):
    """The largest value of one ratio where another reaches a bound."""

    _bound = ""

    def __init__(
        self,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        owner = type(self).__name__
        if not 0 <= value <= 1:
            raise ValueError(f"{owner}: `{self._bound}` must lie in [0, 1]; got {value}")
        if num_thresholds <= 0:
            raise ValueError(f"{owner}: `num_thresholds` must be > 0; got {num_thresholds}")
        super().__init__(name, dtype)
        self.value = value
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        self.thresholds = (
            [0.5] if num_thresholds == 1 else [0.0, *_inner_thresholds(num_thresholds), 1.0]
        )
        self._counter = Counter(owner, self.thresholds, num_thresholds > 1, class_id=class_id)
        self._add_counts((len(self.thresholds),))

    def _largest(self, ratio: Tensor, bounded: Tensor) -> Tensor:
        return ops.max(ops.where(bounded >= self.value, ratio, 0.0))


@keras_export("keras.metrics.SensitivityAtSpecificity")
class SensitivityAtSpecificity(_PointMetric):
    """Best sensitivity `tp / (tp + fn)` at a specificity `tn / (tn + fp)` of at least a given one.

    Args:
        specificity: The least specificity, in [0, 1].
        num_thresholds: Number of thresholds to try.
        class_id: The one class on the last axis to look at; all if None.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If an argument is out of range.

    Source: Keras 3 `keras.metrics.SensitivityAtSpecificity`.
    """

    _bound = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity

    def result(self) -> Tensor:
        """The sensitivity, a scalar; 0 if no threshold reaches the specificity."""
        return self._largest(self._recall(), self._specificity())


@keras_export("keras.metrics.SpecificityAtSensitivity")
class SpecificityAtSensitivity(_PointMetric):
    """Best specificity `tn / (tn + fp)` at a sensitivity `tp / (tp + fn)` of at least a given one.

    Args:
        sensitivity: The least sensitivity, in [0, 1].
        num_thresholds: Number of thresholds to try.
        class_id: The one class on the last axis to look at; all if None.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If an argument is out of range.

    Source: Keras 3 `keras.metrics.SpecificityAtSensitivity`.
    """

    _bound = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity

    def result(self) -> Tensor:
        """The specificity, a scalar; 0 if no threshold reaches the sensitivity."""
        return self._largest(self._specificity(), self._recall())


@keras_export("keras.metrics.PrecisionAtRecall")
class PrecisionAtRecall(_PointMetric):
    """Best precision `tp / (tp + fp)` at a recall `tp / (tp + fn)` of at least a given one.

    Args:
        recall: The least recall, in [0, 1].
        num_thresholds: Number of thresholds to try.
        class_id: The one class on the last axis to look at; all if None.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If an argument is out of range.

    Source: Keras 3 `keras.metrics.PrecisionAtRecall`.
    """

    _bound = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall

    def result(self) -> Tensor:
        """The precision, a scalar; 0 if no threshold reaches the recall."""
        return self._largest(self._precision(), self._recall())


@keras_export("keras.metrics.RecallAtPrecision")
class RecallAtPrecision(_PointMetric):
    """Best recall `tp / (tp + fn)` at a precision `tp / (tp + fp)` of at least a given one.

    Args:
        precision: The least precision, in [0, 1].
        num_thresholds: Number of thresholds to try.
        class_id: The one class on the last axis to look at; all if None.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If an argument is out of range.

    Source: Keras 3 `keras.metrics.RecallAtPrecision`.
    """

    _bound = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision

    def result(self) -> Tensor:
        """The recall, a scalar; 0 if no threshold reaches the precision."""
        return self._largest(self._recall(), self._precision())


_CURVES = ("ROC", "PR", "PRGAIN")
_SUMMATIONS = ("interpolation", "majoring", "minoring")


@keras_export("keras.metrics.AUC")
class AUC(_CurveMetric):
    """Area under a curve, as a sum over thresholds.

    Args:
        num_thresholds: Number of thresholds, > 1; the more, the nearer to the exact area.
        curve: "ROC" (recall over false-positive rate), "PR" (precision over recall) or "PRGAIN".
        summation_method: Height of the curve between thresholds: "interpolation" (of the counts for
            "PR", Davis and Goadrich 2006; of the ends' mean otherwise), "majoring" or "minoring".
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.
        thresholds: Own thresholds in [0, 1], to which 0 and 1 are added; `num_thresholds` is then
            ignored.
        multi_label: Whether the area is that of each label on the last axis, averaged.
        num_labels: Number of labels, for `multi_label`; found at the first update if None.
        label_weights: One weight for each label.
        from_logits: Whether predictions are logits; they go through a sigmoid first.

    Raises:
        ValueError: If an argument is out of range.

    Source: Keras 3 `keras.metrics.AUC`.
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        self._check(num_thresholds, thresholds, multi_label, num_labels)
        super().__init__(name, dtype)
        inner = _inner_thresholds(num_thresholds) if thresholds is None else sorted(thresholds)
        # 0 and 1 stand a little outside, so that predictions of exactly 0 and 1 are on a side.
        edge = settings.epsilon()
        self._thresholds = np.array([0.0 - edge, *inner, 1.0 + edge])
        self.num_thresholds = len(inner) + 2
        self.curve = _choice("curve", curve.upper(), _CURVES)
        self.summation_method = _choice("summation_method", summation_method.lower(), _SUMMATIONS)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self._from_logits = from_logits
        is_even = thresholds is None or are_evenly_spaced([0.0, *inner, 1.0])
        self._counter = Counter("AUC", self._thresholds, is_even, multi_label=multi_label)
        self._built = False
        if not multi_label:
            self._build(())
        elif num_labels:
            self._build((num_labels,))

    @staticmethod
    def _check(
        num_thresholds: int, thresholds: Any, multi_label: bool, num_labels: int | None
    ) -> None:
        if thresholds is None and num_thresholds <= 1:
            raise ValueError(f"AUC: `num_thresholds` must be > 1; got {num_thresholds}")
        if num_labels and not multi_label:
            raise ValueError(
                f"AUC: `num_labels` needs `multi_label=True`; got num_labels={num_labels}"
            )

    def _build(self, labels: tuple[int, ...]) -> None:
        self._add_counts((self.num_thresholds, *labels))
        self._built = True

    @property
    def thresholds(self) -> list[float]:
        """The thresholds, the first and last a little outside [0, 1]."""
        return list(self._thresholds)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch; see `Precision.update_state`. With `multi_label`, `(batch, labels)`."""
        y_pred = ops.convert_to_tensor(y_pred)
        if not self._built:
            if len(y_pred.shape) != 2:
                raise ValueError(
                    "AUC: with `multi_label=True`, `y_pred` must have shape (batch, labels); got "
                    f"{tuple(y_pred.shape)}"
                )
            self._build((y_pred.shape[1],))
        if self._from_logits:
            y_pred = ops.sigmoid(y_pred)
        # With several areas, the weights of the labels are those of the areas.
        weights = None if self.multi_label else self.label_weights
        dtype = self.true_positives.dtype
        self._add(self._counter.count(y_true, y_pred, sample_weight, dtype, weights))

    def result(self) -> Tensor:
        """The area, a scalar."""
        if not self._built:
            return ops.zeros((), dtype=self.dtype)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._averaged(self._interpolated_precision_recall())
        x, y = self._points()
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        elif self.summation_method == "minoring":
            heights = ops.minimum(y[:-1], y[1:])
        else:
            heights = ops.maximum(y[:-1], y[1:])
        return self._averaged((x[:-1] - x[1:]) * heights)

    def _points(self) -> tuple[Tensor, Tensor]:
        """Abscissas, descending, and ordinates of the curve."""
        if self.curve == "ROC":
            negatives = self.false_positives + self.true_negatives
            return ops.divide_no_nan(self.false_positives, negatives), self._recall()
        if self.curve == "PR":
            return self._recall(), self._precision()
        scaling = ops.divide_no_nan(
            self.true_positives + self.false_negatives, self.true_negatives + self.false_positives
        )
        recall_gain = 1.0 - scaling * ops.divide_no_nan(self.false_negatives, self.true_positives)
        precision_gain = 1.0 - scaling * ops.divide_no_nan(
            self.false_positives, self.true_positives
        )
        is_empty = ops.equal(self.true_positives, 0.0)
        recall_gain = ops.maximum(ops.where(is_empty, 0.0, recall_gain), 0.0)
        return recall_gain, ops.where(is_empty, 1.0, precision_gain)

    def _interpolated_precision_recall(self) -> Tensor:
        # Between thresholds true and false positives are linear in their sum p: tp = intercept +
        # slope * p. The integral of precision tp / p over recall is slope * (dtp + intercept *
        # log(p_low / p_high)).
        true_positives = ops.convert_to_tensor(self.true_positives)
        d_true = true_positives[:-1] - true_positives[1:]
        p = true_positives + self.false_positives
        slope = ops.divide_no_nan(d_true, ops.maximum(p[:-1] - p[1:], 0.0))
        intercept = true_positives[1:] - slope * p[1:]
        is_safe = ops.logical_and(p[:-1] > 0, p[1:] > 0)
        ratio = ops.where(is_safe, ops.divide_no_nan(p[:-1], p[1:]), 1.0)
        area = slope * (d_true + intercept * ops.log(ratio))
        positives = true_positives[1:] + self.false_negatives[1:]
        return ops.divide_no_nan(area, ops.maximum(positives, 0.0))

    def _averaged(self, areas: Tensor) -> Tensor:
        if not self.multi_label:
            return ops.sum(areas)
        by_label = ops.sum(areas, axis=0)
        if self.label_weights is None:
            return ops.mean(by_label)
        weights = ops.cast(self.label_weights, by_label.dtype)
        return ops.divide_no_nan(ops.sum(by_label * weights), ops.sum(weights))


def _choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"AUC: `{name}` must be one of {choices}; got {value!r}")
    return value
