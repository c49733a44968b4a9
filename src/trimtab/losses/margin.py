"""Losses of maximum-margin classification.

Labels are -1 and 1; a batch of 0 and 1 only is converted.
"""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import LossFunctionWrapper, paired


def _signed(y_true: Tensor) -> Tensor:
    is_binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    labels: Tensor = ops.where(is_binary, 2.0 * y_true - 1.0, y_true)
    return labels


@keras_export("keras.losses.hinge", "keras.metrics.hinge")
def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of `max(1 - y_true * y_pred, 0)` over the last axis.

    Args:
        y_true: Labels -1 and 1, or 0 and 1, `(batch, ..., units)`.
        y_pred: Scores of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.hinge`.
    """
    y_true, y_pred = paired("hinge", y_true, y_pred)
    return ops.mean(ops.maximum(1.0 - _signed(y_true) * y_pred, 0.0), axis=-1)


@keras_export("keras.losses.Hinge")
class Hinge(LossFunctionWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)`.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.Hinge`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(hinge, reduction, name, dtype)


@keras_export("keras.losses.squared_hinge", "keras.metrics.squared_hinge")
def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of `max(1 - y_true * y_pred, 0)**2` over the last axis.

    Args:
        y_true: Labels -1 and 1, or 0 and 1, `(batch, ..., units)`.
        y_pred: Scores of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.squared_hinge`.
    """
    y_true, y_pred = paired("squared_hinge", y_true, y_pred)
    return ops.mean(ops.square(ops.maximum(1.0 - _signed(y_true) * y_pred, 0.0)), axis=-1)


@keras_export("keras.losses.SquaredHinge")
class SquaredHinge(LossFunctionWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)**2`.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.SquaredHinge`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(squared_hinge, reduction, name, dtype)


@keras_export("keras.losses.categorical_hinge", "keras.metrics.categorical_hinge")
def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Margin between the true class and the best wrong one: `max(wrong - true + 1, 0)`.

    Args:
        y_true: One-hot labels of 0 and 1, `(batch, ..., classes)`.
        y_pred: Scores of the same shape.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.categorical_hinge`.
    """
    y_true, y_pred = paired("categorical_hinge", y_true, y_pred)
    true = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - true + 1.0, 0.0)


@keras_export("keras.losses.CategoricalHinge")
class CategoricalHinge(LossFunctionWrapper):
    """Margin between the true class and the best wrong one: `max(wrong - true + 1, 0)`.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.CategoricalHinge`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(categorical_hinge, reduction, name, dtype)
