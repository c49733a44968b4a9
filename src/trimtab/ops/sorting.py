"""Order: sort, the largest elements, places in a sorted sequence, quantiles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab import checks, dtypes
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.dispatch import (
    broadcast,
    canonical_axes,
    canonical_axis,
    common_type,
    concrete,
    convert,
    expand,
    floating,
    op,
)
from trimtab.ops.indexing import along_axis, positions
from trimtab.ops.layout import in_order, ravel, reshape, section
from trimtab.ops.logic import isnan
from trimtab.ops.reductions import sum as sum_of
from trimtab.primitives import elementwise, indexing, layout
from trimtab.primitives.source import filled, filled_like


def sorted_along(x: Tensor, axis: int) -> Tensor:
    """`x` sorted along `axis`, NaN last."""
    return along_axis(x, indexing.argsort(x, axis=axis), axis) if x.shape[axis] else x


@op
def sort(x: Any, axis: int | None = -1) -> Tensor:
    """The elements in ascending order along `axis` (None flattens), NaN last."""
    tensor = convert(x)
    if axis is None:
        tensor, axis = ravel(tensor), 0
    return sorted_along(tensor, canonical_axis(axis, tensor.ndim, "sort"))


@op
def argsort(x: Any, axis: int | None = -1) -> Tensor:
    """Positions (int32) that sort `x` along `axis`, equals in their order, NaN last."""
    tensor = convert(x)
    if axis is None or tensor.ndim == 0:
        tensor, axis = ravel(tensor), 0
    return indexing.argsort(tensor, axis=canonical_axis(axis, tensor.ndim, "argsort"))


@op
def argpartition(x: Any, kth: int, axis: int | None = -1) -> Tensor:
    """Positions (int32) that put the `kth` smallest element in its place, smaller ones before it.

    Raises:
        ValueError: If there is no `kth` element.
    """
    tensor = convert(x)
    if axis is None:
        tensor, axis = ravel(tensor), 0
    place = canonical_axis(axis, tensor.ndim, "argpartition")
    canonical_axis(kth, tensor.shape[place], "argpartition")
    # Sorted order is one of the orders that are right.
    return indexing.argsort(tensor, axis=place)


@op
def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """(the `k` largest elements of the last axis, their int32 positions), largest first.

    Args:
        x: `(..., n)`; NaN count as largest, and the first of equals comes first.
        k: How many, at most n.
        sorted: Whether they must be in order; they are in any case.

    Raises:
        ValueError: If the axis has fewer elements.
    """
    del sorted  # always in order
    tensor = convert(x)
    size = tensor.shape[-1] if tensor.ndim else 0
    if not 0 <= k <= size:
        raise ValueError(f"top_k: `k` must lie in [0, {size}] for a last axis of {size}; got {k}")
    last = tensor.ndim - 1
    if k == 0:
        return section(tensor, last, 0, 0), filled((*tensor.shape[:-1], 0), 0, "int32")
    # The flipped axis, sorted and read backwards: a descending order that keeps that of equals.
    order = indexing.argsort(layout.flip(tensor, axes=(last,)), axis=last)
    best = layout.flip(section(order, last, size - k, size), axes=(last,))
    found = elementwise.subtract(filled_like(best, size - 1), best)
    return along_axis(tensor, found, last), found


@op
def in_top_k(targets: Any, predictions: Any, k: int) -> Tensor:
    """Whether each target's prediction is among the `k` largest of its row.

    Args:
        targets: `(batch,)` whole numbers.
        predictions: `(batch, classes)`. Equal predictions share the better rank; NaN ranks last.
        k: How many ranks count.
    """
    wanted, scores = positions(targets, "in_top_k"), floating(predictions)
    own = along_axis(scores, expand(wanted, (wanted.ndim,)), scores.ndim - 1)
    own = elementwise.where(elementwise.is_nan(own), filled_like(own, -math.inf), own)
    better = elementwise.greater(scores, broadcast(own, scores.shape))
    rank = sum_of(better, -1)
    return elementwise.less(rank, filled_like(rank, k))


@op
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Tensor:
    """Where to put each value into a sorted vector so that it stays sorted, as int32.

    Args:
        sorted_sequence: An ascending vector.
        values: Any shape.
        side: "left" puts a value before its equals, "right" behind them.

    Raises:
        ValueError: For another `side`, or a sequence that is no vector.
    """
    checks.choice("searchsorted", "side", side, ("left", "right"))
    dtype = common_type(sorted_sequence, values)
    line, wanted = convert(sorted_sequence, dtype), convert(values, dtype)
    checks.rank("searchsorted", "sorted_sequence", line.shape, 1, 1)
    count = line.shape[0]
    low, high = filled(wanted.shape, 0, "int32"), filled(wanted.shape, count, "int32")
    # Bisection: each round halves what lies between `low` and `high`.
    for _ in range(count.bit_length()):
        middle = elementwise.right_shift(elementwise.add(low, high), filled_like(low, 1))
        reached = indexing.gather(line, middle, axis=0)
        is_open = elementwise.less(low, high)
        is_before = elementwise.logical_and(is_open, _is_before(reached, wanted, side))
        is_after = elementwise.logical_and(is_open, elementwise.logical_not(is_before))
        low = elementwise.where(is_before, elementwise.add(middle, filled_like(low, 1)), low)
        high = elementwise.where(is_after, middle, high)
    return low


def _is_before(element: Tensor, value: Tensor, side: str) -> Tensor:
    """Whether a value's place lies behind `element`; NaN sorts behind all numbers."""
    if side == "left":
        before = elementwise.less(element, value)
        if not dtypes.is_float(value.dtype):
            return before
        only_value = elementwise.logical_and(
            elementwise.is_nan(value), elementwise.logical_not(elementwise.is_nan(element))
        )
        return elementwise.logical_or(before, only_value)
    before = elementwise.less_equal(element, value)
    return elementwise.logical_or(before, isnan(value)) if dtypes.is_float(value.dtype) else before


@op
def digitize(x: Any, bins: Any) -> Tensor:
    """Number of the bin of each element, as int32: i where bins[i - 1] <= x < bins[i].

    Args:
        x: Any shape.
        bins: A vector of bounds, ascending; or descending, where bins[i - 1] > x >= bins[i].

    Raises:
        ValueError: If `bins` is traced or not monotonic.
    """
    bounds = concrete(bins, "digitize", "`bins`")
    steps = np.diff(bounds)
    if bounds.ndim != 1 or not ((steps >= 0).all() or (steps <= 0).all()):
        raise ValueError(f"digitize: `bins` must be a monotonic vector; got {bounds.tolist()}")
    if (steps >= 0).all():
        return searchsorted(Array(bounds), x, side="right")
    found = searchsorted(Array(np.ascontiguousarray(bounds[::-1])), x, side="left")
    return elementwise.subtract(filled_like(found, bounds.size), found)


_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def rows_of(x: Tensor, axis: Any, name: str) -> tuple[Tensor, tuple[int, ...]]:
    """(`x` with the reduced axes flattened into the last, those axes)."""
    axes = canonical_axes(axis, x.ndim, name)
    rest = tuple([a for a in range(x.ndim) if a not in axes])
    moved = in_order(x, (*rest, *axes))
    count = math.prod([x.shape[a] for a in axes])
    return reshape(moved, (*[x.shape[a] for a in rest], count)), axes


def interpolated(ordered: Tensor, place: Tensor, method: str) -> Tensor:
    """Elements of the sorted last axis at fractional positions of shape `(..., number)`."""
    below, above = elementwise.floor(place), elementwise.ceil(place)
    if method == "nearest":
        nearest = elementwise.cast(elementwise.round(place), dtype="int32")
        return along_axis(ordered, nearest, ordered.ndim - 1)
    low = along_axis(ordered, elementwise.cast(below, dtype="int32"), ordered.ndim - 1)
    if method == "lower":
        return low
    high = along_axis(ordered, elementwise.cast(above, dtype="int32"), ordered.ndim - 1)
    if method == "higher":
        return high
    if method == "midpoint":
        half = elementwise.add(low, high)
        return elementwise.multiply(half, filled_like(half, 0.5))
    weight = elementwise.subtract(place, below)
    rest = elementwise.subtract(filled_like(weight, 1), weight)
    between = elementwise.add(elementwise.multiply(low, rest), elementwise.multiply(high, weight))
    # An infinite element times the weight 0 of the other one would be NaN.
    is_whole = elementwise.equal(weight, filled_like(weight, 0))
    return elementwise.where(is_whole, low, between)


@op
def quantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Tensor:
    """The value below which a fraction `q` of the elements over `axis` lies.

    Args:
        x: A tensor; NaN among the elements gives NaN.
        q: Fractions in [0, 1]; a vector puts an axis of its length in front of the result.
        axis: Axis or axes; all if None.
        method: Between two elements: "linear", "lower", "higher", "midpoint" or "nearest".
        keepdims: Whether reduced axes stay with size 1.

    Raises:
        ValueError: For another `method`, or a `q` of more than one axis.
    """
    tensor = floating(x)
    rows, axes = rows_of(tensor, axis, "quantile")
    count = rows.shape[-1]
    found = _quantiles(rows, q, filled(rows.shape[:-1], count, rows.dtype), method)
    has_nan = sum_of(elementwise.is_nan(rows), -1, keepdims=True)
    is_spoilt = broadcast(elementwise.greater(has_nan, filled_like(has_nan, 0)), found.shape)
    found = elementwise.where(is_spoilt, filled_like(found, math.nan), found)
    return in_front(found, q, axes, keepdims)


def _quantiles(rows: Tensor, q: Any, counts: Tensor, method: str) -> Tensor:
    """Quantiles of the first `counts` elements of each sorted row, `(..., fractions)`."""
    checks.choice("quantile", "method", method, _METHODS)
    fractions = convert(q, rows.dtype)
    checks.rank("quantile", "q", fractions.shape, 0, 1)
    fractions = reshape(fractions, (-1,)) if fractions.size else fractions
    shape = (*rows.shape[:-1], fractions.size)
    steps = broadcast(
        expand(elementwise.subtract(counts, filled_like(counts, 1)), (counts.ndim,)), shape
    )
    place = elementwise.multiply(broadcast(fractions, shape), steps)
    return interpolated(sorted_along(rows, rows.ndim - 1), place, method)


def nan_quantiles(x: Any, q: Any, axis: Any, method: str, keepdims: bool, name: str) -> Tensor:
    """Quantiles of the elements that are numbers; NaN where there are none."""
    rows, axes = rows_of(floating(x), axis, name)
    is_number = elementwise.logical_not(elementwise.is_nan(rows))
    counts = elementwise.cast(sum_of(is_number, -1), dtype=rows.dtype)
    return in_front(_quantiles(rows, q, counts, method), q, axes, keepdims)


def in_front(found: Tensor, q: Any, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    """Quantiles `(..., fractions)` in Keras's form: the axis of `q` first, or none for a number."""
    last = found.ndim - 1
    is_vector = convert(q).ndim == 1
    moved = in_order(found, (last, *range(last)))
    if keepdims:
        moved = expand(moved, [a + 1 for a in axes])
    return moved if is_vector else reshape(moved, moved.shape[1:])


@op
def percentile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Tensor:
    """As `quantile`, with `q` in [0, 100]."""
    tensor = floating(x)
    return quantile(tensor, _hundredths(q, tensor.dtype), axis, method, keepdims)


def _hundredths(q: Any, dtype: str) -> Tensor:
    fractions = convert(q, dtype)
    return elementwise.divide(fractions, filled_like(fractions, 100.0))


@op
def median(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The middle element over `axis` (all axes if None); of two, their mean."""
    return quantile(x, 0.5, axis, "linear", keepdims)


@op
def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """As `median`, leaving NaN out."""
    return nan_quantiles(x, 0.5, axis, "linear", keepdims, "nanmedian")


@op
def nanquantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Tensor:
    """As `quantile`, leaving NaN out."""
    return nan_quantiles(x, q, axis, method, keepdims, "nanquantile")


@op
def nanpercentile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Tensor:
    """As `percentile`, leaving NaN out."""
    tensor = floating(x)
    fractions = _hundredths(q, tensor.dtype)
    return nan_quantiles(tensor, fractions, axis, method, keepdims, "nanpercentile")
