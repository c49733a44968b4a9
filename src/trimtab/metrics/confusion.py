"""Counts of true and false positives and negatives at thresholds, and their ratios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import match_ranks
from trimtab.metrics.base import Metric

# Below every score: with `top_k`, what is not among the best is set to it and counts as negative.
LOWEST_SCORE = -1e10


def checked_thresholds(owner: str, thresholds: Any, default: float) -> list[float]:
    """`thresholds` as a list; a number stands for itself alone, None for `default`.

    Raises:
        ValueError: If one lies outside [0, 1].
    """
    if thresholds is None:
        return [default]
    listed = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    if any(t is None or not 0 <= t <= 1 for t in listed):
        raise ValueError(f"{owner}: `thresholds` must lie in [0, 1]; got {thresholds}")
    return listed


def are_evenly_spaced(thresholds: Sequence[float]) -> bool:
    """Whether there are at least three thresholds, evenly spaced from 0 to 1."""
    count = len(thresholds)
    if count < 3:
        return False
    return bool(np.allclose(thresholds, np.arange(count) / (count - 1), atol=settings.epsilon()))


class Counter:
    """Counts predictions above thresholds, for a metric.

    Args:
        owner: Name of the metric's class, for errors.
        thresholds: In ascending order if they are evenly spaced.
        evenly_spaced: Whether they are, from 0 to 1; the first and last may stand a little outside.
            Then predictions are sorted into buckets, instead of being compared with every
            threshold.
        top_k: Only the `top_k` best classes of a sample can be positive; all if None.
        class_id: The one class to look at; all if None.
        multi_label: Whether the labels on the last axis are counted apart.
    """

    def __init__(
        self,
        owner: str,
        thresholds: Sequence[float] | np.ndarray[Any, Any],
        evenly_spaced: bool,
        top_k: int | None = None,
        class_id: int | None = None,
        multi_label: bool = False,
    ) -> None:
        self.owner = owner
        self.thresholds = np.asarray(thresholds, dtype="float64")
        self.evenly_spaced = evenly_spaced
        self.top_k = top_k
        self.class_id = class_id
        self.multi_label = multi_label

    def count(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any,
        dtype: str,
        label_weights: Any = None,
    ) -> dict[str, Tensor]:
        """Weighted numbers by name: "true_positives", "false_positives" and so on, `(thresholds,)`.

        With `multi_label`, `(thresholds, labels)`.

        Args:
            y_true: Labels; anything but 0 is positive.
            y_pred: Scores in [0, 1] of the same shape.
            sample_weight: One weight a sample or one a label; 1 if None.
            dtype: Type of the numbers.
            label_weights: One weight for each label on the last axis; 1 if None.

        Raises:
            ValueError: If the shapes do not fit together.
        """
        true, predicted = self._operands(y_true, y_pred, dtype)
        weights = self._weights(predicted, sample_weight, label_weights)
        if self.multi_label and len(predicted.shape) != 2:
            raise ValueError(
                f"{self.owner}: with `multi_label=True`, `y_pred` must have shape (batch, labels); "
                f"got {tuple(predicted.shape)}"
            )
        shape = predicted.shape if self.multi_label else (-1, 1)
        labels = predicted.shape[-1] if self.multi_label else 1
        true, predicted = ops.reshape(true, shape), ops.reshape(predicted, shape)
        weights = ops.reshape(weights, shape)
        counts = self._in_buckets if self.evenly_spaced else self._compared
        found = counts(true * weights, (1.0 - true) * weights, predicted, labels)
        if self.multi_label:
            return found
        return {name: ops.squeeze(numbers, -1) for name, numbers in found.items()}

    def _operands(self, y_true: Any, y_pred: Any, dtype: str) -> tuple[Tensor, Tensor]:
        predicted, true = match_ranks(ops.cast(y_pred, dtype), ops.cast(y_true, dtype))
        if tuple(true.shape) != tuple(predicted.shape):
            raise ValueError(
                f"{self.owner}: `y_true` and `y_pred` must have the same shape; got "
                f"{tuple(true.shape)} and {tuple(predicted.shape)}"
            )
        if self.top_k is not None:
            predicted = _only_best(predicted, self.top_k)
        if self.class_id is not None:
            if len(predicted.shape) == 1:
                raise ValueError(
                    f"{self.owner}: with `class_id`, `y_pred` must have shape (batch, classes); "
                    f"got {tuple(predicted.shape)}"
                )
            chosen = slice(self.class_id, self.class_id + 1 or None)
            true, predicted = true[..., chosen], predicted[..., chosen]
        return ops.cast(ops.not_equal(true, 0), dtype), predicted

    def _weights(self, predicted: Tensor, sample_weight: Any, label_weights: Any) -> Tensor:
        weights = ops.ones_like(predicted)
        if sample_weight is not None:
            given = ops.cast(sample_weight, predicted.dtype)
            if len(given.shape) < len(predicted.shape):
                given = ops.expand_dims(given, -1)
            given, _ = match_ranks(given, predicted, expand_rank_1=False)
            pairs = zip(reversed(given.shape), reversed(predicted.shape), strict=False)
            if len(given.shape) > len(predicted.shape) or any(g not in (1, p) for g, p in pairs):
                raise ValueError(
                    f"{self.owner}: `sample_weight` must have one weight a sample or the shape of "
                    f"the predictions, {tuple(predicted.shape)}; got {np.shape(sample_weight)}"
                )
            weights = weights * given
        if label_weights is not None:
            weights = weights * ops.cast(label_weights, predicted.dtype)
        return weights

    def _compared(
        self, positive: Tensor, negative: Tensor, predicted: Tensor, labels: int
    ) -> dict[str, Tensor]:
        # Axes: thresholds, samples, labels.
        limits = ops.reshape(ops.cast(self.thresholds, predicted.dtype), (-1, 1, 1))
        above = ops.cast(ops.greater(ops.expand_dims(predicted, 0), limits), predicted.dtype)
        below = 1.0 - above
        return {
            "true_positives": ops.sum(above * positive, axis=1),
            "false_positives": ops.sum(above * negative, axis=1),
            "true_negatives": ops.sum(below * negative, axis=1),
            "false_negatives": ops.sum(below * positive, axis=1),
        }

    def _in_buckets(
        self, positive: Tensor, negative: Tensor, predicted: Tensor, labels: int
    ) -> dict[str, Tensor]:
        # Bucket b > 0 holds what lies above threshold b - 1 and not above threshold b; bucket 0 the
        # rest.
        count = len(self.thresholds)
        bucket = ops.ceil(ops.clip(predicted, 0.0, 1.0) * (count - 1.0))
        if self.thresholds[0] < 0:
            bucket = ops.maximum(bucket, 1.0)
        cells = ops.cast(bucket, "int32") * labels + ops.arange(labels, dtype="int32")
        cells = ops.reshape(cells, (-1,))

        def above(weights: Tensor) -> Tensor:
            sums = ops.segment_sum(
                ops.reshape(weights, (-1,)), cells, num_segments=(count + 1) * labels
            )
            sums = ops.reshape(sums, (count + 1, labels))[1:]
            return ops.flip(ops.cumsum(ops.flip(sums, axis=0), axis=0), axis=0)

        true_positives, false_positives = above(positive), above(negative)
        return {
            "true_positives": true_positives,
            "false_positives": false_positives,
            "true_negatives": ops.sum(negative, axis=0) - false_positives,
            "false_negatives": ops.sum(positive, axis=0) - true_positives,
        }


def _only_best(scores: Tensor, k: int) -> Tensor:
    _, best = ops.top_k(scores, k)
    is_best = ops.sum(ops.one_hot(best, scores.shape[-1], dtype=scores.dtype), axis=-2)
    kept: Tensor = ops.where(is_best > 0, scores, LOWEST_SCORE)
    return kept


class ConfusionMetric(Metric):
    """A metric whose state are counts at thresholds, an attribute and variable each."""

    _direction: str | None = "up"
    # The counts that the metric keeps, in the order of its variables.
    _kept: tuple[str, ...] = ()

    def __init__(self, name: str | None, dtype: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        self._counter: Counter

    def _add_counts(self, shape: tuple[int, ...]) -> None:
        for name in self._kept:
            setattr(self, name, self.add_variable(shape, "zeros", name=name))

    def _add(self, counts: dict[str, Tensor]) -> None:
        for name in self._kept:
            variable: Variable = getattr(self, name)
            variable.assign(variable + counts[name])

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch.

        Args:
            y_true: Labels, `(batch, ...)`; anything but 0 is positive.
            y_pred: Scores in [0, 1] of the same shape.
            sample_weight: One weight a sample or one a prediction.

        Raises:
            ValueError: If the shapes do not fit together.
        """
        first: Variable = getattr(self, self._kept[0])
        self._add(self._counter.count(y_true, y_pred, sample_weight, first.dtype))


class _Count(ConfusionMetric):
    """One of the four counts at thresholds."""

    _direction = None
    _counted = ""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        owner = type(self).__name__
        self.init_thresholds = thresholds
        self.thresholds = checked_thresholds(owner, thresholds, 0.5)
        self._counter = Counter(owner, self.thresholds, are_evenly_spaced(self.thresholds))
        self.accumulator = self.add_variable((len(self.thresholds),), "zeros", name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch; see `Precision.update_state`."""
        counts = self._counter.count(y_true, y_pred, sample_weight, self.accumulator.dtype)
        self.accumulator.assign(self.accumulator + counts[self._counted])

    def result(self) -> Tensor:
        """The weighted number: a scalar, or one for each of several thresholds."""
        return _single(self.accumulator, self.thresholds)


def _single(values: Any, thresholds: Sequence[float]) -> Tensor:
    return values[0] if len(thresholds) == 1 else ops.convert_to_tensor(values)


@keras_export("keras.metrics.FalsePositives")
class FalsePositives(_Count):
    """Weighted number of predictions above a threshold whose label is 0.

    Args:
        thresholds: One or several in [0, 1]; 0.5 if None.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If a threshold lies outside [0, 1].

    Source: Keras 3 `keras.metrics.FalsePositives`.
    """

    _counted = "false_positives"


@keras_export("keras.metrics.FalseNegatives")
class FalseNegatives(_Count):
    """Weighted number of predictions not above a threshold whose label is 1.

    Args:
        thresholds: One or several in [0, 1]; 0.5 if None.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If a threshold lies outside [0, 1].

    Source: Keras 3 `keras.metrics.FalseNegatives`.
    """

    _counted = "false_negatives"


@keras_export("keras.metrics.TrueNegatives")
class TrueNegatives(_Count):
    """Weighted number of predictions not above a threshold whose label is 0.

    Args:
        thresholds: One or several in [0, 1]; 0.5 if None.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If a threshold lies outside [0, 1].

    Source: Keras 3 `keras.metrics.TrueNegatives`.
    """

    _counted = "true_negatives"


@keras_export("keras.metrics.TruePositives")
class TruePositives(_Count):
    """Weighted number of predictions above a threshold whose label is 1.

    Args:
        thresholds: One or several in [0, 1]; 0.5 if None.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If a threshold lies outside [0, 1].

    Source: Keras 3 `keras.metrics.TruePositives`.
    """

    _counted = "true_positives"


class _Share(ConfusionMetric):
    """True positives as a share of themselves and another count."""

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, dtype)
        owner = type(self).__name__
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        default = 0.5 if top_k is None else LOWEST_SCORE
        self.thresholds = checked_thresholds(owner, thresholds, default)
        is_even = are_evenly_spaced(self.thresholds)
        self._counter = Counter(owner, self.thresholds, is_even, top_k, class_id)
        self._add_counts((len(self.thresholds),))

    def result(self) -> Tensor:
        """The share: a scalar, or one for each of several thresholds; 0 for 0 of 0."""
        true_positives, other = (getattr(self, name) for name in self._kept)
        share = ops.divide_no_nan(true_positives, true_positives + other)
        return _single(share, self.thresholds)


@keras_export("keras.metrics.Precision")
class Precision(_Share):
    """Share of the positive predictions that are right: `tp / (tp + fp)`.

    Args:
        thresholds: One or several in [0, 1]: predictions above count as positive; 0.5 if None.
        top_k: Only the `top_k` best classes of a sample can be positive; all if None.
        class_id: The one class on the last axis to look at; all if None.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If a threshold lies outside [0, 1].

    Source: Keras 3 `keras.metrics.Precision`.
    """

    _kept = ("true_positives", "false_positives")


@keras_export("keras.metrics.Recall")
class Recall(_Share):
    """Share of the positive labels that are found: `tp / (tp + fn)`.

    Args:
        thresholds: One or several in [0, 1]: predictions above count as positive; 0.5 if None.
        top_k: Only the `top_k` best classes of a sample can be positive; all if None.
        class_id: The one class on the last axis to look at; all if None.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If a threshold lies outside [0, 1].

    Source: Keras 3 `keras.metrics.Recall`.
    """

    _kept = ("true_positives", "false_negatives")
