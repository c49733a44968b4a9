"""The same elements in another shape or order: reshape, transpose, join, split."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import checks
from trimtab.ir.tensor import Tensor
from trimtab.ops.dispatch import (
    broadcast,
    canonical_axes,
    canonical_axis,
    common_type,
    convert,
    expand,
    op,
    sizes,
)
from trimtab.primitives import layout


@op
def reshape(x: Any, newshape: Any) -> Tensor:
    """The same elements, in order, in another shape; one size may be -1.

    Raises:
        ValueError: If the number of elements differs.
    """
    tensor = convert(x)
    shape = sizes(newshape)
    if -1 in shape:
        known = math.prod([dim for dim in shape if dim != -1])
        if shape.count(-1) > 1 or not known or tensor.size % known:
            raise ValueError(f"reshape: cannot bring shape {tensor.shape} to {tuple(shape)}")
        shape = tuple([tensor.size // known if dim == -1 else dim for dim in shape])
    if shape == tensor.shape:
        return tensor
    return layout.reshape(tensor, shape=shape)


@op
def ravel(x: Any) -> Tensor:
    """The elements, in order, along one axis."""
    return reshape(x, (-1,)) if convert(x).size else reshape(x, (0,))


@op
def transpose(x: Any, axes: Any = None) -> Tensor:
    """The axes in the order `axes`, reversed if None."""
    tensor = convert(x)
    if axes is None:
        order = tuple(range(tensor.ndim))[::-1]
    else:
        order = tuple([canonical_axis(a, tensor.ndim, "transpose") for a in axes])
    return in_order(tensor, order)


def in_order(x: Tensor, order: tuple[int, ...]) -> Tensor:
    """`x` with its axes in `order`; `x` itself if they are already."""
    return x if order == tuple(range(x.ndim)) else layout.transpose(x, axes=order)


@op
def moveaxis(x: Any, source: Any, destination: Any) -> Tensor:
    """The axes `source` at the places `destination`, the others in their order.

    Raises:
        ValueError: If there are not as many places as axes, or one is named twice.
    """
    tensor = convert(x)
    listed = [a if isinstance(a, (tuple, list)) else (a,) for a in (source, destination)]
    origin = [canonical_axis(a, tensor.ndim, "moveaxis") for a in listed[0]]
    target = [canonical_axis(a, tensor.ndim, "moveaxis") for a in listed[1]]
    if (
        len(origin) != len(target)
        or len(set(origin)) < len(origin)
        or len(set(target)) < len(target)
    ):
        raise ValueError(
            "moveaxis: `source` and `destination` must name as many axes, each once; got "
            f"{source} and {destination}"
        )
    order = [a for a in range(tensor.ndim) if a not in origin]
    for place, axis in sorted(zip(target, origin, strict=True)):
        order.insert(place, axis)
    return in_order(tensor, tuple(order))


@op
def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    tensor = convert(x)
    order = list(range(tensor.ndim))
    first, second = (canonical_axis(a, tensor.ndim, "swapaxes") for a in (axis1, axis2))
    order[first], order[second] = second, first
    return in_order(tensor, tuple(order))


@op
def expand_dims(x: Any, axis: Any) -> Tensor:
    """An axis of size 1 put in at `axis` (several, if a tuple)."""
    tensor = convert(x)
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    return expand(tensor, canonical_axes(listed, tensor.ndim + len(listed), "expand_dims"))


@op
def squeeze(x: Any, axis: Any = None) -> Tensor:
    """Without the axes of size 1: all, or those that `axis` names.

    Raises:
        ValueError: If a named axis has another size.
    """
    tensor = convert(x)
    if axis is None:
        axes = tuple([i for i, dim in enumerate(tensor.shape) if dim == 1])
    else:
        axes = canonical_axes(axis, tensor.ndim, "squeeze")
    if not axes:
        return tensor
    for a in axes:
        if tensor.shape[a] != 1:
            raise ValueError(f"squeeze: axis {a} must have size 1; got shape {tensor.shape}")
    kept = tuple([dim for i, dim in enumerate(tensor.shape) if i not in axes])
    return layout.reshape(tensor, shape=kept)


@op
def broadcast_to(x: Any, shape: Any) -> Tensor:
    """`x` repeated to `shape` by NumPy's rules."""
    return broadcast(convert(x), sizes(shape))


@op
def concatenate(xs: Any, axis: int | None = 0) -> Tensor:
    """The tensors one after another along an existing axis; all flattened first if `axis` is None.

    Raises:
        ValueError: If there is no tensor, or their shapes differ on another axis.
    """
    tensors = _promoted(xs, "concatenate")
    if axis is None:
        return layout.concatenate(*[ravel(t) for t in tensors], axis=0)
    return layout.concatenate(*tensors, axis=canonical_axis(axis, tensors[0].ndim, "concatenate"))


def _promoted(xs: Sequence[Any], name: str) -> list[Tensor]:
    parts = xs if isinstance(xs, (list, tuple)) else list(xs)
    if not parts:
        raise ValueError(f"{name}: needs at least one tensor; got none")
    dtype = common_type(*parts)
    return [convert(x, dtype) for x in parts]


@op
def stack(x: Any, axis: int = 0) -> Tensor:
    """The tensors, of one shape, along a new axis.

    Raises:
        ValueError: If there is no tensor, or their shapes differ.
    """
    tensors = _promoted(x, "stack")
    shapes = {t.shape for t in tensors}
    if len(shapes) > 1:
        raise ValueError(f"stack: the tensors must have one shape; got {sorted(shapes)}")
    place = canonical_axis(axis, tensors[0].ndim + 1, "stack")
    return layout.concatenate(*[expand(t, (place,)) for t in tensors], axis=place)


def _at_least(ndim: int, x: Any) -> Tensor:
    """`x` with axes of size 1 in front, up to `ndim` axes."""
    tensor = convert(x)
    return expand(tensor, range(ndim - tensor.ndim)) if tensor.ndim < ndim else tensor


@op
def hstack(xs: Any) -> Tensor:
    """The tensors side by side: along the second axis, vectors along their only one."""
    tensors = [_at_least(1, t) for t in xs]
    return concatenate(tensors, 0 if tensors and tensors[0].ndim == 1 else 1)


@op
def vstack(xs: Any) -> Tensor:
    """The tensors one above another: along the first axis, vectors as rows."""
    return concatenate([_at_least(2, t) for t in xs], 0)


@op
def dstack(xs: Any) -> Tensor:
    """The tensors one behind another: along the third axis, vectors as rows of shape (1, n, 1)."""
    deep = []
    for x in xs:
        tensor = _at_least(2, x)
        deep.append(expand(tensor, (2,)) if tensor.ndim == 2 else tensor)
    return concatenate(deep, 2)


@op
def append(x1: Any, x2: Any, axis: int | None = None) -> Tensor:
    """x1 and then x2 along `axis`, both flattened if None."""
    return concatenate([x1, x2], axis)


def _cut(x: Tensor, axis: int, bounds: Sequence[int]) -> list[Tensor]:
    return [section(x, axis, low, high) for low, high in zip(bounds, bounds[1:], strict=False)]


def section(x: Tensor, axis: int, start: int, stop: int) -> Tensor:
    """Elements `start` to `stop` (excluded, within the axis) along `axis`."""
    dim = x.shape[axis]
    low, high = min(start, dim), min(max(start, stop), dim)
    if low == 0 and high == dim:
        return x
    starts, stops = [0] * x.ndim, list(x.shape)
    starts[axis], stops[axis] = low, high
    return layout.slice_(x, start=tuple(starts), stop=tuple(stops), stride=(1,) * x.ndim)


@op
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Pieces along `axis`: so many equal ones, or cut before the given indices.

    Raises:
        ValueError: If the axis cannot be divided into so many equal pieces.
    """
    tensor = convert(x)
    place = canonical_axis(axis, tensor.ndim, "split")
    dim = tensor.shape[place]
    if isinstance(indices_or_sections, (int, np.integer)):
        count = int(indices_or_sections)
        if count < 1 or dim % count:
            raise ValueError(
                f"split: axis {axis} of size {dim} must be divisible by the number of pieces; "
                f"got {count}. Use array_split for pieces of unequal size."
            )
        return _cut(tensor, place, range(0, dim + 1, dim // count) if dim else [0] * (count + 1))
    return _cut(tensor, place, _bounds(indices_or_sections, dim))


def _bounds(indices: Any, dim: int) -> list[int]:
    inner = [int(i) for i in np.asarray(indices).reshape(-1)]
    return [0, *[max(i + dim, 0) if i < 0 else min(i, dim) for i in inner], dim]


@op
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """As `split`, but the first pieces are one longer where the axis cannot be divided evenly."""
    tensor = convert(x)
    place = canonical_axis(axis, tensor.ndim, "array_split")
    dim = tensor.shape[place]
    if not isinstance(indices_or_sections, (int, np.integer)):
        return _cut(tensor, place, _bounds(indices_or_sections, dim))
    count = int(indices_or_sections)
    if count < 1:
        raise ValueError(f"array_split: needs one or more pieces; got {count}")
    short, longer = divmod(dim, count)
    bounds = [0]
    for number in range(count):
        bounds.append(bounds[-1] + short + (number < longer))
    return _cut(tensor, place, bounds)


@op
def hsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """Pieces along the second axis, of a vector along its only one; see `split`."""
    tensor = convert(x)
    return split(tensor, indices_or_sections, 0 if tensor.ndim == 1 else 1)


@op
def vsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """Pieces along the first axis; see `split`."""
    return split(x, indices_or_sections, 0)


@op
def dsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """Pieces along the third axis; see `split`."""
    return split(x, indices_or_sections, 2)


@op
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """The slices along `axis`, without that axis.

    Raises:
        ValueError: If `num` is given and is not the axis's size.
    """
    tensor = convert(x)
    place = canonical_axis(axis, tensor.ndim, "unstack")
    dim = tensor.shape[place]
    if num is not None and num != dim:
        raise ValueError(f"unstack: `num` must be the size {dim} of axis {axis}; got {num}")
    return [squeeze(section(tensor, place, i, i + 1), place) for i in range(dim)]


@op
def flip(x: Any, axis: Any = None) -> Tensor:
    """The elements in reverse order along `axis` (all axes if None)."""
    tensor = convert(x)
    axes = canonical_axes(axis, tensor.ndim, "flip")
    return layout.flip(tensor, axes=axes) if axes else tensor


@op
def flipud(x: Any) -> Tensor:
    """The elements in reverse order along the first axis."""
    return flip(x, 0)


@op
def fliplr(x: Any) -> Tensor:
    """The elements in reverse order along the second axis."""
    return flip(x, 1)


@op
def rot90(array: Any, k: int = 1, axes: Any = (0, 1)) -> Tensor:
    """The plane of `axes` turned by `k` quarter turns, from the first axis towards the second.

    Raises:
        ValueError: If `axes` are not two different axes.
    """
    tensor = convert(array)
    if len(axes) != 2:
        raise ValueError(f"rot90: `axes` must be two axes; got {axes}")
    first, second = (canonical_axis(a, tensor.ndim, "rot90") for a in axes)
    if first == second:
        raise ValueError(f"rot90: `axes` must be two different axes; got {axes}")
    turns = k % 4
    if turns == 0:
        return tensor
    if turns == 2:
        return flip(tensor, (first, second))
    if turns == 1:
        return swapaxes(flip(tensor, second), first, second)
    return flip(swapaxes(tensor, first, second), second)


@op
def meshgrid(*x: Any, indexing: str = "xy") -> list[Tensor]:
    """Coordinate tensors of the grid that vectors span.

    Args:
        x: One vector an axis.
        indexing: "xy" puts the first vector along the second axis, "ij" along the first.

    Raises:
        ValueError: For another `indexing`.
    """
    checks.choice("meshgrid", "indexing", indexing, ("xy", "ij"))
    vectors = [reshape(v, (-1,)) for v in x]
    places = list(range(len(vectors)))
    if indexing == "xy" and len(places) > 1:
        places[:2] = [1, 0]
    full = [0] * len(vectors)
    for vector, place in zip(vectors, places, strict=True):
        full[place] = vector.size
    grids = []
    for vector, place in zip(vectors, places, strict=True):
        line = tuple([vector.size if i == place else 1 for i in range(len(places))])
        grids.append(broadcast(layout.reshape(vector, shape=line), tuple(full)))
    return grids
