"""Reductions over axes: sums, extrema, means, and running sums."""

from __future__ import annotations

import math
from typing import Any

from trimtab import dtypes
from trimtab.ir.graph import Primitive
from trimtab.ir.tensor import Tensor
from trimtab.ops.arithmetic import divide, maximum, minimum, multiply, subtract
from trimtab.ops.dispatch import (
    FLOATX,
    broadcast,
    canonical_axes,
    canonical_axis,
    common_float_type,
    convert,
    expand,
    floating,
    numeric,
    op,
)
from trimtab.primitives import elementwise, layout, markers, reduction
from trimtab.primitives.source import filled_like


def reduce(primitive: Primitive, x: Tensor, axis: Any, keepdims: bool, name: str) -> Tensor:
    """`primitive` over the axes that `axis` names."""
    axes = canonical_axes(axis, x.ndim, name)
    result: Tensor = primitive(x, axes=axes) if axes else x
    return expand(result, axes) if keepdims and axes else result


def _summable(x: Tensor) -> Tensor:
    """Small integers are summed in 32 bits, as in Keras."""
    if x.dtype in ("bool", "int8", "int16"):
        return elementwise.cast(x, dtype="int32")
    if x.dtype in ("uint8", "uint16"):
        return elementwise.cast(x, dtype="uint32")
    return x


@op
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Sum over `axis` (all axes if None); integers of less than 32 bits are summed in 32."""
    return reduce(reduction.reduce_sum, _summable(convert(x)), axis, keepdims, "sum")


@op
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """Product over `axis` (all axes if None), in `dtype` if given."""
    if dtype is None:
        return reduce(reduction.reduce_prod, _summable(convert(x)), axis, keepdims, "prod")
    tensor = convert(x, dtypes.standardize(dtype))
    return reduce(reduction.reduce_prod, tensor, axis, keepdims, "prod")


def _extremum(name: str, x: Any, axis: Any, keepdims: bool, initial: Any) -> Tensor:
    tensor = convert(x)
    axes = canonical_axes(axis, tensor.ndim, name)
    if initial is not None and 0 in [tensor.shape[a] for a in axes]:
        kept = reduction.kept_shape(tensor.shape, axes)
        rest = tuple(dim for i, dim in enumerate(tensor.shape) if i not in axes)
        return broadcast(convert(initial, tensor.dtype), kept if keepdims else rest)
    is_max = name == "max"
    if tensor.dtype == "bool":
        primitive = reduction.reduce_any if is_max else reduction.reduce_all
    else:
        primitive = reduction.reduce_max if is_max else reduction.reduce_min
    result = reduce(primitive, tensor, axes, keepdims, name)
    if initial is None:
        return result
    return (maximum if is_max else minimum)(result, initial)


@op
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Largest element over `axis` (all axes if None), at least `initial` if given.

    Raises:
        ValueError: For an empty axis without `initial`.
    """
    return _extremum("max", x, axis, keepdims, initial)


@op
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Smallest element over `axis` (all axes if None), at most `initial` if given.

    Raises:
        ValueError: For an empty axis without `initial`.
    """
    return _extremum("min", x, axis, keepdims, initial)


@op
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """As `max`."""
    return _extremum("max", x, axis, keepdims, None)


@op
def amin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """As `min`."""
    return _extremum("min", x, axis, keepdims, None)


@op
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Largest minus smallest element over `axis`."""
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


@op
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether any element over `axis` is true (not zero)."""
    return reduce(reduction.reduce_any, convert(x, "bool"), axis, keepdims, "any")


@op
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether all elements over `axis` are true (not zero)."""
    return reduce(reduction.reduce_all, convert(x, "bool"), axis, keepdims, "all")


def _widened(x: Tensor) -> tuple[Tensor, str]:
    """(x in the type that a mean is computed in, the type of the result)."""
    dtype = x.dtype if dtypes.is_float(x.dtype) else FLOATX[0]
    # A sum of float16 passes 65504 soon.
    return convert(x, "float32" if dtype == "float16" else dtype), dtype


def mean_of(x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    """Mean of a floating tensor, summed in its own type."""
    axes = canonical_axes(axis, x.ndim, "mean")
    count = math.prod([x.shape[a] for a in axes])
    total = reduce(reduction.reduce_sum, x, axes, keepdims, "mean")
    # A product with the reciprocal: engines fold it into the sum. No elements give NaN.
    factor = 1.0 / count if count else math.nan
    return elementwise.multiply(total, filled_like(total, factor))


@op
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Mean over `axis` (all axes if None); float16 is summed in float32, integers in floatx."""
    wide, dtype = _widened(convert(x))
    return convert(mean_of(wide, axis, keepdims), dtype)


def variance_of(x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    """Biased variance of a floating tensor about its mean: two passes, accurate far from 0."""
    centred = subtract(x, mean_of(x, axis, keepdims=True))
    return mean_of(elementwise.square(centred), axis, keepdims)


@op
def var(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Biased variance (divided by the number of elements) over `axis`."""
    wide, dtype = _widened(convert(x))
    return convert(variance_of(wide, axis, keepdims), dtype)


@op
def std(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Square root of the biased variance over `axis`."""
    return elementwise.sqrt(var(x, axis, keepdims))


@op
def average(x: Any, axis: Any = None, weights: Any = None) -> Tensor:
    """Mean over `axis`, each element counted by its weight.

    Args:
        x: A tensor.
        axis: Axis or axes; all if None.
        weights: Of the shape of `x`, or a vector along a single `axis`; all equal if None.

    Raises:
        ValueError: If the weights have another shape.
    """
    if weights is None:
        return mean(floating(x), axis)
    dtype = common_float_type(x, weights)
    tensor, counted = convert(x, dtype), convert(weights, dtype)
    if counted.shape != tensor.shape:
        single = axis is not None and not isinstance(axis, (tuple, list)) and counted.ndim == 1
        place = canonical_axis(axis, tensor.ndim, "average") if single else 0
        if not single or counted.shape[0] != tensor.shape[place]:
            raise ValueError(
                f"average: `weights` must have the shape of `x` or lie along one `axis`; got "
                f"{counted.shape} for {tensor.shape} over axis {axis}"
            )
        shape = tuple(-1 if i == place else 1 for i in range(tensor.ndim))
        shape = tuple(counted.shape[0] if dim == -1 else dim for dim in shape)
        counted = broadcast(layout.reshape(counted, shape=shape), tensor.shape)
    return divide(sum(multiply(tensor, counted), axis), sum(counted, axis))


@op
def count_nonzero(x: Any, axis: Any = None) -> Tensor:
    """How many elements over `axis` are not zero, as int32."""
    return sum(convert(x, "bool"), axis)


def _position(primitive: Primitive, x: Any, axis: int | None, keepdims: bool) -> Tensor:
    tensor = numeric(x)
    if axis is None:
        flat: Tensor = primitive(layout.reshape(tensor, shape=(tensor.size,)), axis=0)
        return expand(flat, tuple(range(tensor.ndim))) if keepdims else flat
    place = canonical_axis(axis, tensor.ndim, primitive.name)
    result: Tensor = primitive(tensor, axis=place)
    return expand(result, (place,)) if keepdims else result


@op
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Position (int32) of the largest element along `axis`, of the flattened tensor if None.

    The first of equals; the first NaN if there is one.
    """
    return _position(reduction.argmax, x, axis, keepdims)


@op
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Position (int32) of the smallest element along `axis`, of the flattened tensor if None.

    The first of equals; the first NaN if there is one.
    """
    return _position(reduction.argmin, x, axis, keepdims)


def _cumulate(primitive: Primitive, x: Any, axis: int | None, dtype: Any) -> Tensor:
    tensor = numeric(x) if dtype is None else convert(x, dtypes.standardize(dtype))
    if axis is None:
        tensor, axis = layout.reshape(tensor, shape=(tensor.size,)), 0
    place = canonical_axis(axis, tensor.ndim, primitive.name)
    return primitive(tensor, axis=place, reverse=False)


@op
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running sum along `axis`, of the flattened tensor if None; bools are counted as int32."""
    return _cumulate(reduction.cumsum, x, axis, dtype)


@op
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running product along `axis`, of the flattened tensor if None."""
    return _cumulate(reduction.cumprod, x, axis, dtype)


@op
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) over `axis` (all axes if None), without overflow."""
    tensor = floating(x)
    axes = canonical_axes(axis, tensor.ndim, "logsumexp")
    if not axes:
        return tensor
    largest = markers.stop_gradient(reduction.reduce_max(tensor, axes=axes))
    # An infinite maximum would make inf - inf: such rows are shifted by 0.
    shift = elementwise.where(elementwise.is_finite(largest), largest, filled_like(largest, 0))
    spread = reduction.spread(shift, tensor.shape, axes)
    powers = elementwise.exp(elementwise.subtract(tensor, spread))
    total = elementwise.add(elementwise.log(reduction.reduce_sum(powers, axes=axes)), shift)
    return expand(total, axes) if keepdims else total


@op
def diff(a: Any, n: int = 1, axis: int = -1) -> Tensor:
    """Differences of neighbours along `axis`, taken `n` times.

    Raises:
        ValueError: If `n` is negative.
    """
    if n < 0:
        raise ValueError(f"diff: `n` must not be negative; got {n}")
    tensor = convert(a)
    place = canonical_axis(axis, tensor.ndim, "diff")
    minus = elementwise.not_equal if tensor.dtype == "bool" else elementwise.subtract
    for _ in range(n):
        count = tensor.shape[place]
        if count == 0:
            break
        later = _along(tensor, place, 1, count)
        tensor = minus(later, _along(tensor, place, 0, count - 1))
    return tensor


def _along(x: Tensor, axis: int, start: int, stop: int) -> Tensor:
    low = tuple(start if i == axis else 0 for i in range(x.ndim))
    high = tuple(stop if i == axis else dim for i, dim in enumerate(x.shape))
    return layout.slice_(x, start=low, stop=high, stride=(1,) * x.ndim)
