"""Cross-entropies under Keras's names: sums over the classes, not averaged over samples."""

from __future__ import annotations

from typing import Any

from trimtab import dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops import nn
from trimtab.ops import numpy as knp
from trimtab.ops.dispatch import EPSILON, FLOATX, canonical_axis, convert, op

__all__ = ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"]


def _float(x: Any) -> Tensor:
    tensor = convert(x)
    return tensor if dtypes.is_float(tensor.dtype) else convert(tensor, FLOATX[0])


def _clipped(probabilities: Tensor) -> Tensor:
    return knp.clip(probabilities, EPSILON[0], 1.0 - EPSILON[0])


def _log_probabilities(output: Tensor, from_logits: bool, axis: int) -> Tensor:
    if from_logits:
        return nn.log_softmax(output, axis=axis)
    total = knp.sum(output, axis=axis, keepdims=True)
    return knp.log(_clipped(knp.divide(output, total)))  # type: ignore[no-any-return]


def _require_same_shape(owner: str, target: Tensor, output: Tensor) -> None:
    if target.shape != output.shape:
        raise ValueError(
            f"{owner}: `target` and `output` must have the same shape; got {target.shape} and "
            f"{output.shape}"
        )


@op
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """`-(target * log(output) + (1 - target) * log(1 - output))`, of the shape of the operands.

    Args:
        target: Labels 0 and 1, or probabilities.
        output: Predictions of the same shape.
        from_logits: Whether predictions are logits; else probabilities, clipped to [epsilon, 1 -
            epsilon].

    Raises:
        ValueError: If the shapes differ.

    Source: Keras 3 `keras.ops.binary_crossentropy`.
    """
    output = _float(output)
    target = convert(target, output.dtype)
    _require_same_shape("binary_crossentropy", target, output)
    if from_logits:
        positive, negative = nn.log_sigmoid(output), nn.log_sigmoid(knp.negative(output))
    else:
        clipped = _clipped(output)
        positive, negative = knp.log(clipped), knp.log(knp.subtract(1.0, clipped))
    likelihood = knp.add(
        knp.multiply(target, positive), knp.multiply(knp.subtract(1.0, target), negative)
    )
    return knp.negative(likelihood)  # type: ignore[no-any-return]


@op
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """`-sum(target * log(output))` over `axis`; probabilities are first divided by their sum.

    Args:
        target: One-hot labels or distributions.
        output: Predictions of the same shape.
        from_logits: Whether predictions are logits; else probabilities, clipped to [epsilon, 1 -
            epsilon].
        axis: Axis of the classes.

    Returns:
        The shape without `axis`.

    Raises:
        ValueError: If the shapes differ.

    Source: Keras 3 `keras.ops.categorical_crossentropy`, as its JAX backend computes it.
    """
    output = _float(output)
    target = convert(target, output.dtype)
    _require_same_shape("categorical_crossentropy", target, output)
    axis = canonical_axis(axis, output.ndim, "categorical_crossentropy")
    logs = _log_probabilities(output, from_logits, axis)
    likelihood = knp.sum(knp.multiply(target, logs), axis=axis)
    return knp.negative(likelihood)  # type: ignore[no-any-return]


@op
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """`-log(output[target])`; probabilities are first divided by their sum.

    Args:
        target: Class numbers; a number that is no class has the loss 0.
        output: Predictions, with the classes on `axis`.
        from_logits: Whether predictions are logits; else probabilities, clipped to [epsilon, 1 -
            epsilon].
        axis: Axis of the classes.

    Returns:
        The shape of the predictions without `axis`.

    Raises:
        ValueError: If the shape of the targets is another.

    Source: Keras 3 `keras.ops.sparse_categorical_crossentropy`, as its JAX backend computes it.
    """
    output = _float(output)
    target = convert(target, "int32")
    axis = canonical_axis(axis, output.ndim, "sparse_categorical_crossentropy")
    if target.ndim == output.ndim and target.shape[axis] == 1:
        target = knp.squeeze(target, axis)
    expected = (*output.shape[:axis], *output.shape[axis + 1 :])
    if target.shape != expected:
        raise ValueError(
            "sparse_categorical_crossentropy: `target` must have the shape of `output` without the "
            "classes, "
            f"{expected}; got {target.shape}"
        )
    logs = _log_probabilities(output, from_logits, axis)
    chosen = nn.one_hot(target, output.shape[axis], axis=axis, dtype=output.dtype)
    likelihood = knp.sum(knp.multiply(chosen, logs), axis=axis)
    return knp.negative(likelihood)  # type: ignore[no-any-return]
