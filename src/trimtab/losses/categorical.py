"""Cross-entropies of several classes."""

from __future__ import annotations

import warnings
from typing import Any

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import LossFunctionWrapper, require_same_shape, set_mask


def _categorical_operands(
    owner: str, y_true: Any, y_pred: Any, smoothing: float, axis: int
) -> tuple[Tensor, Tensor]:
    if isinstance(axis, bool):
        raise ValueError(f"{owner}: `axis` must be an integer; got {axis}")
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    require_same_shape(
        owner,
        y_true,
        y_pred,
        "; labels that are class numbers need sparse_categorical_crossentropy",
    )
    if y_pred.shape[-1] == 1:
        warnings.warn(
            f"{owner}: `y_pred` should have more than one class on its last axis; got shape "
            f"{tuple(y_pred.shape)}. One output for two classes needs binary_crossentropy.",
            SyntaxWarning,
            stacklevel=3,
        )
    if smoothing:
        y_true = y_true * (1.0 - smoothing) + smoothing / y_true.shape[-1]
    return y_true, y_pred


@keras_export("keras.losses.categorical_crossentropy", "keras.metrics.categorical_crossentropy")
def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Cross-entropy of several classes: `-sum(y * log(p))` over the classes.

    Probabilities are first divided by their sum.

    Args:
        y_true: One-hot labels or distributions, `(batch, ..., classes)`.
        y_pred: Predictions of the same shape.
        from_logits: Whether predictions are logits; else probabilities, clipped to [epsilon, 1 -
            epsilon].
        label_smoothing: Labels move this far towards the uniform distribution.
        axis: Axis of the classes.

    Returns:
        One value a sample: the shape without `axis`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.categorical_crossentropy`.
    """
    owner = "categorical_crossentropy"
    y_true, y_pred = _categorical_operands(owner, y_true, y_pred, label_smoothing, axis)
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


@keras_export("keras.losses.CategoricalCrossentropy")
class CategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of several classes, labels one-hot: `-sum(y * log(p))`.

    Args:
        from_logits: Whether predictions are logits instead of probabilities.
        label_smoothing: Labels move this far towards the uniform distribution.
        axis: Axis of the classes.
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.CategoricalCrossentropy`.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@keras_export(
    "keras.losses.categorical_focal_crossentropy", "keras.metrics.categorical_focal_crossentropy"
)
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Categorical cross-entropy that weighs easy samples down.

    `-sum(alpha * (1 - p)**gamma * y * log(p))` over the classes.

    Args:
        y_true: One-hot labels or distributions, `(batch, ..., classes)`.
        y_pred: Predictions of the same shape.
        alpha: Weight of the loss; one number, or one a class.
        gamma: How strongly easy samples are weighed down; 0 for not at all.
        from_logits: Whether predictions are logits; else probabilities, clipped to [epsilon, 1 -
            epsilon].
        label_smoothing: Labels move this far towards the uniform distribution.
        axis: Axis of the classes.

    Returns:
        One value a sample: the shape without `axis`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.categorical_focal_crossentropy`. Lin et al. 2017.
    """
    owner = "categorical_focal_crossentropy"
    y_true, y_pred = _categorical_operands(owner, y_true, y_pred, label_smoothing, axis)
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    p = y_pred / ops.sum(y_pred, axis=axis, keepdims=True)
    p = ops.clip(p, settings.epsilon(), 1.0 - settings.epsilon())
    weights = ops.power(1.0 - p, gamma) * ops.convert_to_tensor(alpha, dtype=p.dtype)
    return ops.sum(-weights * y_true * ops.log(p), axis=axis)


@keras_export("keras.losses.CategoricalFocalCrossentropy")
class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Categorical cross-entropy that weighs easy samples down.

    Args:
        alpha: Weight of the loss; one number, or one a class.
        gamma: How strongly easy samples are weighed down.
        from_logits: Whether predictions are logits instead of probabilities.
        label_smoothing: Labels move this far towards the uniform distribution.
        axis: Axis of the classes.
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.CategoricalFocalCrossentropy`.
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_focal_crossentropy,
            reduction,
            name,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@keras_export(
    "keras.losses.sparse_categorical_crossentropy", "keras.metrics.sparse_categorical_crossentropy"
)
def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Tensor:
    """Cross-entropy of several classes, labels being class numbers: `-log(p[label])`.

    Probabilities are first divided by their sum.

    Args:
        y_true: Class numbers, `(batch, ...)` or `(batch, ..., 1)`.
        y_pred: Predictions, `(batch, ..., classes)`.
        from_logits: Whether predictions are logits; else probabilities, clipped to [epsilon, 1 -
            epsilon].
        ignore_class: Label whose samples do not count: their loss is 0, and a mask travels with the
            result.
        axis: Axis of the classes.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.sparse_categorical_crossentropy`.
    """
    owner = "sparse_categorical_crossentropy"
    y_pred, y_true = ops.convert_to_tensor(y_pred), ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    class_axis = axis % len(y_pred.shape)
    expected = tuple(d for i, d in enumerate(y_pred.shape) if i != class_axis)
    if tuple(y_true.shape) != expected:
        raise ValueError(
            f"{owner}: `y_true` must have the shape of `y_pred` without the classes, {expected}; "
            f"got {tuple(y_true.shape)}; one-hot labels need categorical_crossentropy"
        )
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(
            y_true, y_pred, from_logits=from_logits, axis=axis
        )
    valid = ops.not_equal(y_true, ops.cast(ignore_class, y_true.dtype))
    y_true = ops.where(valid, y_true, 0)
    y_pred = ops.where(ops.expand_dims(valid, axis), y_pred, 0)
    losses = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    kept: Tensor = ops.where(valid, losses, 0.0)
    set_mask(kept, valid)
    return kept


@keras_export("keras.losses.SparseCategoricalCrossentropy")
class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of several classes, labels being class numbers: `-log(p[label])`.

    Args:
        from_logits: Whether predictions are logits instead of probabilities.
        ignore_class: Label whose samples do not count, neither in the sum nor in the number.
        reduction: How the losses of a batch become one; see `Loss`.
        axis: Axis of the classes.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.SparseCategoricalCrossentropy`.
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )


@keras_export(
    "keras.losses.categorical_generalized_cross_entropy",
    "keras.metrics.categorical_generalized_cross_entropy",
)
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Tensor:
    """Cross-entropy that tolerates wrong labels: `(1 - p[label]**q) / q`.

    Args:
        y_true: Class numbers, `(batch, ...)`.
        y_pred: Probabilities, `(batch, ..., classes)`.
        q: Between 0 (cross-entropy) and 1 (absolute error), both excluded.

    Returns:
        One value a sample, `(batch, ...)`.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.categorical_generalized_cross_entropy`. Zhang and Sabuncu 2018.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    labels = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1], dtype=y_pred.dtype)
    require_same_shape("categorical_generalized_cross_entropy", labels, y_pred)
    return (1 - ops.power(ops.sum(y_pred * labels, axis=-1), q)) / q


@keras_export("keras.losses.CategoricalGeneralizedCrossEntropy")
class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """Cross-entropy that tolerates wrong labels: `(1 - p[label]**q) / q`.

    Args:
        q: Between 0 (cross-entropy) and 1 (absolute error), both excluded.
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Raises:
        ValueError: If `q` is out of range.

    Source: Keras 3 `keras.losses.CategoricalGeneralizedCrossEntropy`.
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError(f"CategoricalGeneralizedCrossEntropy: `q` must lie in (0, 1); got {q}")
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)
