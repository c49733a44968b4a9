"""Subscripts, `x[key]`, as NumPy reads them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from trimtab.ir.graph import Recorded, Value
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.dispatch import broadcast, broadcast_shape, concrete, convert, op
from trimtab.ops.indexing import flat_positions, gather_where, positions
from trimtab.ops.layout import in_order, reshape
from trimtab.primitives import layout


@op
def get_item(x: Any, key: Any) -> Tensor:
    """`x[key]` for whole numbers, slices, Ellipsis, None, and tensors, arrays or lists of indices.

    Index tensors are combined and placed as NumPy does. A boolean mask must be concrete.

    Raises:
        IndexError: If there are too many indices, or a concrete one lies outside its axis.
        ValueError: If a mask is traced, so that the size of the result is not known.
    """
    tensor = convert(x)
    keys = key if isinstance(key, tuple) else (key,)
    keys = tuple([k.as_tensor() if isinstance(k, Tensor) else k for k in keys])
    if isinstance(tensor, Array) and not any(type(k) is Value for k in keys):
        plain = tuple([k.array if isinstance(k, (Array, Recorded)) else k for k in keys])
        return Array(np.asarray(tensor.array[plain]))
    return _subscript(tensor, _complete(keys, tensor.ndim))


class _Range(NamedTuple):
    """A slice of an axis: first, last + 1, step (positive), read backwards or not, elements."""

    start: int
    stop: int
    step: int
    is_reversed: bool
    size: int


def _complete(keys: tuple[Any, ...], ndim: int) -> list[Any]:
    """The keys with masks as index tensors, and a slice for each axis that none names."""
    listed: list[Any] = []
    for key in keys:
        if key is None or key is Ellipsis or isinstance(key, slice):
            listed.append(key)
            continue
        if isinstance(key, bool):
            raise IndexError(f"Tensor: a single bool cannot be an index; got {key}")
        if isinstance(key, (int, np.integer)):
            listed.append(int(key))
            continue
        tensor = convert(key)
        if tensor.dtype == "bool":
            mask = concrete(tensor, "Tensor", "a boolean mask, on which the result's size depends,")
            listed.extend(Array(found.astype("int32")) for found in np.nonzero(mask))
        else:
            listed.append(positions(tensor, "Tensor"))
    used = sum(key is not None and key is not Ellipsis for key in listed)
    if used > ndim:
        raise IndexError(f"Tensor: at most {ndim} indices for {ndim} axes; got {used}")
    places = [i for i, key in enumerate(listed) if key is Ellipsis]
    if len(places) > 1:
        raise IndexError("Tensor: an index can only have one Ellipsis ('...'); got more")
    place = places[0] if places else len(listed)
    rest = listed[place + 1 :]
    return [*listed[:place], *[slice(None)] * (ndim - used), *rest]


def _range(key: slice, dim: int) -> _Range:
    start, stop, step = key.indices(dim)
    count = len(range(start, stop, step))
    if count == 0:
        return _Range(0, 0, 1, False, 0)
    last = start + (count - 1) * step
    low, high = min(start, last), max(start, last)
    return _Range(low, high + 1, abs(step), step < 0, count)


def _subscript(x: Tensor, keys: list[Any]) -> Tensor:
    is_advanced = any(isinstance(key, Tensor) for key in keys)
    ranges: list[_Range] = []
    for key in keys:
        if key is None:
            continue
        dim = x.shape[len(ranges)]
        if isinstance(key, slice):
            ranges.append(_range(key, dim))
        elif isinstance(key, int) and not is_advanced:
            at = key + dim if key < 0 else key
            if not 0 <= at < dim:
                raise IndexError(
                    f"Tensor: index must lie in [{-dim}, {dim}) on axis {len(ranges)}; got {key}"
                )
            ranges.append(_Range(at, at + 1, 1, False, 1))
        else:
            ranges.append(_Range(0, dim, 1, False, dim))
    x = _cut(x, ranges)
    if is_advanced:
        return _gather(x, keys)
    shape: list[int] = []
    sizes = iter(ranges)
    for key in keys:
        if key is None:
            shape.append(1)
        elif isinstance(key, slice):
            shape.append(next(sizes).size)
        else:
            next(sizes)
    return reshape(x, shape)


def _cut(x: Tensor, ranges: list[_Range]) -> Tensor:
    if any(r.size != dim or r.step != 1 for r, dim in zip(ranges, x.shape, strict=True)):
        x = layout.slice_(
            x,
            start=tuple([r.start for r in ranges]),
            stop=tuple([r.stop for r in ranges]),
            stride=tuple([r.step for r in ranges]),
        )
    flipped = tuple([axis for axis, r in enumerate(ranges) if r.is_reversed])
    return layout.flip(x, axes=flipped) if flipped else x


def _gather(x: Tensor, keys: list[Any]) -> Tensor:
    """Index tensors applied to their axes together; a whole number counts as one."""
    places = [i for i, key in enumerate(keys) if isinstance(key, (int, Tensor))]
    axis_of = {i: sum(key is not None for key in keys[:i]) for i in range(len(keys))}
    axes = [axis_of[i] for i in places]
    indices = [convert(keys[i], "int32" if isinstance(keys[i], int) else None) for i in places]
    shape = broadcast_shape([i.shape for i in indices], "Tensor")
    indices = [broadcast(i, shape) for i in indices]
    # Neighbouring index tensors leave their axes in place; separated ones move to the front.
    together = places[-1] - places[0] + 1 == len(places)
    front = axes[0] if together else 0
    others = [a for a in range(x.ndim) if a not in axes]
    moved = in_order(x, (*others[:front], *axes, *others[front:]))
    dims = [x.shape[a] for a in axes]
    merged = reshape(
        moved, (*moved.shape[:front], math.prod(dims), *moved.shape[front + len(axes) :])
    )
    kind = "int64" if any(i.dtype == "int64" for i in indices) else "int32"
    flat, inside = flat_positions([convert(i, kind) for i in indices], dims, "Tensor")
    found = gather_where(merged, flat, inside, front)
    result: list[int] = [] if together else [*shape]
    for i, key in enumerate(keys):
        if key is None:
            result.append(1)
        elif isinstance(key, slice):
            result.append(x.shape[axis_of[i]])
        elif together and i == places[0]:
            result.extend(shape)
    return reshape(found, result)
