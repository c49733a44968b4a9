"""Images cut, padded, and taken apart into patches."""

from __future__ import annotations

import itertools
from typing import Any

from trimtab import checks
from trimtab.ir.tensor import Tensor
from trimtab.ops.data_format import standardize_data_format
from trimtab.ops.dispatch import convert, op
from trimtab.ops.image.axes import images_of
from trimtab.ops.layout import concatenate, moveaxis
from trimtab.ops.repetition import pad


def _ends(
    owner: str, what: str, size: int, given: dict[str, Any], sign: int
) -> tuple[int, int, int]:
    """(before, after, new size) along an axis, two of which are given by name.

    Args:
        owner: The op, for errors.
        what: What happens at the ends, for errors.
        size: The size there is.
        given: The three by name, one of them None.
        sign: 1 if the ends are added, -1 if they are cut off.

    Raises:
        ValueError: If not just one is None, or a number is negative.
    """
    missing = [name for name, value in given.items() if value is None]
    if len(missing) != 1:
        listed = ", ".join(f"{name}={value}" for name, value in given.items())
        raise ValueError(
            f"{owner}: exactly two of {', '.join(given)} must be given for the {what}; got {listed}"
        )
    numbers = {name: 0 if value is None else int(value) for name, value in given.items()}
    (before_name, after_name, target_name) = given
    if missing[0] == target_name:
        total = numbers[before_name] + numbers[after_name]
        numbers[target_name] = size + sign * total
    else:
        other = after_name if missing[0] == before_name else before_name
        numbers[missing[0]] = sign * (numbers[target_name] - size) - numbers[other]
    for name, value in numbers.items():
        if value < 0:
            raise ValueError(f"{owner}: `{name}` must be 0 or more; got {value} for size {size}")
    return numbers[before_name], numbers[after_name], numbers[target_name]


@op
def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """A part of the images.

    Args:
        images: One image or a batch.
        top_cropping: Rows to leave out above.
        left_cropping: Columns to leave out on the left.
        bottom_cropping: Rows to leave out below.
        right_cropping: Columns to leave out on the right.
        target_height: Rows of the result. Of the three that speak of rows two are given.
        target_width: Columns of the result. Of the three that speak of columns two are given.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Raises:
        ValueError: If not just two are given for each axis, or they do not fit the images.
    """
    tensor, axes = images_of("crop_images", images, data_format)
    top, _, height = _ends(
        "crop_images",
        "rows",
        tensor.shape[axes.rows],
        {
            "top_cropping": top_cropping,
            "bottom_cropping": bottom_cropping,
            "target_height": target_height,
        },
        -1,
    )
    left, _, width = _ends(
        "crop_images",
        "columns",
        tensor.shape[axes.columns],
        {
            "left_cropping": left_cropping,
            "right_cropping": right_cropping,
            "target_width": target_width,
        },
        -1,
    )
    key = [slice(None)] * tensor.ndim
    key[axes.rows] = slice(top, top + height)
    key[axes.columns] = slice(left, left + width)
    return tensor[tuple(key)]


@op
def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """The images with zeros around them.

    Args:
        images: One image or a batch.
        top_padding: Rows to add above.
        left_padding: Columns to add on the left.
        bottom_padding: Rows to add below.
        right_padding: Columns to add on the right.
        target_height: Rows of the result. Of the three that speak of rows two are given.
        target_width: Columns of the result. Of the three that speak of columns two are given.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Raises:
        ValueError: If not just two are given for each axis, or they do not fit the images.
    """
    tensor, axes = images_of("pad_images", images, data_format)
    rows = {
        "top_padding": top_padding,
        "bottom_padding": bottom_padding,
        "target_height": target_height,
    }
    columns = {
        "left_padding": left_padding,
        "right_padding": right_padding,
        "target_width": target_width,
    }
    widths = [(0, 0)] * tensor.ndim
    for what, axis, given in (("rows", axes.rows, rows), ("columns", axes.columns, columns)):
        before, after, _ = _ends("pad_images", what, tensor.shape[axis], given, 1)
        widths[axis] = (before, after)
    return pad(tensor, widths)


@op
def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Patches of images or volumes, each as one line of channels.

    Args:
        images: One image or a batch; volumes where `size` has three entries.
        size: Pixels of a patch along each axis, or one number for both.
        strides: Pixels from patch to patch; `size` if None.
        dilation_rate: Pixels from one that is taken to the next.
        padding: "valid", or "same" to fill up with zeros.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Returns:
        `(batch, rows of patches, columns of patches, rows * columns * channels)`, or the channels
        first.

    Raises:
        ValueError: If an argument is none of those.
    """
    owner = "extract_patches"
    checks.choice(owner, "padding", padding, ("valid", "same"))
    count = 2 if isinstance(size, int) else len(size)
    if count not in (2, 3):
        raise ValueError(f"{owner}: `size` must hold 2 or 3 whole numbers; got {size!r}")
    window = _each(owner, "size", size, count)
    steps = window if strides is None else _each(owner, "strides", strides, count)
    dilations = _each(owner, "dilation_rate", dilation_rate, count)
    tensor = convert(images)
    checks.rank(owner, "images", tensor.shape, count + 1, count + 2)
    is_first = standardize_data_format(data_format) == "channels_first"
    if is_first:
        tensor = moveaxis(tensor, -count - 1, -1)
    lead = tensor.ndim - count - 1
    spans = [(w - 1) * d + 1 for w, d in zip(window, dilations, strict=True)]
    if padding == "same":
        widths = [(0, 0)] * tensor.ndim
        for i, (span, step) in enumerate(zip(spans, steps, strict=True)):
            n = tensor.shape[lead + i]
            total = max((-(-n // step) - 1) * step + span - n, 0)
            widths[lead + i] = (total // 2, total - total // 2)
        tensor = pad(tensor, widths)
    parts = []
    ends = [tensor.shape[lead + i] - span + 1 for i, span in enumerate(spans)]
    for offsets in itertools.product(*(range(w) for w in window)):
        starts = [o * d for o, d in zip(offsets, dilations, strict=True)]
        key = [slice(None)] * lead + [
            slice(at, at + end, step) for at, end, step in zip(starts, ends, steps, strict=True)
        ]
        parts.append(tensor[tuple(key)])
    patches = concatenate(parts, axis=-1)
    return moveaxis(patches, -1, -count - 1) if is_first else patches


@op
def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Patches of volumes, each as one line of channels; see `extract_patches`.

    Args:
        volumes: One volume or a batch.
        size: Elements of a patch along each of three axes, or one number for all.
        strides: Elements from patch to patch; `size` if None.
        dilation_rate: Elements from one that is taken to the next.
        padding: "valid", or "same" to fill up with zeros.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Raises:
        ValueError: If an argument is none of those.
    """
    window = _each("extract_patches_3d", "size", size, 3)
    patches: Tensor = extract_patches(volumes, window, strides, dilation_rate, padding, data_format)
    return patches


def _each(owner: str, name: str, value: Any, count: int) -> tuple[int, ...]:
    listed = (value,) * count if isinstance(value, int) else tuple(value)
    if len(listed) != count:
        raise ValueError(f"{owner}: `{name}` must hold {count} whole numbers; got {value!r}")
    return tuple(checks.whole(owner, name, n, least=1) for n in listed)
