"""Metrics of maximum-margin classification: means of the losses of the same names."""

from __future__ import annotations

from typing import Any

from trimtab.core.config import keras_export
from trimtab.losses import categorical_hinge, hinge, squared_hinge
from trimtab.metrics.reduction import MeanMetricWrapper


@keras_export("keras.metrics.Hinge")
class Hinge(MeanMetricWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)`, labels -1 and 1 or 0 and 1.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.Hinge`.
    """

    _direction = "down"

    def __init__(self, name: str | None = "hinge", dtype: Any = None) -> None:
        super().__init__(hinge, name, dtype)


@keras_export("keras.metrics.SquaredHinge")
class SquaredHinge(MeanMetricWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)**2`, labels -1 and 1 or 0 and 1.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.SquaredHinge`.
    """

    _direction = "down"

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(squared_hinge, name, dtype)


@keras_export("keras.metrics.CategoricalHinge")
class CategoricalHinge(MeanMetricWrapper):
    """Mean margin between the true class and the best wrong one, labels one-hot.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.CategoricalHinge`.
    """

    _direction = "down"

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(categorical_hinge, name, dtype)
