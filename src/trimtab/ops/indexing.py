"""Elements by index: take, slices, and tensors written by index."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import Recorded
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.dispatch import (
    broadcast,
    broadcast_shape,
    canonical_axis,
    concrete,
    convert,
    op,
    sizes,
)
from trimtab.ops.layout import ravel, reshape, section, unstack
from trimtab.primitives import elementwise, indexing, layout
from trimtab.primitives.source import filled, filled_like

_INDEX_TYPES = ("int32", "int64")


def positions(indices: Any, name: str) -> Tensor:
    """`indices` as int32 or int64.

    Raises:
        ValueError: If they are floats or bools.
    """
    tensor = convert(indices)
    if tensor.dtype in _INDEX_TYPES:
        return tensor
    if not dtypes.is_integer(tensor.dtype):
        raise ValueError(f"{name}: indices must be whole numbers; got dtype {tensor.dtype}")
    return elementwise.cast(
        tensor, dtype="int64" if tensor.dtype in ("uint32", "uint64") else "int32"
    )


def wrapped(indices: Tensor, size: int, name: str) -> tuple[Tensor, Tensor | None]:
    """(indices counted from the front, mask of those inside the axis).

    The mask is None where all are known to be inside.

    Raises:
        IndexError: If a concrete index lies outside the axis.
    """
    if isinstance(indices, (Array, Recorded)):
        array = indices.array
        outside = (array < -size) | (array >= size)
        if outside.any():
            raise IndexError(
                f"{name}: indices must lie in [{-size}, {size}) for an axis of size {size}; "
                f"got {array[outside].flat[0]}"
            )
        return Array(np.where(array < 0, array + array.dtype.type(size), array)), None
    is_negative = elementwise.less(indices, filled_like(indices, 0))
    shifted = elementwise.add(indices, filled_like(indices, size))
    counted = elementwise.where(is_negative, shifted, indices)
    inside = elementwise.logical_and(
        elementwise.greater_equal(counted, filled_like(counted, 0)),
        elementwise.less(counted, filled_like(counted, size)),
    )
    return counted, inside


def _marker(dtype: str) -> Any:
    """What stands for an element that does not exist, as in JAX: NaN, or a limit of the type."""
    if dtypes.is_float(dtype):
        return math.nan
    low, high = dtypes.limits(dtype)
    return low if dtype in dtypes.SIGNED else high


def gather_where(x: Tensor, indices: Tensor, inside: Tensor | None, axis: int) -> Tensor:
    """Elements at `indices` along `axis`, the type's marker where they are not `inside`."""
    found = indexing.gather(x, indices, axis=axis)
    if inside is None:
        return found
    line = reshape(inside, (*inside.shape, *[1] * (x.ndim - axis - 1)))
    return elementwise.where(
        broadcast(line, found.shape), found, filled_like(found, _marker(x.dtype))
    )


@op
def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Elements at `indices` along `axis`, of the flattened tensor if None.

    Negative indices count from the end. In a traced step, where an index outside the axis cannot be
    refused, it gives NaN (an integer type's lowest number).

    Raises:
        IndexError: If a concrete index lies outside the axis.
    """
    tensor, wanted = convert(x), positions(indices, "take")
    if axis is None:
        tensor, axis = ravel(tensor), 0
    place = canonical_axis(axis, tensor.ndim, "take")
    counted, inside = wrapped(wanted, tensor.shape[place], "take")
    return gather_where(tensor, counted, inside, place)


@op
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Elements at `indices` along `axis`, position by position in the other axes.

    Raises:
        IndexError: If a concrete index lies outside the axis; in a traced step see `take`.
    """
    tensor, wanted = convert(x), positions(indices, "take_along_axis")
    if axis is None:
        return take(tensor, ravel(wanted))
    if tensor.ndim != wanted.ndim:
        raise ValueError(
            f"take_along_axis: `indices` must have the {tensor.ndim} axes of `x`; got {wanted.ndim}"
        )
    place = canonical_axis(axis, tensor.ndim, "take_along_axis")
    own = [(*t.shape[:place], 1, *t.shape[place + 1 :]) for t in (tensor, wanted)]
    shared = broadcast_shape(own, "take_along_axis")
    source = broadcast(tensor, (*shared[:place], tensor.shape[place], *shared[place + 1 :]))
    wanted = broadcast(wanted, (*shared[:place], wanted.shape[place], *shared[place + 1 :]))
    counted, inside = wrapped(wanted, source.shape[place], "take_along_axis")
    found = along_axis(source, counted, place)
    if inside is None:
        return found
    return elementwise.where(inside, found, filled_like(found, _marker(found.dtype)))


def along_axis(x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """`take_along_axis` of shapes that agree on all other axes; indices are moved inside."""
    dim = x.shape[axis]
    # Position = base of the row + index * stride: an index outside must not leave its row.
    kept = elementwise.minimum(
        elementwise.maximum(indices, filled_like(indices, 0)), filled_like(indices, dim - 1)
    )
    stride = math.prod(x.shape[axis + 1 :])
    kind = "int64" if x.size > 2**31 - 1 else indices.dtype
    base = np.zeros(indices.shape, kind)
    step = 1
    for i in range(x.ndim - 1, -1, -1):
        if i != axis:
            line = np.arange(indices.shape[i], dtype=kind) * step
            base = base + line.reshape([-1 if j == i else 1 for j in range(x.ndim)])
        step *= x.shape[i]
    if kind != kept.dtype:
        kept = elementwise.cast(kept, dtype=kind)
    flat = elementwise.add(elementwise.multiply(kept, filled_like(kept, stride)), Array(base))
    return indexing.gather(layout.reshape(x, shape=(x.size,)), flat, axis=0)


def flat_positions(
    indices: Sequence[Tensor], shape: Sequence[int], name: str
) -> tuple[Tensor, Tensor | None]:
    """(row-major position, mask of those inside) of index tensors, one for each axis of `shape`."""
    position: Tensor | None = None
    valid: Tensor | None = None
    for index, dim in zip(indices, shape, strict=True):
        counted, inside = wrapped(index, dim, name)
        if inside is not None:
            valid = inside if valid is None else elementwise.logical_and(valid, inside)
        if position is None:
            position = counted
        else:
            rows = elementwise.multiply(position, filled_like(position, dim))
            position = elementwise.add(rows, counted)
    if position is None:
        raise ValueError(f"{name}: needs at least one index")
    return position, valid


@op
def slice(inputs: Any, start_indices: Any, shape: Any) -> Tensor:
    """A block of `inputs`.

    Args:
        inputs: A tensor.
        start_indices: First index on each axis; it is moved back where the block would not fit.
        shape: Size of the block on each axis; -1 for all that remain.
    """
    tensor = convert(inputs)
    starts = _starts(start_indices, tensor.ndim, "slice")
    wanted = sizes(shape)
    if len(wanted) != tensor.ndim:
        raise ValueError(f"slice: `shape` must have {tensor.ndim} entries; got {wanted}")
    for axis, (start, count) in enumerate(zip(starts, wanted, strict=True)):
        dim = tensor.shape[axis]
        if count == -1:
            count = dim - int(concrete(start, "slice", "the start beside a size of -1"))
        if not 0 <= count <= dim:
            raise ValueError(f"slice: size {count} does not fit axis {axis} of size {dim}")
        if isinstance(start, (Array, Recorded)):
            low = min(max(int(start.array), 0), dim - count)
            tensor = section(tensor, axis, low, low + count)
        elif count < dim:
            tensor = indexing.gather(tensor, _run(start, count, dim), axis=axis)
    return tensor


def _starts(start_indices: Any, ndim: int, name: str) -> list[Tensor]:
    if isinstance(start_indices, (tuple, list)):
        starts = [positions(s, name) for s in start_indices]
    else:
        tensor = positions(start_indices, name)
        starts = unstack(tensor) if tensor.ndim else [tensor]
    if len(starts) != ndim:
        raise ValueError(f"{name}: `start_indices` must have {ndim} entries; got {len(starts)}")
    return starts


def _run(start: Tensor, count: int, dim: int) -> Tensor:
    """Indices start, start + 1, ... of a block that fits the axis."""
    scalar = reshape(start, (1,))
    low = elementwise.maximum(scalar, filled_like(scalar, 0))
    low = elementwise.minimum(low, filled_like(scalar, dim - count))
    offsets = Array(np.arange(count, dtype=start.dtype))
    return elementwise.add(broadcast(low, (count,)), offsets)


@op
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Tensor:
    """`inputs` with a block replaced by `updates`.

    Args:
        inputs: A tensor.
        start_indices: Where the block begins on each axis; moved back where it would not fit.
        updates: The block, with as many axes.
    """
    tensor = convert(inputs)
    block = convert(updates, tensor.dtype)
    starts = _starts(start_indices, tensor.ndim, "slice_update")
    if block.ndim != tensor.ndim or any(
        b > d for b, d in zip(block.shape, tensor.shape, strict=True)
    ):
        raise ValueError(
            f"slice_update: `updates` must fit into `inputs` of shape {tensor.shape}; got shape "
            f"{block.shape}"
        )
    inside: Tensor = filled(tensor.shape, True, "bool")
    for axis, start in enumerate(starts):
        count, dim = block.shape[axis], tensor.shape[axis]
        if count == 0:
            return tensor
        first = _run(start, 1, dim - count + 1)
        offsets = elementwise.subtract(
            Array(np.arange(dim, dtype=start.dtype)), broadcast(first, (dim,))
        )
        block = indexing.gather(block, offsets, axis=axis)
        covered = elementwise.logical_and(
            elementwise.greater_equal(offsets, filled_like(offsets, 0)),
            elementwise.less(offsets, filled_like(offsets, count)),
        )
        line = reshape(covered, tuple([dim if i == axis else 1 for i in range(tensor.ndim)]))
        inside = elementwise.logical_and(inside, broadcast(line, tensor.shape))
    return elementwise.where(inside, block, tensor)


@op
def unravel_index(indices: Any, shape: Any) -> tuple[Tensor, ...]:
    """The places of flat indices, one tensor for each axis of `shape`.

    Args:
        indices: Whole numbers; negative ones count from the end, those outside are moved to the
            nearest inside.
        shape: The sizes of the axes.

    Raises:
        ValueError: If `indices` are no whole numbers.
    """
    wanted = convert(indices)
    if not dtypes.is_integer(wanted.dtype):
        raise ValueError(f"unravel_index: `indices` must be whole numbers; got {wanted.dtype}")
    lengths = sizes(shape)
    count = math.prod(lengths)
    rest = positions(wanted, "unravel_index")
    zero, last = filled_like(rest, 0), filled_like(rest, count - 1)
    is_negative = elementwise.less(rest, zero)
    from_end = elementwise.add(rest, filled_like(rest, count))
    rest = elementwise.where(is_negative, from_end, rest)
    rest = elementwise.minimum(elementwise.maximum(rest, zero), last)
    places = []
    for length in reversed(lengths):
        size = filled_like(rest, length)
        places.append(convert(elementwise.remainder(rest, size), wanted.dtype))
        rest = elementwise.floor_divide(rest, size)
    return tuple(reversed(places))
