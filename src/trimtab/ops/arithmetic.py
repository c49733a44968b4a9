"""Arithmetic of elements: sums, products, powers, signs, extrema, rounding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops.dispatch import (
    FLOATX,
    common_float_type,
    common_type,
    convert,
    floating,
    lift,
    numeric,
    op,
)
from trimtab.ops.pointwise import any_unary, binary, float_unary
from trimtab.primitives import elementwise
from trimtab.primitives.source import filled_like

add = binary(elementwise.add, "add", "x1 + x2.", on_bools=elementwise.logical_or)
subtract = binary(
    elementwise.subtract, "subtract", "x1 - x2; not for bools.", on_bools=elementwise.subtract
)
multiply = binary(elementwise.multiply, "multiply", "x1 * x2.", on_bools=elementwise.logical_and)
divide = binary(elementwise.divide, "divide", "x1 / x2, in floats.", needs_float=True)
true_divide = divide
floor_divide = binary(elementwise.floor_divide, "floor_divide", "The floor of x1 / x2.")
mod = binary(elementwise.remainder, "mod", "Remainder with the sign of the divisor.")
maximum = binary(
    elementwise.maximum,
    "maximum",
    "The larger of x1 and x2; NaN if either is.",
    on_bools=elementwise.logical_or,
)
minimum = binary(
    elementwise.minimum,
    "minimum",
    "The smaller of x1 and x2; NaN if either is.",
    on_bools=elementwise.logical_and,
)
negative = any_unary(elementwise.negative, "negative", "-x; not for bools.")
sign = any_unary(elementwise.sign, "sign", "-1, 0 or 1; not for bools.")
sqrt = float_unary(elementwise.sqrt, "sqrt", "Square root.")
rsqrt = float_unary(elementwise.rsqrt, "rsqrt", "1 / sqrt(x).")
reciprocal = float_unary(elementwise.reciprocal, "reciprocal", "1 / x.")
floor = float_unary(elementwise.floor, "floor", "Largest integer not above x.")
ceil = float_unary(elementwise.ceil, "ceil", "Smallest integer not below x.")


@op
def absolute(x: Any) -> Tensor:
    """|x|."""
    tensor = convert(x)
    if tensor.dtype == "bool" or tensor.dtype in dtypes.UNSIGNED:
        return tensor
    return elementwise.abs(tensor)


abs = absolute


@op
def square(x: Any) -> Tensor:
    """`x * x`; bools are taken as int32."""
    return elementwise.square(numeric(x))


@op
def divide_no_nan(x1: Any, x2: Any) -> Tensor:
    """x1 / x2, in floats, and 0 where x2 is 0."""
    a, b = lift("divide_no_nan", common_float_type(x1, x2), x1, x2)
    zero = filled_like(b, 0)
    is_zero = elementwise.equal(b, zero)
    safe = elementwise.where(is_zero, filled_like(b, 1), b)
    return elementwise.where(is_zero, zero, elementwise.divide(a, safe))


# A product costs a tenth of the general power, and is exact for negative x.
_SPECIAL_POWERS: dict[float, Callable[[Tensor], Tensor]] = {
    -1: elementwise.reciprocal,
    2: elementwise.square,
    3: lambda x: elementwise.multiply(elementwise.square(x), x),
    4: lambda x: elementwise.square(elementwise.square(x)),
    0.5: elementwise.sqrt,
    -0.5: elementwise.rsqrt,
}


@op
def power(x1: Any, x2: Any) -> Tensor:
    """x1 to the power x2. Integers stay integers and are exact up to 2**53."""
    dtype = common_type(x1, x2)
    if dtypes.is_float(dtype):
        if type(x2) in (int, float):
            if x2 == 1:
                return convert(x1, dtype)
            special = _SPECIAL_POWERS.get(x2)
            if special is not None:
                return special(convert(x1, dtype))
        return elementwise.power(*lift("power", dtype, x1, x2))
    a, b = lift("power", dtype if dtype != "bool" else "int32", x1, x2)
    wide = [elementwise.cast(operand, dtype="float64") for operand in (a, b)]
    return elementwise.cast(elementwise.power(*wide), dtype=a.dtype)


@op
def fmax(x1: Any, x2: Any) -> Tensor:
    """The larger of x1 and x2; the other if one is NaN."""
    return _prefer_numbers(elementwise.maximum, x1, x2)


@op
def fmin(x1: Any, x2: Any) -> Tensor:
    """The smaller of x1 and x2; the other if one is NaN."""
    return _prefer_numbers(elementwise.minimum, x1, x2)


def _prefer_numbers(primitive: Any, x1: Any, x2: Any) -> Tensor:
    dtype = common_type(x1, x2)
    if not dtypes.is_float(dtype):
        return (maximum if primitive is elementwise.maximum else minimum)(x1, x2)
    a, b = lift(primitive.name, dtype, x1, x2)
    better = elementwise.where(elementwise.is_nan(b), a, primitive(a, b))
    return elementwise.where(elementwise.is_nan(a), b, better)


@op
def fmod(x1: Any, x2: Any) -> Tensor:
    """Remainder with the sign of the dividend, as C's fmod."""
    dtype = common_type(x1, x2)
    a, b = lift("fmod", dtype if dtype != "bool" else "int32", x1, x2)
    if dtype in dtypes.UNSIGNED:
        return elementwise.remainder(a, b)
    rest = elementwise.remainder(elementwise.abs(a), elementwise.abs(b))
    is_negative = elementwise.less(a, filled_like(a, 0))
    return elementwise.where(is_negative, elementwise.negative(rest), rest)


@op
def clip(x: Any, x_min: Any, x_max: Any) -> Tensor:
    """`x` moved into [x_min, x_max]; None leaves that side open."""
    tensor = numeric(x)
    if x_min is not None:
        tensor = maximum(tensor, x_min)
    return tensor if x_max is None else minimum(tensor, x_max)


@op
def round(x: Any, decimals: int = 0) -> Tensor:
    """The nearest number of `decimals` decimals, halves to even; -1 rounds to tens."""
    tensor = numeric(x)
    if not dtypes.is_float(tensor.dtype):
        if decimals >= 0:
            return tensor
        return convert(round(convert(tensor, FLOATX[0]), decimals), tensor.dtype)
    if decimals == 0:
        return elementwise.round(tensor)
    factor = 10.0**decimals
    return divide(elementwise.round(multiply(tensor, factor)), factor)


@op
def trunc(x: Any) -> Tensor:
    """The whole number next to x towards zero."""
    tensor = convert(x)
    if not dtypes.is_float(tensor.dtype):
        return tensor
    is_negative = elementwise.less(tensor, filled_like(tensor, 0))
    return elementwise.where(is_negative, elementwise.ceil(tensor), elementwise.floor(tensor))


@op
def nan_to_num(
    x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """`x` with `nan`, `posinf` and `neginf` in place of NaN and infinities.

    Args:
        x: A tensor.
        nan: What stands for NaN.
        posinf: What stands for plus infinity; the type's highest number if None.
        neginf: What stands for minus infinity; the type's lowest number if None.
    """
    tensor = convert(x)
    if not dtypes.is_float(tensor.dtype):
        return tensor
    least, most = dtypes.limits(tensor.dtype)
    highest = most if posinf is None else posinf
    lowest = least if neginf is None else neginf
    replaced = elementwise.where(elementwise.is_nan(tensor), filled_like(tensor, nan), tensor)
    for infinity, number in ((np.inf, highest), (-np.inf, lowest)):
        reached = elementwise.equal(tensor, filled_like(tensor, infinity))
        replaced = elementwise.where(reached, filled_like(tensor, number), replaced)
    return replaced


@op
def real(x: Any) -> Tensor:
    """The tensor itself: there are no complex ones."""
    return convert(x)


@op
def fabs(x: Any) -> Tensor:
    """|x| as a float."""
    return elementwise.abs(floating(x))


@op
def heaviside(x1: Any, x2: Any) -> Tensor:
    """0 where x1 < 0, 1 where x1 > 0, x2 where x1 is 0."""
    a, b = lift("heaviside", common_float_type(x1, x2), x1, x2)
    zero, one = filled_like(a, 0), filled_like(a, 1)
    step = elementwise.where(elementwise.greater(a, zero), one, zero)
    # A NaN stays: it is neither below nor above.
    stepped = elementwise.where(elementwise.is_nan(a), a, step)
    return elementwise.where(elementwise.equal(a, zero), b, stepped)
