"""Elementwise primitives: equal shapes in, the same shape out.

Broadcasting is a node of its own (`broadcast_to`), so no gradient and no kernel here broadcasts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import Primitive, Sample, Spec
from trimtab.primitives.source import filled_like

Domain = tuple[float, float]


_WORDS = {
    "f": "floating",
    "fiu": "numeric",
    "fiub": "numeric or bool",
    "biu": "integer or bool",
    "iu": "integer",
    "b": "bool",
}


def _types(kinds: str) -> frozenset[str]:
    """Names of the types of these NumPy kinds."""
    return dtypes.of_kinds(kinds)


def _refuse(name: str, kinds: str, spec: Spec) -> None:
    raise ValueError(f"{name}: needs a {_WORDS[kinds]} operand; got {spec}")


def _check_equal(name: str, a: Spec, b: Spec) -> None:
    if a != b:
        raise ValueError(f"{name}: operands must have equal shape and dtype; got {a} and {b}")


def _spread(domain: Domain, count: int, seed: int) -> np.ndarray[Any, Any]:
    low, high = domain
    return np.random.default_rng(seed).uniform(low, high, count).astype("float64")


def _unary(
    name: str,
    evaluate: Callable[[Any, Any], Any],
    vjp: Callable[..., Any] | None,
    known: tuple[Any, Any],
    domain: Domain = (-2.0, 2.0),
    kinds: str = "f",
    result: str | None = None,
) -> Primitive:
    allowed = _types(kinds)

    def infer(x: Spec) -> Spec:
        if x.dtype not in allowed:
            _refuse(name, kinds, x)
        return x if result is None else Spec(x.shape, result)

    def samples() -> list[Sample]:
        point, value = (np.asarray(k) for k in known)
        drawn = [Sample((_spread(domain, 7, 1).reshape(7, 1),), {})] if "f" in kinds else []
        return [Sample((point,), {}, value, differentiable=False), *drawn]

    wrapped = None if vjp is None else (lambda g, out, x: (vjp(g, out, x),))
    return Primitive(name, infer, evaluate, wrapped, samples, is_elementwise=True)


def _binary(
    name: str,
    evaluate: Callable[[Any, Any, Any], Any],
    vjp: Callable[..., Any] | None,
    known: tuple[Any, Any, Any],
    domain: Domain = (-2.0, 2.0),
    kinds: str = "fiu",
    result: str | None = None,
) -> Primitive:
    allowed = _types(kinds)

    def infer(a: Spec, b: Spec, **_: Any) -> Spec:
        _check_equal(name, a, b)
        if a.dtype not in allowed:
            _refuse(name, kinds, a)
        return a if result is None else Spec(a.shape, result)

    def samples() -> list[Sample]:
        a, b, value = (np.asarray(k) for k in known)
        drawn = [Sample((_spread(domain, 6, 2), _spread(domain, 6, 3)), {})] if "f" in kinds else []
        return [Sample((a, b), {}, value, differentiable=False), *drawn]

    return Primitive(
        name,
        infer,
        lambda xp, a, b, **_: evaluate(xp, a, b),
        vjp,
        samples,
        is_elementwise=True,
    )


def _erf_of(xp: Any, x: Any) -> Any:
    # NumPy has no erf; the standard library's, element by element, defines it.
    values = [math.erf(float(v)) for v in np.asarray(x).reshape(-1)]
    return xp.asarray(np.array(values, np.asarray(x).dtype).reshape(np.shape(x)))


def _bfloat16_of(xp: Any, x: Any) -> Any:
    """The nearest number of bfloat16, halves to even, through float32."""
    single = x.astype("float32")
    bits = single.view("uint32")
    odd = (bits >> np.uint32(16)) & np.uint32(1)
    rounded = ((bits + (np.uint32(0x7FFF) + odd)) & np.uint32(0xFFFF0000)).view("float32")
    return xp.where(single != single, single, rounded).astype(x.dtype)


def _erf_inv_of(xp: Any, x: Any) -> Any:
    """Inverse of erf by Newton's method on Winitzki's first guess, in float64."""
    y = np.asarray(x, "float64")
    with np.errstate(all="ignore"):
        log = np.log1p(-y * y)
        part = 2 / (math.pi * 0.147) + log / 2
        guess = np.sign(y) * np.sqrt(np.sqrt(part * part - log / 0.147) - part)
        for _ in range(4):
            error = _erf_of(np, guess) - y
            guess = guess - error * (math.sqrt(math.pi) / 2) * np.exp(guess * guess)
        guess = np.where(np.abs(y) == 1, np.sign(y) * np.inf, guess)
        guess = np.where(np.abs(y) > 1, np.nan, guess)
    return xp.asarray(guess.astype(np.asarray(x).dtype))


negative: Primitive = _unary(
    "negative", lambda xp, x: -x, lambda g, out, x: negative(g), (1.5, -1.5), kinds="fiu"
)
sign = _unary("sign", lambda xp, x: xp.sign(x), lambda g, out, x: None, (-3.0, -1.0), kinds="fiu")
abs = _unary(
    "abs", lambda xp, x: xp.abs(x), lambda g, out, x: g * sign(x), (-2.5, 2.5), kinds="fiu"
)
exp = _unary("exp", lambda xp, x: xp.exp(x), lambda g, out, x: g * out, (0.0, 1.0))
expm1 = _unary("expm1", lambda xp, x: xp.expm1(x), lambda g, out, x: g * (out + 1.0), (0.0, 0.0))
log = _unary("log", lambda xp, x: xp.log(x), lambda g, out, x: g / x, (1.0, 0.0), (0.2, 3.0))
log1p = _unary(
    "log1p", lambda xp, x: xp.log1p(x), lambda g, out, x: g / (x + 1.0), (0.0, 0.0), (-0.7, 2.0)
)
sqrt = _unary(
    "sqrt", lambda xp, x: xp.sqrt(x), lambda g, out, x: g * 0.5 / out, (9.0, 3.0), (0.2, 3.0)
)
rsqrt = _unary(
    "rsqrt",
    lambda xp, x: 1 / xp.sqrt(x),
    lambda g, out, x: g * -0.5 * (out / x),
    (4.0, 0.5),
    (0.2, 3.0),
)
reciprocal = _unary(
    "reciprocal",
    lambda xp, x: 1 / x,
    lambda g, out, x: negative(g * (out * out)),
    (4.0, 0.25),
    (0.3, 2.0),
)
square = _unary(
    "square", lambda xp, x: x * x, lambda g, out, x: g * (x * 2.0), (3.0, 9.0), kinds="fiu"
)
tanh = _unary("tanh", lambda xp, x: xp.tanh(x), lambda g, out, x: g * (1.0 - out * out), (0.0, 0.0))
sigmoid = _unary(
    "sigmoid",
    lambda xp, x: 1 / (1 + xp.exp(-x)),
    lambda g, out, x: g * (out * (1.0 - out)),
    (0.0, 0.5),
)
erf = _unary(
    "erf",
    _erf_of,
    lambda g, out, x: g * (exp(negative(x * x)) * (2.0 / math.sqrt(math.pi))),
    (0.5, 0.5204998778130465),
)
erf_inv = _unary(
    "erf_inv",
    _erf_inv_of,
    lambda g, out, x: g * (exp(out * out) * (math.sqrt(math.pi) / 2.0)),
    (0.5204998778130465, 0.5),
    (-0.8, 0.8),
)
sin = _unary("sin", lambda xp, x: xp.sin(x), lambda g, out, x: g * cos(x), (0.0, 0.0))
cos: Primitive = _unary(
    "cos", lambda xp, x: xp.cos(x), lambda g, out, x: negative(g * sin(x)), (0.0, 1.0)
)
tan = _unary(
    "tan", lambda xp, x: xp.tan(x), lambda g, out, x: g * (out * out + 1.0), (0.0, 0.0), (-1.0, 1.0)
)
arcsin = _unary(
    "arcsin",
    lambda xp, x: xp.arcsin(x),
    lambda g, out, x: g * rsqrt(1.0 - x * x),
    (1.0, math.pi / 2),
    (-0.8, 0.8),
)
arccos = _unary(
    "arccos",
    lambda xp, x: xp.arccos(x),
    lambda g, out, x: negative(g * rsqrt(1.0 - x * x)),
    (1.0, 0.0),
    (-0.8, 0.8),
)
arctan = _unary(
    "arctan", lambda xp, x: xp.arctan(x), lambda g, out, x: g / (x * x + 1.0), (1.0, math.pi / 4)
)
sinh = _unary("sinh", lambda xp, x: xp.sinh(x), lambda g, out, x: g * cosh(x), (0.0, 0.0))
cosh: Primitive = _unary(
    "cosh", lambda xp, x: xp.cosh(x), lambda g, out, x: g * sinh(x), (0.0, 1.0)
)
arcsinh = _unary(
    "arcsinh", lambda xp, x: xp.arcsinh(x), lambda g, out, x: g * rsqrt(x * x + 1.0), (0.0, 0.0)
)
arccosh = _unary(
    "arccosh",
    lambda xp, x: xp.arccosh(x),
    lambda g, out, x: g * rsqrt(x * x - 1.0),
    (1.0, 0.0),
    (1.3, 3.0),
)
arctanh = _unary(
    "arctanh",
    lambda xp, x: xp.arctanh(x),
    lambda g, out, x: g / (1.0 - x * x),
    (0.0, 0.0),
    (-0.8, 0.8),
)
floor = _unary("floor", lambda xp, x: xp.floor(x), lambda g, out, x: None, (-1.5, -2.0))
ceil = _unary("ceil", lambda xp, x: xp.ceil(x), lambda g, out, x: None, (-1.5, -1.0))
# Half to even, as NumPy and Keras round.
round = _unary("round", lambda xp, x: xp.round(x), lambda g, out, x: None, (2.5, 2.0))
# Numbers with 8 significant bits have steps of 1 / 128 from 1 to 2.
round_bfloat16 = _unary(
    "round_bfloat16",
    lambda xp, x: _bfloat16_of(xp, x),
    lambda g, out, x: None,
    (1.005, 1.0078125),
)
is_nan = _unary("is_nan", lambda xp, x: xp.isnan(x), None, (np.nan, True), result="bool")
is_inf = _unary("is_inf", lambda xp, x: xp.isinf(x), None, (np.inf, True), result="bool")
is_finite = _unary("is_finite", lambda xp, x: xp.isfinite(x), None, (np.inf, False), result="bool")
logical_not = _unary("logical_not", lambda xp, x: xp.logical_not(x), None, (True, False), kinds="b")
bitwise_not = _unary(
    "bitwise_not", lambda xp, x: xp.bitwise_not(x), None, (np.int32(5), np.int32(-6)), kinds="biu"
)


def _where_zero(condition: Any, a: Any) -> Any:
    return where(condition, a, filled_like(a, 0))


def _extremum_vjp(better: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def vjp(g: Any, out: Any, a: Any, b: Any, ties: str = "split") -> tuple[Any, Any]:
        # As JAX: equal operands share the cotangent. relu asks for "second": slope 0 at 0.
        first = better(a, b)
        if ties == "second":
            return _where_zero(first, g), where(first, filled_like(g, 0), g)
        half = _where_zero(equal(a, b), g * 0.5)
        return where(first, g, half), where(better(b, a), g, half)

    return vjp


def _power_vjp(g: Any, out: Any, a: Any, b: Any) -> tuple[Any, Any]:
    safe = where(greater(a, filled_like(a, 0)), a, filled_like(a, 1))
    slope = _where_zero(not_equal(b, filled_like(b, 0)), b * power(a, b - 1.0))
    return g * slope, g * out * log(safe)


add = _binary("add", lambda xp, a, b: a + b, lambda g, out, a, b: (g, g), (1.5, 2.0, 3.5))
subtract = _binary(
    "subtract", lambda xp, a, b: a - b, lambda g, out, a, b: (g, negative(g)), (1.5, 2.0, -0.5)
)
multiply = _binary(
    "multiply", lambda xp, a, b: a * b, lambda g, out, a, b: (g * b, g * a), (1.5, 2.0, 3.0)
)
divide = _binary(
    "divide",
    lambda xp, a, b: a / b,
    lambda g, out, a, b: (g / b, negative(g * (out / b))),
    (3.0, 2.0, 1.5),
    (0.5, 2.0),
    kinds="f",
)
floor_divide = _binary(
    "floor_divide", lambda xp, a, b: a // b, lambda g, out, a, b: (None, None), (-7.0, 2.0, -4.0)
)
remainder = _binary(
    "remainder",
    lambda xp, a, b: xp.remainder(a, b),
    lambda g, out, a, b: (g, negative(g * floor(a / b))),
    (-7.0, 4.0, 1.0),
    (0.5, 2.0),
)
power = _binary("power", lambda xp, a, b: a**b, _power_vjp, (2.0, 3.0, 8.0), (0.4, 2.0), kinds="f")
maximum = _binary(
    "maximum",
    lambda xp, a, b: xp.maximum(a, b),
    _extremum_vjp(lambda a, b: greater(a, b)),
    (1.0, 2.0, 2.0),
)
minimum = _binary(
    "minimum",
    lambda xp, a, b: xp.minimum(a, b),
    _extremum_vjp(lambda a, b: less(a, b)),
    (1.0, 2.0, 1.0),
)
arctan2 = _binary(
    "arctan2",
    lambda xp, a, b: xp.arctan2(a, b),
    lambda g, out, a, b: (g * (b / (a * a + b * b)), negative(g * (a / (a * a + b * b)))),
    (1.0, 1.0, math.pi / 4),
    kinds="f",
)


def _comparison(name: str, evaluate: Any, known: tuple[Any, Any, Any]) -> Primitive:
    return _binary(name, evaluate, None, known, kinds="fiub", result="bool")


less: Primitive = _comparison("less", lambda xp, a, b: a < b, (1.0, 2.0, True))
less_equal = _comparison("less_equal", lambda xp, a, b: a <= b, (2.0, 2.0, True))
greater: Primitive = _comparison("greater", lambda xp, a, b: a > b, (1.0, 2.0, False))
greater_equal = _comparison("greater_equal", lambda xp, a, b: a >= b, (2.0, 2.0, True))
equal = _comparison("equal", lambda xp, a, b: a == b, (1.0, 2.0, False))
not_equal = _comparison("not_equal", lambda xp, a, b: a != b, (1.0, 2.0, True))

logical_and = _binary(
    "logical_and", lambda xp, a, b: xp.logical_and(a, b), None, (True, False, False), kinds="b"
)
logical_or = _binary(
    "logical_or", lambda xp, a, b: xp.logical_or(a, b), None, (True, False, True), kinds="b"
)
logical_xor = _binary(
    "logical_xor", lambda xp, a, b: xp.logical_xor(a, b), None, (True, True, False), kinds="b"
)


def _bitwise(name: str, evaluate: Any, result: int, kinds: str = "biu") -> Primitive:
    return _binary(name, evaluate, None, (np.int32(6), np.int32(3), np.int32(result)), kinds=kinds)


bitwise_and = _bitwise("bitwise_and", lambda xp, a, b: a & b, 2)
bitwise_or = _bitwise("bitwise_or", lambda xp, a, b: a | b, 7)
bitwise_xor = _bitwise("bitwise_xor", lambda xp, a, b: a ^ b, 5)
left_shift = _bitwise("left_shift", lambda xp, a, b: a << b, 48, "iu")
right_shift = _bitwise("right_shift", lambda xp, a, b: a >> b, 0, "iu")


def _infer_where(condition: Spec, a: Spec, b: Spec) -> Spec:
    _check_equal("where", a, b)
    if condition.dtype != "bool" or condition.shape != a.shape:
        raise ValueError(f"where: the condition must be bool{list(a.shape)}; got {condition}")
    return a


where: Primitive = Primitive(
    "where",
    _infer_where,
    lambda xp, condition, a, b: xp.where(condition, a, b),
    lambda g, out, condition, a, b: (
        None,
        _where_zero(condition, g),
        where(condition, filled_like(g, 0), g),
    ),
    lambda: [
        Sample(
            (np.array([True, False]), np.array([1.0, 2.0]), np.array([3.0, 4.0])),
            {},
            np.array([1.0, 4.0]),
        )
    ],
    is_elementwise=True,
)

cast: Primitive = Primitive(
    "cast",
    lambda x, *, dtype: Spec(x.shape, dtype),
    lambda xp, x, *, dtype: x.astype(dtype),
    lambda g, out, x, *, dtype: (
        (cast(g, dtype=x.dtype) if dtypes.is_float(x.dtype) and dtypes.is_float(dtype) else None),
    ),
    lambda: [
        Sample(
            (np.array([1.9, -1.9]),),
            {"dtype": "int32"},
            np.array([1, -1], np.int32),
            differentiable=False,
        ),
        Sample((np.array([0.5, -2.0]),), {"dtype": "float32"}, np.array([0.5, -2.0], np.float32)),
        Sample(
            (np.array([3, 0], np.int64),),
            {"dtype": "bool"},
            np.array([True, False]),
            differentiable=False,
        ),
        Sample(
            (np.array([True, False]),),
            {"dtype": "float64"},
            np.array([1.0, 0.0]),
            differentiable=False,
        ),
    ],
    is_elementwise=True,
)
"""The elements converted to `dtype`; floats are cut towards zero on the way to integers."""
