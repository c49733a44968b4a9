"""Images made larger or smaller."""

from __future__ import annotations

from typing import Any

from trimtab import checks, dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops.arithmetic import round as round_
from trimtab.ops.core import saturate_cast
from trimtab.ops.dispatch import convert, op
from trimtab.ops.image.axes import Axes, images_of
from trimtab.ops.image.interpolation import nearest_pixels, resizing_weights
from trimtab.ops.indexing import take
from trimtab.ops.layout import reshape
from trimtab.ops.linear_algebra import matmul
from trimtab.ops.repetition import pad

INTERPOLATIONS = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic")


@op
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Images of `size`; integers are rounded and kept in the range of their type.

    Args:
        images: One image or a batch.
        size: (rows, columns) of the result.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        antialias: Whether a smaller image averages over all the pixels that each of its own covers.
        crop_to_aspect_ratio: Whether to cut the middle of the images to the ratio of `size` first.
        pad_to_aspect_ratio: Whether to pad them to it first.
        fill_mode: "constant", the only way to pad.
        fill_value: What to pad with.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Raises:
        ValueError: If an argument is none of those, or images are no images.
    """
    checks.choice("resize", "interpolation", interpolation, INTERPOLATIONS)
    checks.choice("resize", "fill_mode", fill_mode, ("constant",))
    if pad_to_aspect_ratio and crop_to_aspect_ratio:
        raise ValueError(
            "resize: only one of `pad_to_aspect_ratio` and `crop_to_aspect_ratio` can be True; got "
            "both"
        )
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ValueError(f"resize: `size` must hold (rows, columns); got {size!r}")
    rows, columns = (checks.whole("resize", "size", n, least=1) for n in size)
    tensor, axes = images_of("resize", images, data_format)
    if crop_to_aspect_ratio:
        tensor = _cropped(tensor, axes, rows, columns)
    elif pad_to_aspect_ratio:
        tensor = _padded(tensor, axes, rows, columns, fill_value)
    dtype = tensor.dtype
    if interpolation != "nearest":
        tensor = convert(tensor, "float64" if dtype == "float64" else "float32")
    for axis, new_size in ((axes.rows, rows), (axes.columns, columns)):
        tensor = _along(tensor, axis + tensor.ndim, new_size, interpolation, antialias)
    if tensor.dtype == dtype:
        return tensor
    return (
        convert(tensor, dtype) if dtypes.is_float(dtype) else saturate_cast(round_(tensor), dtype)
    )


def _along(x: Tensor, axis: int, new_size: int, interpolation: str, antialias: bool) -> Tensor:
    old_size = x.shape[axis]
    if old_size == new_size:
        return x
    if interpolation == "nearest":
        return take(x, nearest_pixels(old_size, new_size), axis=axis)
    weights = resizing_weights(interpolation, old_size, new_size, bool(antialias))
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    if not after or after == (1,):
        lines = reshape(x, (*before, old_size))
        return reshape(matmul(lines, weights.T.astype(x.dtype)), (*before, new_size, *after))
    lines = reshape(x, (*before, old_size, -1))
    return reshape(matmul(weights.astype(x.dtype), lines), (*before, new_size, *after))


def _cropped(x: Tensor, axes: Axes, rows: int, columns: int) -> Tensor:
    height, width = x.shape[axes.rows], x.shape[axes.columns]
    tall = max(min(height, int(float(width * rows) / columns)), 1)
    wide = max(min(width, int(float(height * columns) / rows)), 1)
    key = [slice(None)] * x.ndim
    for axis, old, new in ((axes.rows, height, tall), (axes.columns, width, wide)):
        start = int(float(old - new) / 2)
        key[axis] = slice(start, start + new)
    return x[tuple(key)]


def _padded(x: Tensor, axes: Axes, rows: int, columns: int, fill_value: float) -> Tensor:
    height, width = x.shape[axes.rows], x.shape[axes.columns]
    tall = max(height, int(float(width * rows) / columns))
    wide = max(width, int(float(height * columns) / rows))
    widths = [(0, 0)] * x.ndim
    for axis, old, new in ((axes.rows, height, tall), (axes.columns, width, wide)):
        start = int(float(new - old) / 2)
        widths[axis] = (start, new - old - start)
    return pad(x, widths, constant_values=fill_value)
