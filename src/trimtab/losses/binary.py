"""Cross-entropies of two classes."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import LossFunctionWrapper, paired, require_same_shape


def _binary_operands(
    owner: str, y_true: Any, y_pred: Any, smoothing: float
) -> tuple[Tensor, Tensor]:
    y_true, y_pred = paired(owner, y_true, y_pred)
    require_same_shape(owner, y_true, y_pred)
    if smoothing:
        y_true = y_true * (1.0 - smoothing) + 0.5 * smoothing
    return y_true, y_pred


@keras_export("keras.losses.binary_crossentropy", "keras.metrics.binary_crossentropy")
def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Mean of `-(y * log(p) + (1 - y) * log(1 - p))` over one axis.

    Args:
        y_true: Labels 0 and 1, or probabilities, `(batch, ..., units)`.
        y_pred: Predictions of the same shape.
        from_logits: Whether predictions are logits; else probabilities, clipped to [epsilon, 1 -
            epsilon].
        label_smoothing: Labels move this far towards 1/2.
        axis: Axis of the mean.

    Returns:
        One value a sample: the shape without `axis`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.binary_crossentropy`.
    """
    y_true, y_pred = _binary_operands("binary_crossentropy", y_true, y_pred, label_smoothing)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


@keras_export("keras.losses.BinaryCrossentropy")
class BinaryCrossentropy(LossFunctionWrapper):
    """Cross-entropy of two classes: `-(y * log(p) + (1 - y) * log(1 - p))`.

    Args:
        from_logits: Whether predictions are logits instead of probabilities.
        label_smoothing: Labels move this far towards 1/2.
        axis: Axis of the mean.
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.BinaryCrossentropy`.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@keras_export("keras.losses.binary_focal_crossentropy", "keras.metrics.binary_focal_crossentropy")
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Binary cross-entropy that weighs easy samples down: each term times `(1 - p_t)**gamma`.

    `p_t = y * p + (1 - y) * (1 - p)` is the probability given to the truth.

    Args:
        y_true: Labels 0 and 1, or probabilities, `(batch, ..., units)`.
        y_pred: Predictions of the same shape.
        apply_class_balancing: Whether to weigh class 1 by `alpha` and class 0 by `1 - alpha`.
        alpha: Weight of class 1.
        gamma: How strongly easy samples are weighed down; 0 for not at all.
        from_logits: Whether predictions are logits; else probabilities, clipped to [epsilon, 1 -
            epsilon].
        label_smoothing: Labels move this far towards 1/2.
        axis: Axis of the mean.

    Returns:
        One value a sample: the shape without `axis`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.binary_focal_crossentropy`. Lin et al. 2017.
    """
    y_true, y_pred = _binary_operands("binary_focal_crossentropy", y_true, y_pred, label_smoothing)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    truth = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    losses = ops.power(1.0 - truth, gamma) * ops.binary_crossentropy(y_true, y_pred)
    if apply_class_balancing:
        losses = (y_true * alpha + (1 - y_true) * (1 - alpha)) * losses
    return ops.mean(losses, axis=axis)


@keras_export("keras.losses.BinaryFocalCrossentropy")
class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Binary cross-entropy that weighs easy samples down; see `binary_focal_crossentropy`.

    Args:
        apply_class_balancing: Whether to weigh class 1 by `alpha` and class 0 by `1 - alpha`.
        alpha: Weight of class 1.
        gamma: How strongly easy samples are weighed down.
        from_logits: Whether predictions are logits instead of probabilities.
        label_smoothing: Labels move this far towards 1/2.
        axis: Axis of the mean.
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.BinaryFocalCrossentropy`.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_focal_crossentropy,
            reduction,
            name,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
