"""Counts of equal or neighbouring elements: histogram, bincount, unique; membership."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import checks
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops import reductions
from trimtab.ops.arithmetic import add, subtract
from trimtab.ops.creation import linspace
from trimtab.ops.dispatch import (
    FLOATX,
    broadcast,
    common_type,
    concrete,
    convert,
    expand,
    floating,
    op,
)
from trimtab.ops.layout import ravel, section, stack, unstack
from trimtab.ops.logic import equal, logical_not, where
from trimtab.ops.sorting import searchsorted
from trimtab.primitives import elementwise, indexing
from trimtab.primitives.source import filled, filled_like


@op
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """How often each whole number from 0 on occurs, or the sum of its weights.

    Args:
        x: A vector of whole numbers, or a matrix whose rows are counted apart; negative
            numbers count as 0.
        weights: One number an element; each counts 1 if None.
        minlength: Least length of the result, which else ends at the largest number.
        sparse: Must be False.

    Raises:
        ValueError: In a traced step, where the largest number is not known; use `segment_sum`,
            which is told how many there are.
    """
    if sparse:
        raise ValueError("bincount: sparse tensors are not supported; got sparse=True")
    array = concrete(x, "bincount", "the elements, on which the result's size depends,")
    if array.dtype.kind not in "iub" or array.ndim not in (1, 2):
        raise ValueError(
            "bincount: `x` must be a vector or matrix of whole numbers; got "
            f"{array.dtype}{list(array.shape)}"
        )
    size = max(int(array.max()) + 1 if array.size else 0, minlength)
    numbers = np.maximum(array, 0).astype("int32")
    counted = filled(array.shape, 1, "int32") if weights is None else convert(weights)
    if counted.shape != array.shape:
        raise ValueError(
            f"bincount: `weights` must have the shape {array.shape} of `x`; got {counted.shape}"
        )
    if array.ndim == 1:
        return indexing.scatter_add(Array(numbers), counted, size=size, axis=0)
    rows = zip(numbers, unstack(counted), strict=True)
    return stack([indexing.scatter_add(Array(n), w, size=size, axis=0) for n, w in rows])


@op
def histogram(
    x: Any, bins: int = 10, range: tuple[float, float] | None = None
) -> tuple[Tensor, Tensor]:
    """(how many elements lie in each bin, the bins' bounds).

    Args:
        x: A vector.
        bins: Number of bins of equal width; the last one includes its upper bound.
        range: Lowest and highest bound, elements outside are left out; those of `x` if None.

    Raises:
        TypeError: If `bins` is no whole number.
        ValueError: If `bins` is less than 1, `range` is no rising pair, or `x` is no vector.
    """
    bins = checks.whole("histogram", "bins", bins, least=1)
    if range is not None and (
        not isinstance(range, tuple) or len(range) != 2 or range[1] < range[0]
    ):
        raise ValueError(f"histogram: `range` must be a pair (low, high), low <= high; got {range}")
    tensor = floating(x)
    checks.rank("histogram", "x", tensor.shape, 1, 1)
    if range is None:
        low, high = reductions.min(tensor), reductions.max(tensor)
    else:
        low, high = (convert(bound, tensor.dtype) for bound in range)
    is_flat = elementwise.equal(low, high)
    half = where(is_flat, 0.5, 0.0)
    bounds = linspace(subtract(low, half), add(high, half), bins + 1)
    last = section(bounds, 0, bins, bins + 1)
    place = subtract(searchsorted(bounds, tensor, side="right"), 1)
    place = where(elementwise.equal(tensor, _spread(last, tensor)), bins - 1, place)
    outside = elementwise.logical_or(
        elementwise.less(place, filled_like(place, 0)),
        elementwise.greater_equal(place, filled_like(place, bins)),
    )
    kept = elementwise.where(outside, filled_like(place, bins), place)
    ones = filled(kept.shape, 1, FLOATX[0])
    counts = indexing.scatter_add(kept, ones, size=bins + 1, axis=0)
    return section(counts, 0, 0, bins), bounds


def _spread(x: Tensor, like: Tensor) -> Tensor:
    return indexing.gather(x, filled(like.shape, 0, "int32"), axis=0)


@op
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The different elements; every NaN counts as different.

    Args:
        x: A tensor.
        sorted: Whether they must ascend; they do in any case.
        return_index: Whether to add the position at which each occurs first.
        return_inverse: Whether to add, for each element, which of the different ones it equals.
        return_counts: Whether to add how often each occurs.
        axis: The axis whose slices are compared; the flattened tensor if None.
        size: Length of the result, cut or filled up; as many as there are if None.
        fill_value: What fills the result up; the smallest element if None.

    Returns:
        The different elements, or a tuple of them and what was asked for, as int32.

    Raises:
        ValueError: In a traced step: the work depends on the data.
    """
    del sorted  # always in order
    array = concrete(x, "unique", "the elements, on which the result's size depends,")
    values, index, inverse, counts = np.unique(
        array,
        return_index=True,
        return_inverse=True,
        return_counts=True,
        axis=axis,
        equal_nan=False,
    )
    place = 0 if axis is None else axis
    if size is not None:
        values, index, counts = _sized(values, index, counts, size, place, fill_value)
    extra = [(return_index, index), (return_inverse, inverse), (return_counts, counts)]
    wanted = [Array(np.asarray(part).astype("int32")) for asked, part in extra if asked]
    result = Array(np.ascontiguousarray(values))
    return (result, *wanted) if wanted else result


def _sized(
    values: Any, index: Any, counts: Any, size: int, axis: int, fill_value: Any
) -> tuple[Any, Any, Any]:
    missing = size - values.shape[axis]
    if missing <= 0:
        return np.take(values, np.arange(size), axis), index[:size], counts[:size]
    if fill_value is None:
        filler = np.take(values, [0] * missing, axis)
    else:
        shape = list(values.shape)
        shape[axis] = missing
        filler = np.full(shape, fill_value, values.dtype)
    first = index[:1] if index.size else [0]
    return (
        np.concatenate([values, filler], axis),
        np.concatenate([index, np.repeat(first, missing)]),
        np.concatenate([counts, np.zeros(missing, counts.dtype)]),
    )


@op
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element of `x1` is among those of `x2`; NaN is not.

    Args:
        x1: A tensor.
        x2: A tensor of any shape.
        assume_unique: Without effect: each element is compared with all in any case.
        invert: Whether to say which are not.
    """
    dtype = common_type(x1, x2)
    elements, among = convert(x1, dtype), convert(x2, dtype)
    among = ravel(among)
    shape = (*elements.shape, among.size)
    same = equal(broadcast(expand(elements, (elements.ndim,)), shape), broadcast(among, shape))
    found = reductions.any(same, axis=-1)
    return logical_not(found) if invert else found
