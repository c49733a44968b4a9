"""Functions of physics: the complementary error function and a Bessel function; Kaiser's window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab.ir.tensor import Tensor
from trimtab.ops.arithmetic import abs as absolute
from trimtab.ops.arithmetic import maximum, minimum, square
from trimtab.ops.dispatch import FLOATX, concrete, convert, floating, op
from trimtab.ops.logic import where
from trimtab.ops.transcendental import exp
from trimtab.primitives import elementwise

# Press et al., Numerical Recipes, 2nd edition, 6.2, "erfcc": exponents by powers of 1 / (1 + x/2),
# with a relative error below 1.2e-7.
_ERFC = (
    -1.26551223,
    1.00002368,
    0.37409196,
    0.09678418,
    -0.18628806,
    0.27886807,
    -1.13520398,
    1.48851587,
    -0.82215223,
    0.17087277,
)
# Where the power series of I0 gives way to its asymptotic one, and how many terms each needs.
_FAR, _NEAR_TERMS, _FAR_TERMS = 20.0, 36, 11


def _far_coefficients() -> list[float]:
    """Abramowitz and Stegun, 9.7.1, for order 0."""
    found = [1.0]
    for k in range(1, _FAR_TERMS):
        found.append(found[-1] * (2 * k - 1) ** 2 / (8.0 * k))
    return found


_FAR_SERIES = _far_coefficients()


def _polynomial(x: Tensor, coefficients: Any) -> Tensor:
    """The sum of `coefficients[k] * x**k`."""
    result = x * 0.0 + coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        result = result * x + coefficient
    return result


def _wide(x: Any) -> tuple[Tensor, str]:
    """`x` as floats of at least 32 bits, and its own type."""
    tensor = floating(x)
    is_narrow = tensor.dtype in ("float16", "bfloat16")
    return (convert(tensor, "float32") if is_narrow else tensor), tensor.dtype


@op
def erfc(x: Any) -> Tensor:
    """`1 - erf(x)`, accurate where that is tiny. Integers are taken as floatx."""
    tensor, dtype = _wide(x)
    # Behind 1 the difference would lose digits; in front of it the other formula has fewer.
    behind = maximum(tensor, 1.0)
    t = 1.0 / (1.0 + 0.5 * behind)
    tail = t * exp(_polynomial(t, _ERFC) - square(behind))
    near = 1.0 - elementwise.erf(minimum(tensor, 1.0))
    return convert(where(tensor > 1.0, tail, near), dtype)


@op
def i0(x: Any) -> Tensor:
    """The modified Bessel function of the first kind and order 0. Integers are taken as floatx."""
    tensor, dtype = _wide(x)
    quarter = square(minimum(maximum(tensor, -_FAR), _FAR)) * 0.25
    # Each term from the one before it: powers alone, in gradients too, would be out of range.
    near = quarter * (1.0 / _NEAR_TERMS**2) + 1.0
    for k in range(_NEAR_TERMS - 1, 0, -1):
        near = near * (quarter * (1.0 / k**2)) + 1.0
    far = maximum(absolute(tensor), _FAR)
    # Half the exponent twice: the whole power may be out of range where the quotient is not.
    half = exp(far * 0.5)
    series = _polynomial(1.0 / far, _FAR_SERIES)
    beyond = half * (series * elementwise.rsqrt(far * (2.0 * math.pi))) * half
    return convert(where(absolute(tensor) > _FAR, beyond, near), dtype)


def _points(x: Any, owner: str) -> int:
    """How many points a window is to have."""
    count = concrete(x, owner, "the number of points")
    if count.size != 1:
        raise TypeError(f"{owner}: `x` must be one number of points; got shape {count.shape}")
    return int(count.reshape(()))


def _window(x: Any, owner: str, function: Any) -> Tensor:
    return convert(function(_points(x, owner)).astype(FLOATX[0]))


@op
def bartlett(x: Any) -> Tensor:
    """Bartlett's window of `x` points: a triangle from 0 to 1 and back.

    Raises:
        ValueError: If `x` is not known when a step is traced.
    """
    return _window(x, "bartlett", np.bartlett)


@op
def blackman(x: Any) -> Tensor:
    """Blackman's window of `x` points.

    Raises:
        ValueError: If `x` is not known when a step is traced.
    """
    return _window(x, "blackman", np.blackman)


@op
def hamming(x: Any) -> Tensor:
    """Hamming's window of `x` points: a raised cosine from 0.08 to 1 and back.

    Raises:
        ValueError: If `x` is not known when a step is traced.
    """
    return _window(x, "hamming", np.hamming)


@op
def hanning(x: Any) -> Tensor:
    """Hann's window of `x` points: a raised cosine from 0 to 1 and back.

    Raises:
        ValueError: If `x` is not known when a step is traced.
    """
    return _window(x, "hanning", np.hanning)


@op
def kaiser(x: Any, beta: Any) -> Tensor:
    """Kaiser's window of `x` points.

    Args:
        x: The number of points.
        beta: Its shape: 0 for a rectangle, larger for a narrower peak.

    Raises:
        ValueError: If `x` is not known when a step is traced.
    """
    count = _points(x, "kaiser")
    if count == 1:
        return convert(np.ones(1, FLOATX[0]))
    places = np.linspace(-1.0, 1.0, count) if count else np.zeros(0)
    heights = np.sqrt(np.maximum(0.0, 1.0 - places**2)).astype(FLOATX[0])
    shape = convert(beta, FLOATX[0])
    return i0(shape * heights) / i0(shape)
