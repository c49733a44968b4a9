"""Images read at places between their pixels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import checks, dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops.arithmetic import abs as abs_
from trimtab.ops.arithmetic import clip, floor, floor_divide, mod
from trimtab.ops.core import saturate_cast
from trimtab.ops.dispatch import broadcast_shape, convert, op
from trimtab.ops.image.axes import images_of
from trimtab.ops.layout import broadcast_to, moveaxis, reshape
from trimtab.ops.logic import logical_and, where
from trimtab.primitives import indexing

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
ORDERS = {"nearest": 0, "bilinear": 1}


def _rounded(x: Tensor) -> Tensor:
    """The nearest whole numbers, halves away from 0."""
    return where(x < 0, -floor(0.5 - x), floor(x + 0.5))


def _mirrored(index: Tensor, size: int) -> Tensor:
    span = size - 1
    return abs_(mod(index + span, 2 * span) - span) if span else index * 0


def _inside(index: Tensor, size: int, fill_mode: str) -> Tensor:
    """The pixel that stands for each index, which may lie outside of the axis."""
    if fill_mode == "wrap":
        return mod(index, size)
    if fill_mode == "mirror":
        return _mirrored(index, size)
    if fill_mode == "reflect":
        return floor_divide(_mirrored(2 * index + 1, 2 * size + 1) - 1, 2)
    return clip(index, 0, size - 1)


def _taps(
    coordinate: Tensor, size: int, order: int, fill_mode: str
) -> list[tuple[Tensor, Tensor | None, Tensor | None]]:
    """(pixel, weight, whether it lies in the image) of those that count along an axis."""
    if order == 0:
        found: list[tuple[Tensor, Tensor | None]] = [(_rounded(coordinate), None)]
    else:
        lower = floor(coordinate)
        rest = coordinate - lower
        found = [(lower, 1.0 - rest), (lower + 1.0, rest)]
    taps = []
    for place, weight in found:
        index = convert(place, "int32")
        known = None
        if fill_mode == "constant":
            known = logical_and(index >= 0, index < size)
        taps.append((_inside(index, size, fill_mode), weight, known))
    return taps


def _product(parts: Sequence[Tensor | None], combine: Any) -> Tensor | None:
    result = None
    for part in parts:
        if part is not None:
            result = part if result is None else combine(result, part)
    return result


def sampled(
    rows: Tensor,
    sizes: Sequence[int],
    coordinates: Sequence[Tensor],
    order: int,
    fill_mode: str,
    fill_value: Any,
    first_row: Any = 0,
) -> Tensor:
    """What stands at `coordinates`: nearest pixels, or linear between pixels.

    Args:
        rows: `(pixels, channels)`, the pixels of all axes in one line.
        sizes: Pixels along each axis.
        coordinates: One tensor an axis, all of one shape.
        order: 0 for the nearest pixel, 1 for linear interpolation.
        fill_mode: One of `FILL_MODES`.
        fill_value: What stands outside of the image where that is "constant".
        first_row: Number of each image's first row.

    Returns:
        A tensor of the coordinates' shape and the channels.
    """
    taps = [_taps(c, n, order, fill_mode) for c, n in zip(coordinates, sizes, strict=True)]
    outputs = []
    for corner in itertools.product(*taps):
        position: Any = first_row
        for (index, _, _), stride in zip(corner, _strides(sizes), strict=True):
            position = position + index * stride
        value = indexing.gather(rows, convert(position, "int32"), axis=0)
        known = _product([tap[2] for tap in corner], logical_and)
        if known is not None:
            value = where(reshape(known, (*known.shape, 1)), value, fill_value)
        weight = _product([tap[1] for tap in corner], lambda a, b: a * b)
        outputs.append(value if weight is None else value * reshape(weight, (*weight.shape, 1)))
    total = outputs[0]
    for output in outputs[1:]:
        total = total + output
    return total


def _strides(sizes: Sequence[int]) -> list[int]:
    return [math.prod(sizes[i + 1 :]) for i in range(len(sizes))]


def _working(x: Tensor) -> Tensor:
    return convert(x, "float64" if x.dtype == "float64" else "float32")


def _finished(x: Tensor, dtype: str, order: int) -> Tensor:
    if x.dtype == dtype or dtypes.is_float(dtype):
        return convert(x, dtype)
    return saturate_cast(_rounded(x) if order else x, dtype)


@op
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images whose pixel (x, y) is read at ((a0 x + a1 y + a2) / k, (a3 x + a4 y + a5) / k).

    There k = a6 x + a7 y + 1.

    Args:
        images: One image or a batch.
        transform: a0 to a7, `(batch, 8)`, or `(8,)` for one image.
        interpolation: "bilinear" or "nearest".
        fill_mode: What stands outside of the images: "constant", "nearest" (the edge), "wrap",
            "mirror" (at the outer pixels' centres) or "reflect" (at their outer edges).
        fill_value: The constant.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Raises:
        ValueError: If an argument is none of those, or the transforms do not fit the images.

    Source: Keras 3 `keras.ops.image.affine_transform` as documented; its JAX backend leaves the
        projection out and moves channels by a6 and a7 instead.
    """
    owner = "affine_transform"
    checks.choice(owner, "interpolation", interpolation, tuple(ORDERS))
    checks.choice(owner, "fill_mode", fill_mode, FILL_MODES)
    tensor, axes = images_of(owner, images, data_format)
    matrix = _working(convert(transform))
    is_single = tensor.ndim == 3
    wanted = (8,) if is_single else (tensor.shape[0], 8)
    if tuple(matrix.shape) != wanted:
        raise ValueError(
            f"{owner}: `transform` must have shape {wanted} for images of shape "
            f"{tuple(tensor.shape)}; got {tuple(matrix.shape)}"
        )
    if is_single:
        tensor, matrix = reshape(tensor, (1, *tensor.shape)), reshape(matrix, (1, 8))
    if axes.channels == -3:
        tensor = moveaxis(tensor, 1, -1)
    count, height, width, channels = tensor.shape
    x = np.arange(width, dtype="float32").reshape(1, 1, width)
    y = np.arange(height, dtype="float32").reshape(1, height, 1)
    a = [reshape(matrix[:, i], (count, 1, 1)) for i in range(8)]
    depth = a[6] * x + a[7] * y + 1.0
    columns, rows = (a[0] * x + a[1] * y + a[2]) / depth, (a[3] * x + a[4] * y + a[5]) / depth
    order, dtype = ORDERS[interpolation], tensor.dtype
    pixels = reshape(_working(tensor), (count * height * width, channels))
    first = (np.arange(count, dtype="int32") * (height * width)).reshape(count, 1, 1)
    warped = sampled(pixels, (height, width), (rows, columns), order, fill_mode, fill_value, first)
    warped = _finished(warped, dtype, order)
    if axes.channels == -3:
        warped = moveaxis(warped, -1, 1)
    return warped[0] if is_single else warped


@op
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Tensor:
    """What stands in a tensor at coordinates that need not be whole.

    Args:
        inputs: The tensor.
        coordinates: For each of its axes, a tensor of places along it; all of one shape.
        order: 0 for the nearest element, 1 for linear interpolation.
        fill_mode: As for `affine_transform`.
        fill_value: As for `affine_transform`.

    Returns:
        A tensor of the shape of the places.

    Raises:
        ValueError: If an argument is none of those.
    """
    owner = "map_coordinates"
    checks.choice(owner, "order", order, (0, 1))
    checks.choice(owner, "fill_mode", fill_mode, FILL_MODES)
    tensor = convert(inputs)
    places = [_working(convert(c)) for c in coordinates]
    if len(places) != tensor.ndim:
        raise ValueError(
            f"{owner}: `coordinates` must have one entry for each of the {tensor.ndim} axes of "
            f"`inputs`; got {len(places)}"
        )
    shape = broadcast_shape([tuple(p.shape) for p in places], owner)
    places = [broadcast_to(p, shape) for p in places]
    pixels = reshape(_working(tensor), (-1, 1))
    found = sampled(pixels, tensor.shape, places, order, fill_mode, fill_value)
    return _finished(reshape(found, shape), tensor.dtype, order)
