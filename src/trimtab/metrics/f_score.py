"""F-scores: the harmonic mean of precision and recall."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.metrics.base import Metric

_AVERAGES = ("micro", "macro", "weighted", None)


@keras_export("keras.metrics.FBetaScore")
class FBetaScore(Metric):
    """F-score: `(1 + beta**2) * precision * recall / (beta**2 * precision + recall)`.

    Args:
        average: How the scores of the classes become one: "micro" (of the counts of all classes),
            "macro" (mean), "weighted" (by the number of labels), or None to return all.
        beta: Weight of recall against precision, > 0.
        threshold: Predictions above it count as 1, in (0, 1]; if None, only the largest of a sample
            does.
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If an argument is out of range.

    Source: Keras 3 `keras.metrics.FBetaScore`.
    """

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        owner = type(self).__name__
        if average not in _AVERAGES:
            raise ValueError(f"{owner}: `average` must be one of {_AVERAGES}; got {average!r}")
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(f"{owner}: `beta` must be a float > 0; got {beta!r}")
        if threshold is not None and not (isinstance(threshold, float) and 0 < threshold <= 1):
            raise ValueError(f"{owner}: `threshold` must be a float in (0, 1]; got {threshold!r}")
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self._built = False

    def _build(self, true_shape: tuple[int, ...], predicted_shape: tuple[int, ...]) -> None:
        if len(true_shape) != 2 or len(predicted_shape) != 2:
            raise ValueError(
                f"{type(self).__name__}: targets and predictions must have shape (batch, classes); "
                f"got {tuple(true_shape)} and {tuple(predicted_shape)}"
            )
        shape = () if self.average == "micro" else predicted_shape[1:]

        def counter(name: str) -> Variable:
            return self.add_variable(shape, "zeros", dtype=self.dtype, name=name)

        self.true_positives = counter("true_positives")
        self.false_positives = counter("false_positives")
        self.false_negatives = counter("false_negatives")
        self.intermediate_weights = counter("intermediate_weights")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch.

        Args:
            y_true: Labels 0 and 1, `(batch, classes)`.
            y_pred: Predictions of the same shape.
            sample_weight: One weight a sample, `(batch,)`.

        Raises:
            ValueError: If the shapes are of another rank.
        """
        true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        scores = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        if not self._built:
            self._build(true.shape, scores.shape)
        if self.threshold is None:
            largest = ops.max(scores, axis=-1, keepdims=True)
            # A sample of zeros has no largest prediction.
            chosen = ops.logical_and(scores >= largest, ops.abs(scores) > 1e-9)
        else:
            chosen = scores > self.threshold
        predicted = ops.cast(chosen, self.dtype)
        axis = None if self.average == "micro" else 0

        def add(variable: Variable, values: Tensor) -> None:
            if sample_weight is not None:
                weight = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
                values = values * ops.expand_dims(weight, 1)
            variable.assign(variable + ops.sum(values, axis=axis))

        add(self.true_positives, predicted * true)
        add(self.false_positives, predicted * (1 - true))
        add(self.false_negatives, (1 - predicted) * true)
        add(self.intermediate_weights, true)

    def result(self) -> Tensor:
        """The score, a scalar; one a class, `(classes,)`, without average."""
        if not self._built:
            return ops.zeros((), dtype=self.dtype)
        epsilon = settings.epsilon()
        precision = self.true_positives / (self.true_positives + self.false_positives + epsilon)
        recall = self.true_positives / (self.true_positives + self.false_negatives + epsilon)
        weight = self.beta**2
        scores = precision * recall / (weight * precision + recall + epsilon) * (1 + weight)
        if self.average == "weighted":
            total = ops.sum(self.intermediate_weights) + epsilon
            return ops.sum(scores * (self.intermediate_weights / total))
        return scores if self.average is None else ops.mean(scores)


@keras_export("keras.metrics.F1Score")
class F1Score(FBetaScore):
    """F1-score: `2 * precision * recall / (precision + recall)`.

    Args:
        average: How the scores of the classes become one: "micro", "macro", "weighted", or None for
            all.
        threshold: Predictions above it count as 1, in (0, 1]; if None, only the largest of a sample
            does.
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If an argument is out of range.

    Source: Keras 3 `keras.metrics.F1Score`.
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
