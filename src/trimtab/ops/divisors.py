"""Greatest common divisors and least common multiples."""

from __future__ import annotations

import math
from typing import Any

from trimtab import dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops.arithmetic import abs as absolute
from trimtab.ops.dispatch import common_type, lift, op
from trimtab.ops.logic import equal, where

# The golden ratio, by powers of which Fibonacci's numbers grow: they need the most divisions.
_GOLDEN = (1 + math.sqrt(5)) / 2


def _whole(owner: str, x1: Any, x2: Any) -> list[Tensor]:
    dtype = common_type(x1, x2)
    if not dtypes.is_integer(dtype):
        raise ValueError(f"{owner}: `x1` and `x2` must have integer types; got {dtype}")
    tensors = lift(owner, dtype, x1, x2)
    return [absolute(x) if dtype in dtypes.SIGNED else x for x in tensors]


def _divisor(a: Tensor, b: Tensor) -> Tensor:
    """Euclid's divisions, as often as the type's numbers can need them."""
    bits = 8 * dtypes.itemsize(a.dtype) - (a.dtype in dtypes.SIGNED)
    for _ in range(math.ceil(bits / math.log2(_GOLDEN)) + 1):
        is_done = equal(b, 0)
        rest = a % where(is_done, 1, b)
        a, b = where(is_done, a, b), where(is_done, b, rest)
    return a


@op
def gcd(x1: Any, x2: Any) -> Tensor:
    """The greatest whole number that divides both; that of zeros is 0.

    Raises:
        ValueError: If an operand has no integer type.
    """
    return _divisor(*_whole("gcd", x1, x2))


@op
def lcm(x1: Any, x2: Any) -> Tensor:
    """The least whole number that both divide; 0 beside a zero.

    Raises:
        ValueError: If an operand has no integer type.
    """
    a, b = _whole("lcm", x1, x2)
    divisor = _divisor(a, b)
    return a // where(equal(divisor, 0), 1, divisor) * b
