"""Metrics of regression."""

from __future__ import annotations

import math
import warnings
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Array, Tensor
from trimtab.losses import cosine_similarity as minus_cosine_similarity
from trimtab.losses import (
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from trimtab.losses.base import match_ranks, paired
from trimtab.metrics.base import Metric
from trimtab.metrics.reduction import Mean, MeanMetricWrapper


@keras_export("keras.metrics.MeanSquaredError")
class MeanSquaredError(MeanMetricWrapper):
    """Mean of `(y_true - y_pred)**2`.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.MeanSquaredError`.
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(mean_squared_error, name, dtype)


@keras_export("keras.metrics.MeanAbsoluteError")
class MeanAbsoluteError(MeanMetricWrapper):
    """Mean of `|y_true - y_pred|`.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.MeanAbsoluteError`.
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(mean_absolute_error, name, dtype)


@keras_export("keras.metrics.MeanAbsolutePercentageError")
class MeanAbsolutePercentageError(MeanMetricWrapper):
    """Mean of `100 * |y_true - y_pred| / |y_true|`, in per cent of the target.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.MeanAbsolutePercentageError`.
    """

    _direction = "down"

    def __init__(
        self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None
    ) -> None:
        super().__init__(mean_absolute_percentage_error, name, dtype)


@keras_export("keras.metrics.MeanSquaredLogarithmicError")
class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """Mean of `(log(1 + y_true) - log(1 + y_pred))**2`.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.MeanSquaredLogarithmicError`.
    """

    _direction = "down"

    def __init__(
        self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, name, dtype)


@keras_export("keras.metrics.RootMeanSquaredError")
class RootMeanSquaredError(Mean):
    """Square root of the mean of `(y_true - y_pred)**2` over all samples.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.RootMeanSquaredError`.
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Adds a batch of targets and predictions, `(batch, ...)`."""
        predicted = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        true, predicted = paired(type(self).__name__, y_true, predicted)
        super().update_state(ops.square(predicted - true), sample_weight)

    def result(self) -> Tensor:
        """The root of the mean, a scalar."""
        return ops.sqrt(super().result())


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Cosine of the angle between targets and predictions; the loss is its negative."""
    return -minus_cosine_similarity(y_true, y_pred, axis=axis)


@keras_export("keras.metrics.CosineSimilarity")
class CosineSimilarity(MeanMetricWrapper):
    """Mean cosine of the angle between targets and predictions: 1 where they agree.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.
        axis: Axis of the vectors' components.

    Source: Keras 3 `keras.metrics.CosineSimilarity`.
    """

    _direction = "up"

    def __init__(
        self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(cosine_similarity, name, dtype, axis=axis)


@keras_export("keras.metrics.LogCoshError")
class LogCoshError(MeanMetricWrapper):
    """Mean of `log(cosh(y_pred - y_true))`.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.LogCoshError`.
    """

    _direction = "down"

    def __init__(self, name: str | None = "logcosh", dtype: Any = None) -> None:
        super().__init__(log_cosh, name, dtype)


@keras_export("keras.metrics.R2Score")
class R2Score(Metric):
    """Coefficient of determination: `1 - sum((y - p)**2) / sum((y - mean(y))**2)`.

    Args:
        class_aggregation: How the scores of the outputs become one: "uniform_average",
            "variance_weighted_average", or None to return all.
        num_regressors: Number of predictors for the adjusted score; 0 for the standard one.
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Raises:
        ValueError: If an argument is out of range.

    Source: Keras 3 `keras.metrics.R2Score`.
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        choices = ("uniform_average", "variance_weighted_average", None)
        if class_aggregation not in choices:
            raise ValueError(
                f"R2Score: `class_aggregation` must be one of {choices}; got {class_aggregation!r}"
            )
        if num_regressors < 0:
            raise ValueError(f"R2Score: `num_regressors` must be >= 0; got {num_regressors}")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 2:
            raise ValueError(
                "R2Score: targets and predictions must have shape (batch, outputs); got "
                f"{tuple(shape)}"
            )
        outputs = shape[1:]
        self.squared_sum = self.add_variable(outputs, "zeros", name="squared_sum")
        self.sum = self.add_variable(outputs, "zeros", name="sum")
        self.total_mse = self.add_variable(outputs, "zeros", name="residual")
        self.count = self.add_variable(outputs, "zeros", name="count")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets and predictions, `(batch, outputs)`.

        Raises:
            ValueError: If they have another rank.
        """
        true, predicted = match_ranks(
            ops.convert_to_tensor(y_true, dtype=self.dtype),
            ops.convert_to_tensor(y_pred, dtype=self.dtype),
        )
        if not self._built:
            self._build(predicted.shape)
        weight = ops.convert_to_tensor(
            1.0 if sample_weight is None else sample_weight, dtype=self.dtype
        )
        if len(weight.shape) == 1:
            weight = ops.expand_dims(weight, 1)
        weight = ops.broadcast_to(weight, true.shape)
        self.sum.assign(self.sum + ops.sum(true * weight, axis=0))
        self.squared_sum.assign(self.squared_sum + ops.sum(ops.square(true) * weight, axis=0))
        residuals = ops.square(true - predicted) * weight
        self.total_mse.assign(self.total_mse + ops.sum(residuals, axis=0))
        self.count.assign(self.count + ops.sum(weight, axis=0))
        self.num_samples.assign(self.num_samples + float(math.prod(true.shape)))

    def result(self) -> Tensor:
        """The score, a scalar; one an output, `(outputs,)`, without aggregation."""
        if not self._built:
            return ops.zeros((), dtype=self.dtype)
        total = self.squared_sum - self.sum * (self.sum / self.count)
        scores = 1 - self.total_mse / total
        scores = ops.where(ops.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(total * scores) / ops.sum(total)
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, scores: Tensor) -> Tensor:
        free = self.num_samples - float(self.num_regressors) - 1.0
        if isinstance(free, Array) and float(free) <= 0:
            warnings.warn(
                f"R2Score: the adjusted score needs more than {self.num_regressors + 1} samples; "
                "the standard score is returned",
                stacklevel=3,
            )
        adjusted = 1.0 - (1.0 - scores) * (self.num_samples - 1.0) / free
        score: Tensor = ops.where(free > 0, adjusted, scores)
        return score
