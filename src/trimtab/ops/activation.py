"""The rarer activations under Keras's names."""

from __future__ import annotations

from typing import Any

from trimtab import dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops import nn
from trimtab.ops import numpy as knp
from trimtab.ops.dispatch import FLOATX, canonical_axis, convert, op
from trimtab.primitives import indexing

__all__ = [
    "glu",
    "hard_shrink",
    "soft_shrink",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "tanh_shrink",
    "threshold",
]


def _float(x: Any) -> Tensor:
    tensor = convert(x)
    return tensor if dtypes.is_float(tensor.dtype) else convert(tensor, FLOATX[0])


@op
def glu(x: Any, axis: int = -1) -> Tensor:
    """Gated linear unit: the first half along `axis` times the sigmoid of the second.

    Raises:
        ValueError: If the axis has an odd size.
    """
    tensor = _float(x)
    axis = canonical_axis(axis, tensor.ndim, "glu")
    size = tensor.shape[axis]
    if size % 2:
        raise ValueError(
            f"glu: `axis` must have an even size; got shape {tensor.shape}, axis {axis}"
        )
    before = (slice(None),) * axis
    value = tensor[(*before, slice(0, size // 2))]
    gate = tensor[(*before, slice(size // 2, size))]
    return value * nn.sigmoid(gate)  # type: ignore[no-any-return]


@op
def hard_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """`x` where `|x| > threshold`, else 0."""
    tensor = _float(x)
    return knp.where(knp.abs(tensor) > threshold, tensor, 0)  # type: ignore[no-any-return]


@op
def soft_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """`x` moved towards 0 by `threshold`, 0 where it would pass."""
    tensor = _float(x)
    shrunk = knp.where(tensor < -threshold, tensor + threshold, 0)
    return knp.where(tensor > threshold, tensor - threshold, shrunk)  # type: ignore[no-any-return]


@op
def sparse_plus(x: Any) -> Tensor:
    """0 below -1, (x + 1)**2 / 4 between -1 and 1, x above."""
    tensor = _float(x)
    middle = knp.where(tensor < 1, 0.25 * knp.square(tensor + 1), tensor)
    return knp.where(tensor <= -1, 0, middle)  # type: ignore[no-any-return]


@op
def sparse_sigmoid(x: Any) -> Tensor:
    """0 below -1, (x + 1) / 2 between -1 and 1, 1 above."""
    tensor = _float(x)
    middle = knp.where(tensor >= 1, 1, 0.5 * (tensor + 1))
    return knp.where(tensor <= -1, 0, middle)  # type: ignore[no-any-return]


@op
def sparsemax(x: Any, axis: int = -1) -> Tensor:
    """The nearest point of the probability simplex, which sets small scores to exactly 0.

    Source: Martins and Astudillo 2016, algorithm 1.
    """
    tensor = _float(x)
    axis = canonical_axis(axis, tensor.ndim, "sparsemax")
    order = indexing.argsort(-tensor, axis=axis)
    falling = knp.take_along_axis(tensor, order, axis=axis)
    sizes = [1] * tensor.ndim
    sizes[axis] = tensor.shape[axis]
    count = knp.reshape(knp.arange(1, tensor.shape[axis] + 1, dtype=tensor.dtype), sizes)
    in_support = 1 + count * falling > knp.cumsum(falling, axis=axis)
    kept = knp.sum(knp.where(in_support, falling, 0), axis=axis, keepdims=True)
    number = knp.sum(knp.cast(in_support, tensor.dtype), axis=axis, keepdims=True)
    return knp.maximum(tensor - (kept - 1) / number, 0)  # type: ignore[no-any-return]


@op
def squareplus(x: Any, b: float = 4) -> Tensor:
    """(x + sqrt(x**2 + b)) / 2: a smooth ReLU without exponentials."""
    tensor = _float(x)
    return 0.5 * (tensor + knp.sqrt(knp.square(tensor) + b))  # type: ignore[no-any-return]


@op
def tanh_shrink(x: Any) -> Tensor:
    """`x - tanh(x)`."""
    tensor = _float(x)
    return tensor - nn.tanh(tensor)  # type: ignore[no-any-return]


@op
def threshold(x: Any, threshold: float, default_value: float) -> Tensor:
    """`x` where `x > threshold`, else `default_value`."""
    tensor = _float(x)
    return knp.where(tensor > threshold, tensor, default_value)  # type: ignore[no-any-return]
