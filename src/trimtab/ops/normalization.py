"""Statistics over axes, and normalization by them."""

from __future__ import annotations

import warnings
from typing import Any

from trimtab import dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops import reductions
from trimtab.ops.arithmetic import add, divide, maximum, multiply, negative, subtract
from trimtab.ops.dispatch import (
    EPSILON,
    canonical_axes,
    canonical_axis,
    convert,
    expand,
    floating,
    op,
)
from trimtab.ops.layout import reshape
from trimtab.ops.linear_algebra import norm
from trimtab.primitives import elementwise
from trimtab.primitives.source import filled_like


def _widened(x: Tensor) -> Tensor:
    # A sum of float16 passes 65504 soon.
    return convert(x, "float32") if x.dtype == "float16" else x


def _narrowed(x: Tensor, dtype: str) -> Tensor:
    """`x` in `dtype`, float16 without overflow."""
    if dtype != "float16" or x.dtype == dtype:
        return convert(x, dtype)
    low, high = dtypes.limits(dtype)
    inside = elementwise.minimum(elementwise.maximum(x, filled_like(x, low)), filled_like(x, high))
    return convert(inside, dtype)


@op
def moments(
    x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> tuple[Tensor, Tensor]:
    """Mean and biased variance (divided by n) over `axes`; float16 is computed in float32.

    Raises:
        ValueError: If `synchronized` is True: one device has nothing to synchronise with.
    """
    if synchronized:
        raise ValueError("moments: synchronized=True is not supported: there is one device only")
    tensor = floating(x)
    wide = _widened(tensor)
    mean = reductions.mean_of(wide, axes, keepdims)
    variance = reductions.variance_of(wide, axes, keepdims)
    return _narrowed(mean, tensor.dtype), _narrowed(variance, tensor.dtype)


@op
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`, channel by channel.

    Args:
        x: A tensor.
        mean: One number a channel.
        variance: One number a channel.
        axis: The axis of the channels.
        offset: One number a channel, 0 if None; also called beta.
        scale: One number a channel, 1 if None; also called gamma.
        epsilon: Added to the variance.

    Source: Keras 3 `keras.ops.batch_normalization`; the products are grouped as there.
    """
    tensor = floating(x)
    place = canonical_axis(axis, tensor.ndim, "batch_normalization")
    shape = tuple([dim if i == place else 1 for i, dim in enumerate(tensor.shape)])
    factor = elementwise.rsqrt(add(floating(variance), epsilon))
    if scale is not None:
        factor = multiply(factor, scale)
    shift = negative(multiply(mean, factor))
    if offset is not None:
        shift = add(shift, offset)
    return add(multiply(tensor, reshape(factor, shape)), reshape(shift, shape))


@op
def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Tensor:
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, statistics over `axis`.

    Args:
        x: A tensor; float16 is computed in float32.
        gamma: Factors, of the sizes of the axes in `axis`; 1 if None.
        beta: Offsets, as gamma; 0 if None.
        axis: Axis or axes of the statistics.
        epsilon: Added to the variance; `config.epsilon()` if None.
        kwargs: `rms_scaling`, from older code: whether `x` is divided by its deviation and not
            centred, and `beta` left out. It warns: it is not what `rms_normalization` does.

    Raises:
        ValueError: For unknown arguments.
    """
    rms_scaling = kwargs.pop("rms_scaling", False)
    if kwargs:
        raise ValueError(f"layer_normalization: unknown arguments {', '.join(sorted(kwargs))}")
    if rms_scaling:
        warn_of_rms_scaling("layer_normalization")
    tensor = floating(x)
    wide = _widened(tensor)
    axes = canonical_axes(axis, wide.ndim, "layer_normalization")
    mean = reductions.mean_of(wide, axes, keepdims=True)
    centred = subtract(wide, mean)
    variance = reductions.mean_of(elementwise.square(centred), axes, keepdims=True)
    inverse = elementwise.rsqrt(add(variance, _epsilon(epsilon)))
    result = multiply(wide if rms_scaling else centred, inverse)
    if gamma is not None:
        result = multiply(result, _over_axes(gamma, wide, axes))
    if beta is not None and not rms_scaling:
        result = add(result, _over_axes(beta, wide, axes))
    return convert(result, tensor.dtype)


def warn_of_rms_scaling(owner: str) -> None:
    """Says what `rms_scaling` does, and what to take instead."""
    warnings.warn(
        f"{owner}: `rms_scaling=True` is deprecated; it divides by the standard deviation, not by "
        "the root of the mean square. RMSNormalization and ops.rms_normalization do the latter",
        stacklevel=4,
    )


def _epsilon(epsilon: float | None) -> float:
    return EPSILON[0] if epsilon is None else epsilon


def _over_axes(parameter: Any, x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """A parameter of the sizes of `axes`, in the shape that broadcasts to `x`."""
    tensor = convert(parameter, x.dtype)
    if tensor.ndim == x.ndim or axes == (x.ndim - 1,):
        return tensor
    return reshape(tensor, [dim if i in axes else 1 for i, dim in enumerate(x.shape)])


@op
def rms_normalization(
    x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Tensor:
    """`x / sqrt(mean(x**2) + epsilon) * scale`, with the mean over `axis` of each example.

    Args:
        x: A tensor; float16 is computed in float32.
        scale: Factors that broadcast to `x`; 1 if None.
        axis: Axis or axes of the mean.
        epsilon: Added to the mean; `config.epsilon()` if None.
    """
    tensor = floating(x)
    wide = _widened(tensor)
    wide = expand(wide, (0,)) if wide.ndim == 0 else wide
    mean = reductions.mean_of(elementwise.square(wide), axis, keepdims=True)
    result = multiply(wide, elementwise.rsqrt(add(mean, _epsilon(epsilon))))
    if scale is not None:
        result = multiply(result, convert(scale, wide.dtype))
    return convert(result, tensor.dtype)


@op
def normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    """`x / max(norm(x), epsilon)`, with the norm of order `order` over `axis`.

    Args:
        x: A tensor.
        axis: Axis or axes of the norm.
        order: Its exponent, a positive whole number.
        epsilon: Least norm; `config.epsilon()` if None.

    Raises:
        ValueError: For another `order`.
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"normalize: `order` must be a positive whole number; got {order!r}")
    tensor = floating(x)
    tensor = expand(tensor, (0,)) if tensor.ndim == 0 else tensor
    least = _epsilon(epsilon)
    if order == 2:
        squares = reductions.sum(elementwise.square(tensor), axis, keepdims=True)
        inverse = elementwise.rsqrt(squares)
        limit = filled_like(inverse, 1.0 / least)
        return multiply(tensor, elementwise.minimum(inverse, limit))
    return divide(tensor, maximum(norm(tensor, order, axis, keepdims=True), least))
