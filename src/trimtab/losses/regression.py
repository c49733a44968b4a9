"""Losses of regression: distances between targets and predictions, a mean over the last axis."""

from __future__ import annotations

import math
from typing import Any

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import LossFunctionWrapper, paired


@keras_export("keras.losses.mean_squared_error", "keras.metrics.mean_squared_error")
def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of `(y_true - y_pred)**2` over the last axis.

    Args:
        y_true: Targets, `(batch, ..., units)`.
        y_pred: Predictions of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.mean_squared_error`.
    """
    y_true, y_pred = paired("mean_squared_error", y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@keras_export("keras.losses.MeanSquaredError")
class MeanSquaredError(LossFunctionWrapper):
    """Mean of `(y_true - y_pred)**2`.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.MeanSquaredError`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_error, reduction, name, dtype)


@keras_export("keras.losses.mean_absolute_error", "keras.metrics.mean_absolute_error")
def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of `|y_true - y_pred|` over the last axis.

    Args:
        y_true: Targets, `(batch, ..., units)`.
        y_pred: Predictions of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.mean_absolute_error`.
    """
    y_true, y_pred = paired("mean_absolute_error", y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


@keras_export("keras.losses.MeanAbsoluteError")
class MeanAbsoluteError(LossFunctionWrapper):
    """Mean of `|y_true - y_pred|`.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.MeanAbsoluteError`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_error, reduction, name, dtype)


@keras_export(
    "keras.losses.mean_absolute_percentage_error", "keras.metrics.mean_absolute_percentage_error"
)
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of `100 * |y_true - y_pred| / max(|y_true|, epsilon)` over the last axis.

    Args:
        y_true: Targets, `(batch, ..., units)`.
        y_pred: Predictions of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.mean_absolute_percentage_error`.
    """
    y_true, y_pred = paired("mean_absolute_percentage_error", y_true, y_pred)
    size = ops.maximum(ops.abs(y_true), settings.epsilon())
    return 100.0 * ops.mean(ops.abs((y_true - y_pred) / size), axis=-1)


@keras_export("keras.losses.MeanAbsolutePercentageError")
class MeanAbsolutePercentageError(LossFunctionWrapper):
    """Mean of `100 * |y_true - y_pred| / |y_true|`, in per cent of the target.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.MeanAbsolutePercentageError`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


@keras_export(
    "keras.losses.mean_squared_logarithmic_error", "keras.metrics.mean_squared_logarithmic_error"
)
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of `(log(1 + y_true) - log(1 + y_pred))**2` over the last axis.

    Values below epsilon count as epsilon.

    Args:
        y_true: Targets, `(batch, ..., units)`.
        y_pred: Predictions of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.mean_squared_logarithmic_error`.
    """
    y_true, y_pred = paired("mean_squared_logarithmic_error", y_true, y_pred)
    epsilon = settings.epsilon()
    predicted = ops.log(ops.maximum(y_pred, epsilon) + 1.0)
    true = ops.log(ops.maximum(y_true, epsilon) + 1.0)
    return ops.mean(ops.square(predicted - true), axis=-1)


@keras_export("keras.losses.MeanSquaredLogarithmicError")
class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """Mean of `(log(1 + y_true) - log(1 + y_pred))**2`.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.MeanSquaredLogarithmicError`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


@keras_export("keras.losses.huber", "keras.metrics.huber")
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """Mean of the Huber loss over the last axis: quadratic for small errors, linear for large ones.

    With `e = |y_true - y_pred|`: `e**2 / 2` where `e <= delta`, else `delta * e - delta**2 / 2`.

    Args:
        y_true: Targets, `(batch, ..., units)`.
        y_pred: Predictions of the same shape.
        delta: Error at which the loss becomes linear.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.huber`.
    """
    y_true, y_pred = paired("huber", y_true, y_pred)
    error = ops.abs(y_pred - y_true)
    quadratic = 0.5 * ops.square(error)
    linear = delta * error - 0.5 * delta**2
    return ops.mean(ops.where(error <= delta, quadratic, linear), axis=-1)


@keras_export("keras.losses.Huber")
class Huber(LossFunctionWrapper):
    """Mean of the Huber loss: quadratic for small errors, linear for large ones.

    Args:
        delta: Error at which the loss becomes linear.
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.Huber`.
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(huber, reduction, name, dtype, delta=delta)


@keras_export("keras.losses.log_cosh", "keras.metrics.log_cosh")
def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of `log(cosh(y_pred - y_true))` over the last axis.

    Args:
        y_true: Targets, `(batch, ..., units)`.
        y_pred: Predictions of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.log_cosh`.
    """
    y_true, y_pred = paired("log_cosh", y_true, y_pred)
    error = y_pred - y_true
    # log(cosh(x)) = x + log(1 + exp(-2x)) - log(2), which does not overflow.
    return ops.mean(error + ops.softplus(-2.0 * error) - math.log(2.0), axis=-1)


@keras_export("keras.losses.LogCosh")
class LogCosh(LossFunctionWrapper):
    """Mean of `log(cosh(y_pred - y_true))`: a smooth absolute error.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.LogCosh`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(log_cosh, reduction, name, dtype)


@keras_export("keras.losses.cosine_similarity", "keras.metrics.cosine_similarity")
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Minus the cosine of the angle between targets and predictions: -1 where they agree.

    Args:
        y_true: Targets, `(batch, ..., units)`.
        y_pred: Predictions of the same shape.
        axis: Axis of the vectors' components.

    Returns:
        One value a vector: the shape without `axis`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.cosine_similarity`.
    """
    y_true, y_pred = paired("cosine_similarity", y_true, y_pred)
    return -ops.sum(ops.normalize(y_true, axis=axis) * ops.normalize(y_pred, axis=axis), axis=axis)


@keras_export("keras.losses.CosineSimilarity")
class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle between targets and predictions: -1 where they agree.

    Args:
        axis: Axis of the vectors' components.
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.CosineSimilarity`.
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)
