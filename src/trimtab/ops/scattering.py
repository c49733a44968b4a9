"""Tensors written by index: scatter, and reductions of rows by segment."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab import checks, dtypes
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.dispatch import broadcast, concrete, convert, op, sizes
from trimtab.ops.indexing import flat_positions, positions
from trimtab.ops.layout import reshape
from trimtab.primitives import elementwise, indexing, layout
from trimtab.primitives.source import filled, filled_like


def _dropped(position: Tensor, valid: Tensor | None, count: int) -> tuple[Tensor, int]:
    """(position, rows): those outside lead to a row of their own behind the last."""
    if valid is None:
        return position, count
    return elementwise.where(valid, position, filled_like(position, count)), count + 1


def _columns(indices: Tensor, name: str) -> list[Tensor]:
    """The vectors of a `(..., axes)` tensor of indices, flattened, one an axis."""
    rows = math.prod(indices.shape[:-1])
    flat = reshape(indices, (rows, indices.shape[-1]))
    return [
        positions(layout.reshape(_column(flat, i), shape=(rows,)), name)
        for i in range(indices.shape[-1])
    ]


def _column(x: Tensor, number: int) -> Tensor:
    return layout.slice_(x, start=(0, number), stop=(x.shape[0], number + 1), stride=(1, 1))


@op
def scatter(indices: Any, values: Any, shape: Any) -> Tensor:
    """Zeros of `shape`, to which each value is added at its index.

    Args:
        indices: `(..., axes)`: whole numbers for the first axes of `shape`.
        values: `(..., *rest)`: one number or one slice of the remaining axes per index.
        shape: Shape of the result.

    Raises:
        IndexError: If a concrete index lies outside; a traced one is dropped.
    """
    where_to, given, full = convert(indices), convert(values), sizes(shape)
    axes = where_to.shape[-1]
    rest = full[axes:]
    position, valid = flat_positions(_columns(where_to, "scatter"), full[:axes], "scatter")
    count = math.prod(full[:axes])
    position, rows = _dropped(position, valid, count)
    updates = reshape(broadcast(given, (*where_to.shape[:-1], *rest)), (position.size, *rest))
    total = indexing.scatter_add(position, updates, size=rows, axis=0)
    return reshape(_first(total, count), full)


def _first(x: Tensor, count: int) -> Tensor:
    if x.shape[0] == count:
        return x
    start = (0,) * x.ndim
    return layout.slice_(x, start=start, stop=(count, *x.shape[1:]), stride=(1,) * x.ndim)


_REDUCTIONS = (None, "add", "max", "min", "mul")


@op
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Tensor:
    """`inputs` with `updates` written at `indices`.

    Args:
        inputs: A tensor.
        indices: `(number, axes)`: whole numbers for the first axes of `inputs`.
        updates: `(number, *rest)`: one number or one slice of the remaining axes per index.
        reduction: None writes (the last of equal indices wins); "add", "mul", "max" or "min"
            combine with what is there.

    Raises:
        IndexError: If a concrete index lies outside; a traced one is dropped.
        ValueError: For another `reduction`.
    """
    checks.choice("scatter_update", "reduction", reduction, _REDUCTIONS)
    tensor, where_to = convert(inputs), convert(indices)
    axes = where_to.shape[-1]
    rest = tensor.shape[axes:]
    lead = tensor.shape[:axes]
    position, valid = flat_positions(_columns(where_to, "scatter_update"), lead, "scatter_update")
    given = broadcast(convert(updates, tensor.dtype), (*where_to.shape[:-1], *rest))
    rows = reshape(given, (position.size, *rest))
    table = reshape(tensor, (math.prod(lead), *rest))
    return reshape(_combined(table, position, valid, rows, reduction), tensor.shape)


def _combined(
    table: Tensor, position: Tensor, valid: Tensor | None, rows: Tensor, mode: str | None
) -> Tensor:
    count = table.shape[0]
    position, size = _dropped(position, valid, count)
    if mode == "add":
        total = indexing.scatter_add(position, rows, size=size, axis=0)
        return elementwise.add(table, _first(total, count))
    folded = _first(_folded(position, rows, size, mode), count)
    if mode is not None:
        folded = _FOLDS[mode](table, folded)
    is_hit = _first(_is_hit(position, size), count)
    return elementwise.where(_over_rows(is_hit, table.shape), folded, table)


def _is_hit(segment: Tensor, size: int) -> Tensor:
    """Whether each number below `size` occurs in `segment`."""
    ones = filled(segment.shape, 1, "int32")
    hits = indexing.scatter_add(segment, ones, size=size, axis=0)
    return elementwise.greater(hits, filled_like(hits, 0))


def _over_rows(flags: Tensor, shape: tuple[int, ...]) -> Tensor:
    """One flag a row, repeated over the row."""
    return broadcast(reshape(flags, (flags.size, *[1] * (len(shape) - 1))), shape)


_FOLDS: dict[str | None, Any] = {
    "max": elementwise.maximum,
    "min": elementwise.minimum,
    "mul": elementwise.multiply,
    None: lambda earlier, later: later,
}


def _folded(segment: Tensor, rows: Tensor, size: int, mode: str | None) -> Tensor:
    """Rows of equal segment number combined in their order; 0 for a number without rows.

    Sorts by segment and combines over distances 1, 2, 4, ...: after k rounds each row holds the
    result of up to 2**k rows of its segment that end in it. The last row of each holds the whole.
    """
    count = rows.shape[0]
    if count == 0:
        return filled((size, *rows.shape[1:]), 0, rows.dtype)
    order = indexing.argsort(segment, axis=0)
    ids = indexing.gather(segment, order, axis=0)
    values = indexing.gather(rows, order, axis=0)
    distance = 1
    while distance < count:
        back = Array(np.maximum(np.arange(count) - distance, 0).astype("int32"))
        is_same = elementwise.equal(ids, indexing.gather(ids, back, axis=0))
        is_joined = elementwise.logical_and(is_same, Array(np.arange(count) >= distance))
        joined = _FOLDS[mode](indexing.gather(values, back, axis=0), values)
        values = elementwise.where(_over_rows(is_joined, values.shape), joined, values)
        distance *= 2
    after = Array(np.minimum(np.arange(1, count + 1), count - 1).astype("int32"))
    is_last = elementwise.logical_or(
        elementwise.not_equal(ids, indexing.gather(ids, after, axis=0)),
        Array(np.arange(count) == count - 1),
    )
    last = elementwise.where(_over_rows(is_last, values.shape), values, filled_like(values, 0))
    return indexing.scatter_add(ids, last, size=size, axis=0)


def _segments(
    data: Any, segment_ids: Any, num_segments: int | None, name: str
) -> tuple[Tensor, Tensor, int]:
    """(rows, segment of each, number of segments); ids outside lead behind the last segment."""
    rows, ids = convert(data), positions(segment_ids, name)
    if ids.ndim != 1 or rows.ndim < 1 or ids.shape[0] != rows.shape[0]:
        raise ValueError(
            f"{name}: `segment_ids` must be a vector with one number a row of `data`; got shapes "
            f"{ids.shape} and {rows.shape}"
        )
    if num_segments is None:
        known = concrete(ids, name, "`num_segments`, or the segment ids it follows from,")
        num_segments = int(known.max()) + 1 if known.size else 0
    outside = elementwise.logical_or(
        elementwise.less(ids, filled_like(ids, 0)),
        elementwise.greater_equal(ids, filled_like(ids, num_segments)),
    )
    return rows, elementwise.where(outside, filled_like(ids, num_segments), ids), num_segments


@op
def segment_sum(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Tensor:
    """Sums of the rows of each segment; 0 for a segment without rows.

    Args:
        data: `(rows, ...)`.
        segment_ids: `(rows,)`: the segment of each row; a row outside the segments is left out.
        num_segments: Number of segments; if None the largest id + 1, which a traced step cannot
            know.
        sorted: Whether the ids ascend; the result does not depend on it.
    """
    del sorted  # a hint that this order-independent sum has no use for
    rows, ids, count = _segments(data, segment_ids, num_segments, "segment_sum")
    return _first(indexing.scatter_add(ids, rows, size=count + 1, axis=0), count)


def _segment_fold(mode: str, empty: Any, rows: Tensor, ids: Tensor, count: int) -> Tensor:
    folded = _first(_folded(ids, rows, count + 1, mode), count)
    is_hit = _first(_is_hit(ids, count + 1), count)
    return elementwise.where(_over_rows(is_hit, folded.shape), folded, filled_like(folded, empty))


def _lowest(dtype: str) -> Any:
    return -math.inf if dtypes.is_float(dtype) else dtypes.limits(dtype)[0]


def _highest(dtype: str) -> Any:
    return math.inf if dtypes.is_float(dtype) else dtypes.limits(dtype)[1]


@op
def segment_max(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Tensor:
    """Largest elements of the rows of each segment; the type's lowest for one without rows.

    Arguments as for `segment_sum`.
    """
    del sorted  # sorted again: a stable sort of sorted ids is cheap
    rows, ids, count = _segments(data, segment_ids, num_segments, "segment_max")
    return _segment_fold("max", _lowest(rows.dtype), rows, ids, count)


@op
def segment_min(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Tensor:
    """Smallest elements of the rows of each segment; the type's highest for one without rows.

    Arguments as for `segment_sum`.
    """
    del sorted  # sorted again: a stable sort of sorted ids is cheap
    rows, ids, count = _segments(data, segment_ids, num_segments, "segment_min")
    return _segment_fold("min", _highest(rows.dtype), rows, ids, count)


@op
def segment_prod(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Tensor:
    """Products of the rows of each segment; 1 for one without rows.

    Arguments as for `segment_sum`.
    """
    del sorted  # sorted again: a stable sort of sorted ids is cheap
    rows, ids, count = _segments(data, segment_ids, num_segments, "segment_prod")
    return _segment_fold("mul", 1, rows, ids, count)
