"""Comparisons, logic, bits, and choice by condition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import Primitive
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.dispatch import (
    broadcast,
    broadcast_shape,
    common_float_type,
    common_type,
    concrete,
    convert,
    lift,
    op,
)
from trimtab.ops.pointwise import comparison
from trimtab.primitives import elementwise
from trimtab.primitives.reduction import reduce_all
from trimtab.primitives.source import filled, filled_like

less = comparison(elementwise.less, "less", "x1 < x2.")
less_equal = comparison(elementwise.less_equal, "less_equal", "x1 <= x2.")
greater = comparison(elementwise.greater, "greater", "x1 > x2.")
greater_equal = comparison(elementwise.greater_equal, "greater_equal", "x1 >= x2.")
equal = comparison(elementwise.equal, "equal", "x1 == x2.")
not_equal = comparison(elementwise.not_equal, "not_equal", "x1 != x2.")


@op
def logical_not(x: Any) -> Tensor:
    """Whether x is false (zero)."""
    return elementwise.logical_not(convert(x, "bool"))


def _logical(primitive: Primitive, x1: Any, x2: Any) -> Tensor:
    a, b = convert(x1, "bool"), convert(x2, "bool")
    return primitive(*lift(primitive.name, "bool", a, b))


@op
def logical_and(x1: Any, x2: Any) -> Tensor:
    """Whether both are true (not zero)."""
    return _logical(elementwise.logical_and, x1, x2)


@op
def logical_or(x1: Any, x2: Any) -> Tensor:
    """Whether either is true (not zero)."""
    return _logical(elementwise.logical_or, x1, x2)


@op
def logical_xor(x1: Any, x2: Any) -> Tensor:
    """Whether just one is true (not zero)."""
    return _logical(elementwise.logical_xor, x1, x2)


def _bitwise(primitive: Primitive, x: Any, y: Any) -> Tensor:
    return primitive(*lift(primitive.name, common_type(x, y), x, y))


@op
def bitwise_and(x: Any, y: Any) -> Tensor:
    """Bits set in both."""
    return _bitwise(elementwise.bitwise_and, x, y)


@op
def bitwise_or(x: Any, y: Any) -> Tensor:
    """Bits set in either."""
    return _bitwise(elementwise.bitwise_or, x, y)


@op
def bitwise_xor(x: Any, y: Any) -> Tensor:
    """Bits set in one only."""
    return _bitwise(elementwise.bitwise_xor, x, y)


@op
def bitwise_not(x: Any) -> Tensor:
    """Every bit flipped; for bools, `not x`."""
    return elementwise.bitwise_not(convert(x))


bitwise_invert = bitwise_not


def _shift(primitive: Primitive, x: Any, y: Any) -> Tensor:
    dtype = common_type(x, y)
    kind = "int32" if dtype == "bool" else dtype
    return primitive(*lift(primitive.name, kind, x, y))


@op
def left_shift(x: Any, y: Any) -> Tensor:
    """Bits of x moved left by y; bools are taken as int32."""
    return _shift(elementwise.left_shift, x, y)


@op
def right_shift(x: Any, y: Any) -> Tensor:
    """Bits of x moved right by y; bools are taken as int32."""
    return _shift(elementwise.right_shift, x, y)


bitwise_left_shift = left_shift
bitwise_right_shift = right_shift


def _float_test(x: Any, primitive: Primitive, otherwise: bool) -> Tensor:
    tensor = convert(x)
    if dtypes.is_float(tensor.dtype):
        return primitive(tensor)
    return filled(tensor.shape, otherwise, "bool")


@op
def isnan(x: Any) -> Tensor:
    """Whether x is NaN."""
    return _float_test(x, elementwise.is_nan, False)


@op
def isinf(x: Any) -> Tensor:
    """Whether x is infinite."""
    return _float_test(x, elementwise.is_inf, False)


@op
def isfinite(x: Any) -> Tensor:
    """Whether x is neither NaN nor infinite."""
    return _float_test(x, elementwise.is_finite, True)


@op
def isposinf(x: Any) -> Tensor:
    """Whether x is plus infinity."""
    return equal(x, math.inf)


@op
def isneginf(x: Any) -> Tensor:
    """Whether x is minus infinity."""
    return equal(x, -math.inf)


@op
def isreal(x: Any) -> Tensor:
    """True everywhere: there are no complex tensors."""
    return filled(convert(x).shape, True, "bool")


@op
def isclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether |x1 - x2| <= atol + rtol * |x2|; equal infinities are close."""
    if not dtypes.is_float(common_type(x1, x2)) and rtol == 0 and atol == 0:
        return equal(x1, x2)
    a, b = lift("isclose", common_float_type(x1, x2), x1, x2)
    room = elementwise.add(
        elementwise.multiply(elementwise.abs(b), filled_like(b, rtol)), filled_like(b, atol)
    )
    near = elementwise.less_equal(elementwise.abs(elementwise.subtract(a, b)), room)
    # An infinite x2 makes the room infinite: it is close to itself only.
    near = elementwise.logical_and(near, elementwise.is_finite(b))
    close = elementwise.logical_or(near, elementwise.equal(a, b))
    if not equal_nan:
        return close
    both = elementwise.logical_and(elementwise.is_nan(a), elementwise.is_nan(b))
    return elementwise.logical_or(close, both)


@op
def allclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether all elements are close; see `isclose`."""
    close = isclose(x1, x2, rtol, atol, equal_nan)
    return reduce_all(close, axes=tuple(range(close.ndim))) if close.ndim else close


@op
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """`x1` where `condition` holds, x2 elsewhere; all three are broadcast together.

    Raises:
        ValueError: If only one of x1 and x2 is given; or neither in a traced step, where the number
            of true elements is not known.
    """
    if x1 is None and x2 is None:
        return nonzero(condition)
    if x1 is None or x2 is None:
        raise ValueError("where: give both `x1` and `x2`, or neither")
    a, b = lift("where", common_type(x1, x2), x1, x2)
    chosen = convert(condition, "bool")
    if chosen.shape == a.shape:
        return elementwise.where(chosen, a, b)
    shape = broadcast_shape([chosen.shape, a.shape], "where")
    return elementwise.where(broadcast(chosen, shape), broadcast(a, shape), broadcast(b, shape))


@op
def nonzero(x: Any) -> tuple[Tensor, ...]:
    """Indices (int32) of the elements that are not zero, one tensor an axis.

    Raises:
        ValueError: In a traced step: the result's size depends on the data.
    """
    array = concrete(x, "nonzero", "the elements, on which the result's size depends,")
    return tuple(Array(indices.astype("int32")) for indices in np.nonzero(array))


@op
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Tensor:
    """The choice of the first condition that holds, `default` where none does.

    Raises:
        ValueError: If there are not as many choices as conditions, or none.
    """
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            "select: needs as many choices as conditions, one or more; got "
            f"{len(condlist)} conditions and {len(choicelist)} choices"
        )
    dtype = common_type(*choicelist, default)
    result: Any = convert(default, dtype)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = where(condition, convert(choice, dtype), result)
    return result
