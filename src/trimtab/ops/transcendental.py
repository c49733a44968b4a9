"""Exponentials, logarithms, angles and the error function of elements."""

from __future__ import annotations

import math
from typing import Any

from trimtab.ir.tensor import Tensor
from trimtab.ops.dispatch import common_float_type, floating, lift, op
from trimtab.ops.pointwise import binary, float_unary
from trimtab.primitives import elementwise
from trimtab.primitives.source import filled_like

exp = float_unary(elementwise.exp, "exp", "e to the power x.")
expm1 = float_unary(elementwise.expm1, "expm1", "exp(x) - 1, accurate near 0.")
log = float_unary(elementwise.log, "log", "Natural logarithm.")
log1p = float_unary(elementwise.log1p, "log1p", "log(1 + x), accurate near 0.")
tanh = float_unary(elementwise.tanh, "tanh", "Hyperbolic tangent.")
sin = float_unary(elementwise.sin, "sin", "Sine.")
cos = float_unary(elementwise.cos, "cos", "Cosine.")
tan = float_unary(elementwise.tan, "tan", "Tangent.")
arcsin = float_unary(elementwise.arcsin, "arcsin", "Inverse sine.")
arccos = float_unary(elementwise.arccos, "arccos", "Inverse cosine.")
arctan = float_unary(elementwise.arctan, "arctan", "Inverse tangent.")
sinh = float_unary(elementwise.sinh, "sinh", "Hyperbolic sine.")
cosh = float_unary(elementwise.cosh, "cosh", "Hyperbolic cosine.")
arcsinh = float_unary(elementwise.arcsinh, "arcsinh", "Inverse hyperbolic sine.")
arccosh = float_unary(elementwise.arccosh, "arccosh", "Inverse hyperbolic cosine.")
arctanh = float_unary(elementwise.arctanh, "arctanh", "Inverse hyperbolic tangent.")
erf = float_unary(elementwise.erf, "erf", "The error function.")
erfinv = float_unary(elementwise.erf_inv, "erfinv", "The inverse of the error function.")
arctan2 = binary(
    elementwise.arctan2, "arctan2", "Angle of the point (x2, x1), in radians.", needs_float=True
)


def _scaled(x: Tensor, factor: float) -> Tensor:
    return elementwise.multiply(x, filled_like(x, factor))


@op
def log2(x: Any) -> Tensor:
    """Logarithm to base 2."""
    return _scaled(elementwise.log(floating(x)), 1.0 / math.log(2.0))


@op
def log10(x: Any) -> Tensor:
    """Logarithm to base 10."""
    return _scaled(elementwise.log(floating(x)), 1.0 / math.log(10.0))


@op
def exp2(x: Any) -> Tensor:
    """2 to the power x."""
    tensor = floating(x)
    return elementwise.power(filled_like(tensor, 2.0), tensor)


@op
def deg2rad(x: Any) -> Tensor:
    """Degrees to radians."""
    return _scaled(floating(x), math.pi / 180.0)


@op
def rad2deg(x: Any) -> Tensor:
    """Radians to degrees."""
    return _scaled(floating(x), 180.0 / math.pi)


@op
def cbrt(x: Any) -> Tensor:
    """Cube root, negative for negative x."""
    tensor = floating(x)
    root = elementwise.power(elementwise.abs(tensor), filled_like(tensor, 1.0 / 3.0))
    return elementwise.multiply(elementwise.sign(tensor), root)


@op
def logaddexp(x1: Any, x2: Any) -> Tensor:
    """log(exp(x1) + exp(x2)), without overflow."""
    a, b = lift("logaddexp", common_float_type(x1, x2), x1, x2)
    difference = elementwise.subtract(a, b)
    rest = elementwise.log1p(elementwise.exp(elementwise.negative(elementwise.abs(difference))))
    total = elementwise.add(elementwise.maximum(a, b), rest)
    # Equal infinities differ by NaN; their sum is the answer.
    return elementwise.where(elementwise.is_nan(difference), elementwise.add(a, b), total)


@op
def logaddexp2(x1: Any, x2: Any) -> Tensor:
    """log2(2**x1 + 2**x2), without overflow."""
    a, b = lift("logaddexp2", common_float_type(x1, x2), x1, x2)
    total = logaddexp(_scaled(a, math.log(2.0)), _scaled(b, math.log(2.0)))
    return _scaled(total, 1.0 / math.log(2.0))


@op
def hypot(x1: Any, x2: Any) -> Tensor:
    """sqrt(x1**2 + x2**2), without overflow."""
    a, b = lift("hypot", common_float_type(x1, x2), x1, x2)
    a, b = elementwise.abs(a), elementwise.abs(b)
    larger, smaller = elementwise.maximum(a, b), elementwise.minimum(a, b)
    is_zero = elementwise.equal(larger, filled_like(larger, 0))
    ratio = elementwise.divide(smaller, elementwise.where(is_zero, filled_like(larger, 1), larger))
    square = elementwise.add(elementwise.square(ratio), filled_like(ratio, 1))
    return elementwise.multiply(larger, elementwise.sqrt(square))


@op
def sinc(x: Any) -> Tensor:
    """sin(pi x) / (pi x), 1 at 0."""
    tensor = _scaled(floating(x), math.pi)
    is_zero = elementwise.equal(tensor, filled_like(tensor, 0))
    safe = elementwise.where(is_zero, filled_like(tensor, 1), tensor)
    return elementwise.where(
        is_zero, filled_like(tensor, 1), elementwise.divide(elementwise.sin(safe), safe)
    )
