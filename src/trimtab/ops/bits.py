"""Numbers by their bits: views, signs, neighbours, powers of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops.arithmetic import add, multiply, power, subtract
from trimtab.ops.dispatch import common_float_type, convert, floating, lift, op
from trimtab.ops.logic import equal, isnan, less, logical_or, where
from trimtab.primitives.bits import bitcast

_WHOLE = {2: "int16", 4: "int32", 8: "int64"}


def _whole(x: Tensor) -> Tensor:
    """The bits of floats as signed whole numbers."""
    return bitcast(x, dtype=_WHOLE[dtypes.itemsize(x.dtype)])


@op
def view(x: Any, dtype: Any = None) -> Tensor:
    """The bits of `x` as numbers of another type.

    Args:
        x: A tensor.
        dtype: The type; that of `x` if None. If its numbers have another size, the last axis grows
            or shrinks.

    Raises:
        ValueError: If the last axis cannot be divided so.
    """
    tensor = convert(x)
    return tensor if dtype is None else bitcast(tensor, dtype=dtypes.standardize(dtype))


@op
def signbit(x: Any) -> Tensor:
    """Whether each number has a minus sign, be it a zero or NaN; those without signs have none."""
    tensor = convert(x)
    if dtypes.is_float(tensor.dtype):
        return less(_whole(tensor), 0)
    if tensor.dtype in dtypes.SIGNED:
        return less(tensor, 0)
    return convert(np.zeros(tensor.shape, "bool"))


@op
def nextafter(x1: Any, x2: Any) -> Tensor:
    """The number of the type that comes next to `x1` on the way to `x2`."""
    dtype = common_float_type(x1, x2)
    start, end = lift("nextafter", dtype, x1, x2)
    bits = _whole(start)
    # Bits of numbers of one sign are ordered as their sizes: away from zero is one more.
    is_zero = equal(start, 0)
    least = np.array(np.finfo(dtype).smallest_subnormal).view(bits.dtype).item()
    grows = equal(less(start, end), less(0, start))
    moved = _floats(where(grows, add(bits, 1), subtract(bits, 1)), dtype)
    tiny = _floats(convert(np.full(start.shape, least, bits.dtype)), dtype)
    from_zero = where(less(0, end), tiny, multiply(tiny, convert(-1.0, dtype)))
    result = where(is_zero, from_zero, moved)
    result = where(equal(start, end), end, result)
    either = logical_or(isnan(start), isnan(end))
    return where(either, convert(np.full(start.shape, np.nan, dtype)), result)


def _floats(bits: Tensor, dtype: str) -> Tensor:
    return bitcast(bits, dtype=dtype)


@op
def ldexp(x1: Any, x2: Any) -> Tensor:
    """`x1 * 2**x2`, exactly where the result is in range.

    Args:
        x1: A tensor; whole numbers are taken as floatx.
        x2: Whole numbers.

    Raises:
        TypeError: If `x2` has another type.
    """
    exponent = convert(x2)
    if not dtypes.is_integer(exponent.dtype):
        raise TypeError(f"ldexp: `x2` must have an integer type; got {exponent.dtype}")
    tensor = floating(x1)
    # In two halves: 2**x2 itself may be out of range where the product is not.
    half = exponent // 2
    for part in (half, exponent - half):
        tensor = multiply(tensor, power(convert(2.0, tensor.dtype), convert(part, tensor.dtype)))
    return tensor
