"""Losses of probability distributions and of counts."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import LossFunctionWrapper, paired


@keras_export("keras.losses.kl_divergence", "keras.metrics.kl_divergence")
def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """Kullback-Leibler divergence `sum(y_true * log(y_true / y_pred))` over the last axis.

    Both are clipped to [epsilon, 1].

    Args:
        y_true: Distributions, `(batch, ..., classes)`.
        y_pred: Distributions of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.kl_divergence`.
    """
    y_true, y_pred = paired("kl_divergence", y_true, y_pred)
    y_true = ops.clip(y_true, settings.epsilon(), 1.0)
    y_pred = ops.clip(y_pred, settings.epsilon(), 1.0)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


@keras_export("keras.losses.KLDivergence")
class KLDivergence(LossFunctionWrapper):
    """Kullback-Leibler divergence `sum(y_true * log(y_true / y_pred))`.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.KLDivergence`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: Any = None,
    ) -> None:
        super().__init__(kl_divergence, reduction, name, dtype)


@keras_export("keras.losses.poisson", "keras.metrics.poisson")
def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of `y_pred - y_true * log(y_pred + epsilon)` over the last axis: Poisson log-likelihood.

    Args:
        y_true: Counts, `(batch, ..., units)`.
        y_pred: Rates of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.poisson`.
    """
    y_true, y_pred = paired("poisson", y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + settings.epsilon()), axis=-1)


@keras_export("keras.losses.Poisson")
class Poisson(LossFunctionWrapper):
    """Negative log-likelihood of counts under rates: `y_pred - y_true * log(y_pred)`.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.Poisson`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: Any = None,
    ) -> None:
        super().__init__(poisson, reduction, name, dtype)
