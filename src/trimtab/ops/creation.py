"""Tensors made from sizes and numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.arithmetic import add, divide, multiply, subtract
from trimtab.ops.dispatch import (
    FLOATX,
    broadcast,
    common_float_type,
    common_type,
    concrete,
    convert,
    expand,
    floating,
    op,
    sizes,
)
from trimtab.ops.layout import moveaxis
from trimtab.ops.transcendental import log
from trimtab.primitives import elementwise
from trimtab.primitives.source import filled


def _type_name(dtype: Any) -> str:
    return FLOATX[0] if dtype is None else dtypes.standardize(dtype)


def _own(constant: Array) -> Array:
    """The caller's own tensor: a mask that it attaches must not reach other uses."""
    return Array(constant.array)


@op
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """A tensor whose elements all equal `fill_value`, in floatx if `dtype` is None."""
    name = _type_name(dtype)
    if isinstance(fill_value, (int, float)):
        return _own(filled(sizes(shape), fill_value, name))
    return broadcast(convert(fill_value, name), sizes(shape))


def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """Zeros of `shape`, in floatx if `dtype` is None."""
    return _own(filled(sizes(shape), 0, _type_name(dtype)))


def ones(shape: Any, dtype: Any = None) -> Tensor:
    """Ones of `shape`, in floatx if `dtype` is None."""
    return _own(filled(sizes(shape), 1, _type_name(dtype)))


def empty(shape: Any, dtype: Any = None) -> Tensor:
    """As `zeros`: no tensor is left unset."""
    return zeros(shape, dtype)


@op
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """`fill_value` in the shape (and type, unless `dtype` is given) of `x`."""
    tensor = convert(x)
    return full(tensor.shape, fill_value, tensor.dtype if dtype is None else dtype)


@op
def zeros_like(x: Any, dtype: Any = None) -> Tensor:
    """Zeros of the shape (and type, unless `dtype` is given) of `x`."""
    return full_like(x, 0, dtype)


@op
def ones_like(x: Any, dtype: Any = None) -> Tensor:
    """Ones of the shape (and type, unless `dtype` is given) of `x`."""
    return full_like(x, 1, dtype)


@op
def empty_like(x: Any, dtype: Any = None) -> Tensor:
    """As `zeros_like`: no tensor is left unset."""
    return full_like(x, 0, dtype)


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """A matrix of N rows and M columns (N if None) with ones on diagonal `k`, zeros elsewhere."""
    return Array(np.eye(N, M, k, dtype=_type_name(dtype)))


def identity(n: int, dtype: Any = None) -> Tensor:
    """A matrix of n rows and columns with ones on the diagonal, zeros elsewhere."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """A matrix of N rows and M columns (N if None) with ones up to diagonal `k`, zeros above."""
    return Array(np.tri(N, M, k, dtype=_type_name(dtype)))


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Numbers from `start` (0 if only one is given) up to but without `stop`, `step` apart.

    Raises:
        ValueError: If a bound is traced, so that the number of elements is not known.
    """
    given = [n for n in (start, stop, step) if n is not None]
    name = common_type(*given) if dtype is None else dtypes.standardize(dtype)
    low, high = (0, start) if stop is None else (start, stop)
    by = 1 if step is None else step
    # Python's numbers in double precision: rounded to single they may give one number more.
    bounds = [
        n if isinstance(n, (int, float)) else concrete(n, "arange", "a bound").item()
        for n in (low, high, by)
    ]
    return Array(np.arange(*bounds).astype(name))


@op
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """`num` numbers at equal distances from `start` to `stop`.

    Args:
        start: First number, or a tensor of them.
        stop: Last number, or a tensor of them.
        num: How many.
        endpoint: Whether `stop` itself is the last.
        retstep: Whether to return (numbers, distance).
        dtype: Type of the result; a float type if None.
        axis: Where the new axis lies.

    Raises:
        ValueError: If `num` is negative.
    """
    if num < 0:
        raise ValueError(f"linspace: `num` must not be negative; got {num}")
    kind = common_float_type(start, stop)
    low, high = convert(start, kind), convert(stop, kind)
    parts = num - 1 if endpoint else num
    distance = divide(subtract(high, low), parts if parts > 0 else math.nan)
    # Weights of both ends, so that the last number is `stop` itself.
    weights = np.arange(num) / max(parts, 1)
    shape = (num, *[1] * max(low.ndim, high.ndim))
    from_stop = convert(weights.reshape(shape), kind)
    from_start = convert(1 - weights.reshape(shape), kind)
    numbers = add(multiply(low, from_start), multiply(high, from_stop))
    if dtype is not None:
        name = dtypes.standardize(dtype)
        if not dtypes.is_float(name):
            numbers = elementwise.floor(numbers)
        numbers = convert(numbers, name)
    numbers = moveaxis(numbers, 0, axis)
    return (numbers, distance) if retstep else numbers


@op
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """`base` to the powers that `linspace` gives from `start` to `stop`."""
    powers = linspace(start, stop, num, endpoint, axis=axis)
    spaced = elementwise.power(broadcast(convert(base, powers.dtype), powers.shape), powers)
    return spaced if dtype is None else convert(spaced, dtypes.standardize(dtype))


@op
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Tensor:
    """`num` positive numbers at equal ratios from `start` to `stop`."""
    powers = linspace(log(start), log(stop), num, endpoint, axis=axis)
    spaced = elementwise.exp(powers)
    return spaced if dtype is None else convert(spaced, dtypes.standardize(dtype))


@op
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """Powers of the elements of a vector, a row each: N columns, the highest power first."""
    tensor = convert(x)
    if tensor.ndim != 1:
        raise ValueError(f"vander: needs a vector; got shape {tensor.shape}")
    count = tensor.shape[0] if N is None else N
    exponents = np.arange(count) if increasing else np.arange(count)[::-1]
    wide = broadcast(expand(floating(tensor), (1,)), (tensor.shape[0], count))
    powers = elementwise.power(wide, broadcast(convert(exponents.copy(), wide.dtype), wide.shape))
    return convert(powers, tensor.dtype)
