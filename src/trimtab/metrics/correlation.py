"""Correlations of targets and predictions along an axis, averaged over the rest."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import paired
from trimtab.metrics.reduction import MeanMetricWrapper


@keras_export("keras.metrics.pearson_correlation")
def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Pearson's coefficient: `mean((a - mean(a)) * (b - mean(b))) / (std(a) * std(b))`.

    The standard deviations are roots of biased variances.

    Args:
        y_true: Targets.
        y_pred: Predictions of the same shape.
        axis: Axis of the samples.

    Returns:
        The shape without `axis`. NaN where either is constant.

    Source: Keras 3 `keras.metrics.pearson_correlation`.
    """
    y_true, y_pred = paired("pearson_correlation", y_true, y_pred)
    true = y_true - ops.mean(y_true, axis=axis, keepdims=True)
    predicted = y_pred - ops.mean(y_pred, axis=axis, keepdims=True)
    true = true / ops.std(true, axis=axis, keepdims=True)
    predicted = predicted / ops.std(predicted, axis=axis, keepdims=True)
    return ops.mean(true * predicted, axis=axis)


@keras_export("keras.metrics.PearsonCorrelation")
class PearsonCorrelation(MeanMetricWrapper):
    """Mean of Pearson's correlation coefficient along an axis.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.
        axis: Axis of the samples.

    Source: Keras 3 `keras.metrics.PearsonCorrelation`.
    """

    _direction = "up"

    def __init__(
        self, name: str | None = "pearson_correlation", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)
        self.axis = axis


@keras_export("keras.metrics.concordance_correlation")
def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Lin's concordance coefficient: correlation that also asks for equal means and variances.

    `2 * covariance / (var(a) + var(b) + (mean(a) - mean(b))**2 + epsilon)`, biased variances.

    Args:
        y_true: Targets.
        y_pred: Predictions of the same shape.
        axis: Axis of the samples.

    Returns:
        The shape without `axis`.

    Source: Keras 3 `keras.metrics.concordance_correlation`; Lin 1989.
    """
    y_true, y_pred = paired("concordance_correlation", y_true, y_pred)
    true_mean = ops.mean(y_true, axis=axis, keepdims=True)
    predicted_mean = ops.mean(y_pred, axis=axis, keepdims=True)
    # Subtracting either mean from y_true gives the same covariance, as the other factor sums to 0.
    products = (y_true - predicted_mean) * (y_pred - predicted_mean)
    norm = (
        ops.var(y_true, axis=axis, keepdims=True)
        + ops.var(y_pred, axis=axis, keepdims=True)
        + ops.square(true_mean - predicted_mean)
    )
    return ops.mean(2 * products / (norm + settings.epsilon()), axis=axis)


@keras_export("keras.metrics.ConcordanceCorrelation")
class ConcordanceCorrelation(MeanMetricWrapper):
    """Mean of Lin's concordance correlation coefficient along an axis.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.
        axis: Axis of the samples.

    Source: Keras 3 `keras.metrics.ConcordanceCorrelation`.
    """

    _direction = "up"

    def __init__(
        self, name: str | None = "concordance_correlation", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
        self.axis = axis
