"""Elements repeated, padded, shifted or masked by position: tile, pad, roll, triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import checks
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.dispatch import (
    broadcast,
    canonical_axis,
    concrete,
    convert,
    expand,
    op,
    sizes,
)
from trimtab.ops.layout import in_order, ravel, reshape, section
from trimtab.ops.reductions import sum as sum_of
from trimtab.primitives import elementwise, indexing, layout
from trimtab.primitives.source import filled, filled_like

_INDEX_MODES = ("reflect", "symmetric", "edge", "wrap")


@op
def tile(x: Any, repeats: Any) -> Tensor:
    """`x` put side by side `repeats` times along each axis; missing numbers in front count as 1."""
    tensor = convert(x)
    times = sizes(repeats)
    ndim = max(len(times), tensor.ndim)
    times = (1,) * (ndim - len(times)) + times
    shape = (1,) * (ndim - tensor.ndim) + tensor.shape
    # (repeat, dim) an axis: the repeats vary slower.
    paired = [d for dim in shape for d in (1, dim)]
    spread = [d for count, dim in zip(times, shape, strict=True) for d in (count, dim)]
    repeated = broadcast(reshape(tensor, paired), tuple(spread))
    return reshape(repeated, [count * dim for count, dim in zip(times, shape, strict=True)])


@op
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Each element repeated along `axis`, of the flattened tensor if None.

    Args:
        x: A tensor.
        repeats: How often: one number, or one an element of the axis.
        axis: The axis.

    Raises:
        ValueError: If `repeats` is traced, or of another length than the axis.
    """
    tensor = convert(x)
    if axis is None:
        tensor, axis = ravel(tensor), 0
    place = canonical_axis(axis, tensor.ndim, "repeat")
    counts = concrete(repeats, "repeat", "`repeats`").reshape(-1)
    dim = tensor.shape[place]
    if counts.size == 1:
        count = int(counts[0])
        wide = expand(tensor, (place + 1,))
        spread = broadcast(wide, (*wide.shape[: place + 1], count, *wide.shape[place + 2 :]))
        return reshape(spread, (*tensor.shape[:place], dim * count, *tensor.shape[place + 1 :]))
    if counts.size != dim:
        raise ValueError(f"repeat: `repeats` must be one number or {dim}; got {counts.size}")
    positions = np.repeat(np.arange(dim, dtype="int32"), counts)
    return indexing.gather(tensor, Array(positions), axis=place)


@op
def roll(x: Any, shift: Any, axis: Any = None) -> Tensor:
    """The elements moved on by `shift` along `axis`, the last ones to the front.

    Args:
        x: A tensor.
        shift: Places, negative towards the front; one number, or one an axis.
        axis: Axis or axes; the flattened tensor if None.
    """
    tensor = convert(x)
    if axis is None:
        return reshape(roll(ravel(tensor), shift, 0), tensor.shape)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = np.broadcast_to(concrete(shift, "roll", "`shift`"), (len(axes),))
    for number, a in zip(shifts.tolist(), axes, strict=True):
        place = canonical_axis(a, tensor.ndim, "roll")
        dim = tensor.shape[place]
        kept = dim - number % dim if dim else 0
        if 0 < kept < dim:
            parts = section(tensor, place, kept, dim), section(tensor, place, 0, kept)
            tensor = layout.concatenate(*parts, axis=place)
    return tensor


@op
def pad(
    x: Any, pad_width: Any, mode: str = "constant", constant_values: float | None = None
) -> Tensor:
    """`x` with elements added before and after each axis.

    Args:
        x: A tensor.
        pad_width: (before, after) an axis, one such pair for all, or one number.
        mode: "constant", "reflect" (without the edge), "symmetric" (with it), "edge" or "wrap".
        constant_values: The number added in mode "constant"; 0 if None.

    Raises:
        ValueError: For another mode, `constant_values` in another mode, or negative widths.
    """
    tensor = convert(x)
    widths = np.broadcast_to(concrete(pad_width, "pad", "`pad_width`"), (tensor.ndim, 2)).tolist()
    if mode == "constant":
        return _pad_constant(tensor, widths, constant_values)
    checks.choice("pad", "mode", mode, ("constant", *_INDEX_MODES))
    if constant_values is not None:
        raise ValueError(f"pad: `constant_values` belongs to mode 'constant'; got mode {mode!r}")
    for axis, (before, after) in enumerate(widths):
        if before or after:
            line = np.arange(tensor.shape[axis], dtype="int32")
            kind: Any = mode
            positions = np.pad(line, (before, after), kind)
            tensor = indexing.gather(tensor, Array(positions), axis=axis)
    return tensor


def _pad_constant(x: Tensor, widths: list[list[int]], number: Any) -> Tensor:
    low, high = tuple([w[0] for w in widths]), tuple([w[1] for w in widths])
    padded = layout.pad(x, low=low, high=high, interior=(0,) * x.ndim)
    if number is None or (isinstance(number, (int, float)) and number == 0):
        return padded
    # Chosen by position: adding the number to x and taking it off again would round x.
    inside = np.pad(np.ones(x.shape, bool), widths) if x.ndim else np.ones((), bool)
    outside = broadcast(convert(number, x.dtype), padded.shape)
    return elementwise.where(Array(inside), padded, outside)


def _kept(x: Tensor, mask: np.ndarray[Any, Any]) -> Tensor:
    """`x` where the mask of its last two axes holds, 0 elsewhere."""
    return elementwise.where(broadcast(Array(mask), x.shape), x, filled_like(x, 0))


@op
def tril(x: Any, k: int = 0) -> Tensor:
    """The lower triangle of the last two axes, up to diagonal `k`; 0 above."""
    tensor = matrices(x, "tril")
    return _kept(tensor, np.tri(tensor.shape[-2], tensor.shape[-1], k, dtype=bool))


@op
def triu(x: Any, k: int = 0) -> Tensor:
    """The upper triangle of the last two axes, from diagonal `k` on; 0 below."""
    tensor = matrices(x, "triu")
    return _kept(tensor, ~np.tri(tensor.shape[-2], tensor.shape[-1], k - 1, dtype=bool))


def matrices(x: Any, name: str) -> Tensor:
    """`x` as a tensor of two or more axes.

    Raises:
        ValueError: If it has fewer.
    """
    tensor = convert(x)
    checks.rank(name, "x", tensor.shape, 2)
    return tensor


@op
def diag(x: Any, k: int = 0) -> Tensor:
    """A square matrix with the vector `x` on diagonal `k`; or that diagonal of a matrix `x`.

    Raises:
        ValueError: If `x` has neither one axis nor two.
    """
    tensor = convert(x)
    checks.rank("diag", "x", tensor.shape, 1, 2)
    if tensor.ndim == 2:
        return diagonal(tensor, k)
    size = tensor.size + abs(k)
    # Row i of the matrix is element i - max(-k, 0), wherever the mask lets it through.
    low, high = max(-k, 0), size - tensor.size - max(-k, 0)
    rows = layout.pad(tensor, low=(low,), high=(high,), interior=(0,))
    spread = broadcast(expand(rows, (1,)), (size, size))
    return _kept(spread, np.eye(size, k=k, dtype=bool))


@op
def diagflat(x: Any, k: int = 0) -> Tensor:
    """A square matrix with the elements of `x`, flattened, on diagonal `k`."""
    return diag(ravel(x), k)


@op
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonal `offset` of two axes, as the last axis.

    Raises:
        ValueError: If `x` has fewer than two axes, or the axes are one.
    """
    tensor = matrices(x, "diagonal")
    first, second = (canonical_axis(a, tensor.ndim, "diagonal") for a in (axis1, axis2))
    if first == second:
        raise ValueError(f"diagonal: `axis1` and `axis2` must differ; got {axis1} and {axis2}")
    rest = tuple([a for a in range(tensor.ndim) if a not in (first, second)])
    moved = in_order(tensor, (*rest, first, second))
    rows, columns = moved.shape[-2:]
    lead = moved.shape[:-2]
    count = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    if count == 0:
        return filled((*lead, 0), 0, tensor.dtype)
    # In the flattened matrix, diagonal elements lie columns + 1 apart.
    start = offset if offset >= 0 else -offset * columns
    flat = layout.reshape(moved, shape=(*lead, rows * columns))
    zeros = (0,) * len(lead)
    stop = start + (count - 1) * (columns + 1) + 1
    return layout.slice_(
        flat,
        start=(*zeros, start),
        stop=(*lead, stop),
        stride=(*[1] * len(lead), columns + 1),
    )


@op
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Sum of the diagonal `offset` of two axes."""
    return sum_of(diagonal(x, offset, axis1, axis2), -1)


def _images(x: Any, block_size: int, data_format: str, name: str) -> Tensor:
    checks.choice(name, "data_format", data_format, ("channels_last", "channels_first"))
    if checks.whole(name, "block_size", block_size) < 2:
        raise ValueError(f"{name}: `block_size` must be at least 2; got {block_size}")
    tensor = convert(x)
    checks.rank(name, "x", tensor.shape, 4, 4)
    return tensor


@op
def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Channels laid out as blocks of pixels: (h, w, c) becomes (h*b, w*b, c / b**2).

    With channels last, the position in the block varies slowest among the channels; with channels
    first, fastest.

    Raises:
        ValueError: If the channels cannot be divided into blocks.
    """
    images, b = _images(x, block_size, data_format, "depth_to_space"), block_size
    is_last = data_format == "channels_last"
    n, h, w, c = images.shape if is_last else [images.shape[i] for i in (0, 2, 3, 1)]
    if c % (b * b):
        raise ValueError(f"depth_to_space: the channels must be divisible by {b}**2; got {c}")
    depth = c // (b * b)
    if is_last:
        mixed = in_order(reshape(images, (n, h, w, b, b, depth)), (0, 1, 3, 2, 4, 5))
        return reshape(mixed, (n, h * b, w * b, depth))
    mixed = in_order(reshape(images, (n, depth, b, b, h, w)), (0, 1, 4, 2, 5, 3))
    return reshape(mixed, (n, depth, h * b, w * b))


@op
def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Blocks of pixels laid out as channels, the inverse of `depth_to_space`.

    Raises:
        ValueError: If the image cannot be divided into blocks.
    """
    images, b = _images(x, block_size, data_format, "space_to_depth"), block_size
    is_last = data_format == "channels_last"
    n, h, w, c = images.shape if is_last else [images.shape[i] for i in (0, 2, 3, 1)]
    if h % b or w % b:
        raise ValueError(
            f"space_to_depth: height and width must be divisible by {b}; got {h} and {w}"
        )
    if is_last:
        mixed = in_order(reshape(images, (n, h // b, b, w // b, b, c)), (0, 1, 3, 2, 4, 5))
        return reshape(mixed, (n, h // b, w // b, b * b * c))
    mixed = in_order(reshape(images, (n, c, h // b, b, w // b, b)), (0, 1, 3, 5, 2, 4))
    return reshape(mixed, (n, c * b * b, h // b, w // b))
