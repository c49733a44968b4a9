"""Makers of elementwise ops: promotion and broadcasting around one primitive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab import dtypes
from trimtab.ir.graph import Primitive, Value
from trimtab.ir.tensor import Tensor
from trimtab.ops.dispatch import (
    RECORDERS,
    any_symbolic,
    common_float_type,
    common_type,
    convert,
    floating,
    lift,
    op,
)
from trimtab.primitives.source import filled

_FLOATS = frozenset(dtypes.FLOATS)


def _named(function: Callable[..., Any], name: str, doc: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def float_unary(primitive: Primitive, name: str, doc: str) -> Callable[[Any], Tensor]:
    """An op of one floating operand; integers and bools are taken as floatx."""

    def function(x: Any) -> Any:
        return primitive(floating(x))

    return op(_named(function, name, doc + " Integers are taken as floatx."))


def any_unary(primitive: Primitive, name: str, doc: str) -> Callable[[Any], Tensor]:
    """An op that keeps the operand's type, which must be numeric."""

    def function(x: Any) -> Any:
        return primitive(convert(x))

    return op(_named(function, name, doc))


def binary(
    primitive: Primitive,
    name: str,
    doc: str,
    *,
    on_bools: Primitive | str = "int32",
    needs_float: bool = False,
) -> Callable[[Any, Any], Tensor]:
    """An op of two operands, broadcast and promoted as in Keras 3.

    Args:
        primitive: Called with operands of equal shape and type.
        name: The op's name.
        doc: Its meaning in a line.
        on_bools: What two bools do: a primitive of their own, or the type that they are taken as.
        needs_float: Whether integers and bools are taken as floatx.
    """
    common = common_float_type if needs_float else common_type
    # Types that the primitive takes as they are: the short way for traced operands.
    plain = frozenset(dtypes.FLOATS if needs_float else set(dtypes.ALL) - {"bool"})

    def call(x1: Any, x2: Any) -> Any:
        if type(x1) is Value:
            if type(x2) is Value:
                if x1.spec == x2.spec and x1.dtype in plain:
                    return primitive(x1, x2)
            elif type(x2) is float and x1.dtype in _FLOATS:
                return primitive(x1, filled(x1.shape, x2, x1.dtype))
        elif type(x1) is float and type(x2) is Value and x2.dtype in _FLOATS:
            return primitive(filled(x2.shape, x1, x2.dtype), x2)
        if any_symbolic((x1, x2)):
            return RECORDERS[0](call, (x1, x2), {})
        dtype = common(x1, x2)
        if dtype != "bool":
            return primitive(*lift(name, dtype, x1, x2))
        if isinstance(on_bools, str):
            return primitive(*lift(name, on_bools, x1, x2))
        return on_bools(*lift(name, "bool", x1, x2))

    return _named(call, name, doc + " Operands are broadcast and promoted as in Keras 3.")


def comparison(primitive: Primitive, name: str, doc: str) -> Callable[[Any, Any], Tensor]:
    """An op that compares two operands of one promoted type; bools are compared as bools."""
    return binary(primitive, name, doc, on_bools=primitive)
