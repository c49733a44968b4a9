"""Reductions that leave NaN out."""

from __future__ import annotations

import math
from typing import Any

from trimtab import dtypes
from trimtab.ir.graph import Primitive
from trimtab.ir.tensor import Tensor
from trimtab.ops import reductions
from trimtab.ops.dispatch import broadcast, canonical_axes, convert, floating, op
from trimtab.primitives import elementwise, reduction
from trimtab.primitives.source import filled_like


def _replaced(x: Any, number: float) -> Tensor:
    """`x` with `number` in place of NaN."""
    tensor = convert(x)
    if not dtypes.is_float(tensor.dtype):
        return tensor
    return elementwise.where(elementwise.is_nan(tensor), filled_like(tensor, number), tensor)


@op
def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """As `sum`, leaving NaN out."""
    return reductions.sum(_replaced(x, 0), axis, keepdims)


@op
def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """As `prod`, leaving NaN out."""
    return reductions.prod(_replaced(x, 1), axis, keepdims)


def _extremum(primitive: Primitive, worst: float, x: Any, axis: Any, keepdims: bool) -> Tensor:
    tensor = convert(x)
    name = f"nan{primitive.name.removeprefix('reduce_')}"
    found = reductions.reduce(primitive, _replaced(tensor, worst), axis, keepdims, name)
    if not dtypes.is_float(tensor.dtype):
        return found
    is_empty = reductions.all(elementwise.is_nan(tensor), axis, keepdims)
    return elementwise.where(is_empty, filled_like(found, math.nan), found)


@op
def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """As `max`, leaving NaN out; NaN where there is nothing else."""
    return _extremum(reduction.reduce_max, -math.inf, x, axis, keepdims)


@op
def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """As `min`, leaving NaN out; NaN where there is nothing else."""
    return _extremum(reduction.reduce_min, math.inf, x, axis, keepdims)


def _mean_where(is_number: Tensor, x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    kept = elementwise.where(is_number, x, filled_like(x, 0))
    count = reductions.sum(elementwise.cast(is_number, dtype=x.dtype), axis, keepdims)
    return elementwise.divide(reductions.sum(kept, axis, keepdims), count)


@op
def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """As `mean`, leaving NaN out; NaN where there is nothing else."""
    tensor = floating(x)
    is_number = elementwise.logical_not(elementwise.is_nan(tensor))
    return _mean_where(is_number, tensor, axis, keepdims)


@op
def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """As `var`, leaving NaN out; NaN where there is nothing else."""
    tensor = floating(x)
    axes = canonical_axes(axis, tensor.ndim, "nanvar")
    is_number = elementwise.logical_not(elementwise.is_nan(tensor))
    centre = broadcast(_mean_where(is_number, tensor, axes, keepdims=True), tensor.shape)
    squares = elementwise.square(elementwise.subtract(tensor, centre))
    return _mean_where(is_number, squares, axes, keepdims)


@op
def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """As `std`, leaving NaN out; NaN where there is nothing else."""
    return elementwise.sqrt(nanvar(x, axis, keepdims))


@op
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """As `cumsum`, NaN counting as 0."""
    return reductions.cumsum(_replaced(x, 0), axis, dtype)


@op
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """As `cumprod`, NaN counting as 1."""
    return reductions.cumprod(_replaced(x, 1), axis, dtype)


def _position(x: Any, axis: int | None, keepdims: bool, find: Any, worst: float) -> Tensor:
    tensor = convert(x)
    found: Tensor = find(_replaced(tensor, worst), axis, keepdims)
    if not dtypes.is_float(tensor.dtype):
        return found
    is_empty = reductions.all(elementwise.is_nan(tensor), axis, keepdims)
    return elementwise.where(is_empty, filled_like(found, -1), found)


@op
def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """As `argmax`, leaving NaN out; -1 where there is nothing else."""
    return _position(x, axis, keepdims, reductions.argmax, -math.inf)


@op
def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """As `argmin`, leaving NaN out; -1 where there is nothing else."""
    return _position(x, axis, keepdims, reductions.argmin, math.inf)
