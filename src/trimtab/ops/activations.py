"""Activation functions."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive
from trimtab.ir.tensor import Tensor
from trimtab.ops.dispatch import (
    broadcast,
    canonical_axes,
    canonical_axis,
    convert,
    expand,
    floating,
    numeric,
    op,
)
from trimtab.ops.layout import in_order, reshape, section
from trimtab.ops.sorting import sorted_along
from trimtab.primitives import elementwise, fused, layout, reduction
from trimtab.primitives.source import filled_like


def _with(primitive: Primitive, x: Tensor, number: float) -> Tensor:
    """`primitive` of `x` and a number."""
    return primitive(x, filled_like(x, number))


@op
def relu(x: Any) -> Tensor:
    """max(x, 0), with slope 0 at 0 and NaN kept."""
    tensor = numeric(x)
    return elementwise.maximum(tensor, filled_like(tensor, 0), ties="second")


@op
def relu6(x: Any) -> Tensor:
    """min(max(x, 0), 6), with slope 0 at both ends."""
    tensor = floating(x)
    positive = elementwise.maximum(tensor, filled_like(tensor, 0), ties="second")
    return elementwise.minimum(positive, filled_like(tensor, 6), ties="second")


@op
def sigmoid(x: Any) -> Tensor:
    """1 / (1 + exp(-x))."""
    return elementwise.sigmoid(floating(x))


@op
def softplus(x: Any) -> Tensor:
    """log(1 + exp(x)), without overflow."""
    return softplus_of(floating(x))


def softplus_of(x: Tensor) -> Tensor:
    """As `softplus`, of a floating tensor."""
    # `maximum` shares the slope at 0 evenly, as log(1 + exp(x)) has slope 1/2 there.
    rest = elementwise.log1p(elementwise.exp(elementwise.negative(elementwise.abs(x))))
    return elementwise.add(_with(elementwise.maximum, x, 0), rest)


@op
def softsign(x: Any) -> Tensor:
    """`x / (1 + |x|)`."""
    tensor = floating(x)
    return elementwise.divide(tensor, _with(elementwise.add, elementwise.abs(tensor), 1))


@op
def silu(x: Any) -> Tensor:
    """`x * sigmoid(x)`, also called swish."""
    tensor = floating(x)
    return elementwise.multiply(tensor, elementwise.sigmoid(tensor))


swish = silu


@op
def log_sigmoid(x: Any) -> Tensor:
    """log(sigmoid(x)), without overflow."""
    return elementwise.negative(softplus_of(elementwise.negative(floating(x))))


@op
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Tensor:
    """`x` where `x >= 0`, `negative_slope * x` elsewhere."""
    tensor = floating(x)
    is_kept = _with(elementwise.greater_equal, tensor, 0)
    return elementwise.where(is_kept, tensor, _with(elementwise.multiply, tensor, negative_slope))


@op
def hard_sigmoid(x: Any) -> Tensor:
    """relu6(x + 3) / 6."""
    return _with(elementwise.multiply, relu6(_with(elementwise.add, floating(x), 3)), 1.0 / 6.0)


@op
def hard_silu(x: Any) -> Tensor:
    """`x * hard_sigmoid(x)`, also called hard_swish."""
    tensor = floating(x)
    return elementwise.multiply(tensor, hard_sigmoid(tensor))


hard_swish = hard_silu


@op
def hard_tanh(x: Any) -> Tensor:
    """`x` moved into [-1, 1], with slope 0 outside."""
    tensor = floating(x)
    high = elementwise.where(_with(elementwise.greater, tensor, 1), filled_like(tensor, 1), tensor)
    return elementwise.where(_with(elementwise.less, tensor, -1), filled_like(tensor, -1), high)


def _exponential_below(x: Tensor, alpha: float, scale: float) -> Tensor:
    """`x` where positive, `alpha * (exp(x / scale) - 1)` elsewhere."""
    is_positive = _with(elementwise.greater, x, 0)
    # Cut at 0, so that the branch not taken cannot overflow into the gradient.
    below = elementwise.where(is_positive, filled_like(x, 0), x)
    if scale != 1:
        below = _with(elementwise.divide, below, scale)
    return elementwise.where(
        is_positive, x, _with(elementwise.multiply, elementwise.expm1(below), alpha)
    )


@op
def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere."""
    return _exponential_below(floating(x), alpha, 1)


_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


@op
def selu(x: Any) -> Tensor:
    """Scaled elu whose fixed point has mean 0 and variance 1 (Klambauer et al. 2017)."""
    return _with(elementwise.multiply, elu(x, _SELU_ALPHA), _SELU_SCALE)


@op
def celu(x: Any, alpha: float = 1.0) -> Tensor:
    """`x` where positive, `alpha * (exp(x / alpha) - 1)` elsewhere."""
    return _exponential_below(floating(x), alpha, alpha)


@op
def gelu(x: Any, approximate: bool = True) -> Tensor:
    """`x` times the normal distribution function of x; by tanh if `approximate`, else by erf."""
    tensor = floating(x)
    if approximate:
        cube = elementwise.multiply(elementwise.square(tensor), tensor)
        inner = elementwise.add(tensor, _with(elementwise.multiply, cube, 0.044715))
        bent = elementwise.tanh(_with(elementwise.multiply, inner, math.sqrt(2 / math.pi)))
    else:
        bent = elementwise.erf(_with(elementwise.multiply, tensor, math.sqrt(0.5)))
    share = _with(elementwise.multiply, _with(elementwise.add, bent, 1), 0.5)
    return elementwise.multiply(tensor, share)


@op
def glu(x: Any, axis: int = -1) -> Tensor:
    """The first half along `axis` times the sigmoid of the second.

    Raises:
        ValueError: If the axis has an odd size.
    """
    tensor = floating(x)
    place = canonical_axis(axis, tensor.ndim, "glu")
    size = tensor.shape[place]
    if size % 2:
        raise ValueError(f"glu: axis {axis} must have an even size; got {size}")
    first = section(tensor, place, 0, size // 2)
    return elementwise.multiply(first, elementwise.sigmoid(section(tensor, place, size // 2, size)))


@op
def tanh_shrink(x: Any) -> Tensor:
    """`x - tanh(x)`."""
    tensor = floating(x)
    return elementwise.subtract(tensor, elementwise.tanh(tensor))


@op
def soft_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """`x` moved towards 0 by `threshold`; 0 within it."""
    tensor = floating(x)
    low = elementwise.where(
        _with(elementwise.less, tensor, -threshold),
        _with(elementwise.add, tensor, threshold),
        filled_like(tensor, 0),
    )
    return elementwise.where(
        _with(elementwise.greater, tensor, threshold),
        _with(elementwise.subtract, tensor, threshold),
        low,
    )


@op
def hard_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """`x` where `|x| > threshold`, 0 elsewhere."""
    tensor = floating(x)
    is_kept = _with(elementwise.greater, elementwise.abs(tensor), threshold)
    return elementwise.where(is_kept, tensor, filled_like(tensor, 0))


@op
def threshold(x: Any, threshold: float, default_value: float) -> Tensor:
    """`x` where `x > threshold`, `default_value` elsewhere."""
    tensor = floating(x)
    is_kept = _with(elementwise.greater, tensor, threshold)
    return elementwise.where(is_kept, tensor, filled_like(tensor, default_value))


@op
def sparse_plus(x: Any) -> Tensor:
    """0 below -1, x above 1, (x + 1)**2 / 4 between."""
    tensor = floating(x)
    bend = _with(elementwise.multiply, elementwise.square(_with(elementwise.add, tensor, 1)), 0.25)
    high = elementwise.where(_with(elementwise.greater_equal, tensor, 1), tensor, bend)
    return elementwise.where(
        _with(elementwise.less_equal, tensor, -1), filled_like(tensor, 0), high
    )


@op
def sparse_sigmoid(x: Any) -> Tensor:
    """0 below -1, 1 above 1, (x + 1) / 2 between; its slope at the ends is half of that between."""
    shifted = _with(elementwise.add, floating(x), 1)
    inside = _with(elementwise.minimum, _with(elementwise.maximum, shifted, 0), 2)
    return _with(elementwise.multiply, inside, 0.5)


@op
def squareplus(x: Any, b: float = 4) -> Tensor:
    """(x + sqrt(x**2 + b)) / 2."""
    tensor = floating(x)
    root = elementwise.sqrt(_with(elementwise.add, elementwise.square(tensor), b))
    return _with(elementwise.multiply, elementwise.add(tensor, root), 0.5)


@op
def sparsemax(x: Any, axis: int = -1) -> Tensor:
    """The probabilities nearest to x along `axis` (Martins and Astudillo 2016)."""
    tensor = floating(x)
    place = canonical_axis(axis, tensor.ndim, "sparsemax")
    count = tensor.shape[place]
    falling = layout.flip(sorted_along(tensor, place), axes=(place,))
    running = _with(elementwise.subtract, reduction.cumsum(falling, axis=place, reverse=False), 1)
    line = np.arange(1, count + 1).reshape([count if i == place else 1 for i in range(tensor.ndim)])
    ranks = broadcast(convert(line, tensor.dtype), tensor.shape)
    means = elementwise.divide(running, ranks)
    # The support are the largest elements, as many as stay above their common threshold.
    is_support = elementwise.greater(falling, means)
    size = reduction.reduce_sum(elementwise.cast(is_support, dtype=tensor.dtype), axes=(place,))
    kept = elementwise.where(is_support, falling, filled_like(falling, 0))
    total = _with(elementwise.subtract, reduction.reduce_sum(kept, axes=(place,)), 1)
    level = broadcast(expand(elementwise.divide(total, size), (place,)), tensor.shape)
    return elementwise.maximum(
        elementwise.subtract(tensor, level), filled_like(tensor, 0), ties="second"
    )


def _softmax(x: Any, axis: Any, is_log: bool, name: str) -> Tensor:
    tensor = floating(x)
    if axis is not None and not isinstance(axis, (tuple, list)):
        place = canonical_axis(axis, tensor.ndim, name)
        return fused.softmax(tensor, axis=place, is_log=is_log)
    axes = canonical_axes(axis, tensor.ndim, name)
    rest = tuple([i for i in range(tensor.ndim) if i not in axes])
    order = (*rest, *axes)
    moved = in_order(tensor, order)
    count = math.prod([tensor.shape[i] for i in axes])
    flat = reshape(moved, (*[tensor.shape[i] for i in rest], count))
    result = reshape(fused.softmax(flat, axis=flat.ndim - 1, is_log=is_log), moved.shape)
    return in_order(result, tuple([int(i) for i in np.argsort(order)]))


@op
def softmax(x: Any, axis: Any = -1) -> Tensor:
    """exp(x) divided by its sum over `axis` (all axes if None), without overflow.

    Warns if the axis has size 1, since the result is 1 whatever `x` is.
    """
    result = _softmax(x, axis, False, "softmax")
    if isinstance(axis, int) and result.shape[axis] == 1:
        warnings.warn(
            f"softmax: `axis` should have more than one element; got axis {axis} of shape "
            f"{result.shape}, over which every value becomes 1. Did you mean sigmoid?",
            stacklevel=3,
        )
    return result


@op
def log_softmax(x: Any, axis: Any = -1) -> Tensor:
    """log(softmax(x)), without overflow or underflow."""
    return _softmax(x, axis, True, "log_softmax")
