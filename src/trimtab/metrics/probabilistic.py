"""Metrics of probability distributions: means of the losses of the same names."""

from __future__ import annotations

from typing import Any

from trimtab.core.config import keras_export
from trimtab.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    kl_divergence,
    poisson,
    sparse_categorical_crossentropy,
)
from trimtab.metrics.reduction import MeanMetricWrapper


@keras_export("keras.metrics.KLDivergence")
class KLDivergence(MeanMetricWrapper):
    """Mean Kullback-Leibler divergence of the predicted from the true distribution.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.KLDivergence`.
    """

    _direction = "down"

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(kl_divergence, name, dtype)


@keras_export("keras.metrics.Poisson")
class Poisson(MeanMetricWrapper):
    """Mean of `y_pred - y_true * log(y_pred)`.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.Poisson`.
    """

    _direction = "down"

    def __init__(self, name: str | None = "poisson", dtype: Any = None) -> None:
        super().__init__(poisson, name, dtype)


@keras_export("keras.metrics.BinaryCrossentropy")
class BinaryCrossentropy(MeanMetricWrapper):
    """Mean cross-entropy of two classes.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.
        from_logits: Whether predictions are logits instead of probabilities.
        label_smoothing: Labels move this far towards 1/2.

    Source: Keras 3 `keras.metrics.BinaryCrossentropy`.
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing


@keras_export("keras.metrics.CategoricalCrossentropy")
class CategoricalCrossentropy(MeanMetricWrapper):
    """Mean cross-entropy of several classes, labels one-hot.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.
        from_logits: Whether predictions are logits instead of probabilities.
        label_smoothing: Labels move this far towards the uniform distribution.
        axis: Axis of the classes.

    Source: Keras 3 `keras.metrics.CategoricalCrossentropy`.
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@keras_export("keras.metrics.SparseCategoricalCrossentropy")
class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """Mean cross-entropy of several classes, labels being class numbers.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.
        from_logits: Whether predictions are logits instead of probabilities.
        ignore_class: Label whose samples have the loss 0.
        axis: Axis of the classes.

    Source: Keras 3 `keras.metrics.SparseCategoricalCrossentropy`.
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis
