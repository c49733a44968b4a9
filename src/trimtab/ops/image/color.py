"""Colours of images in other terms."""

from __future__ import annotations

from typing import Any

from trimtab import checks, dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops.arithmetic import abs as abs_
from trimtab.ops.arithmetic import clip, floor, mod
from trimtab.ops.dispatch import convert, op
from trimtab.ops.image.axes import Axes, images_of
from trimtab.ops.layout import concatenate
from trimtab.ops.logic import equal, greater, where
from trimtab.ops.reductions import max as max_
from trimtab.ops.reductions import min as min_

# Weights of red, green and blue in the perceived brightness (ITU-R BT.601).
_BRIGHTNESS = (0.2989, 0.5870, 0.1140)


def _channels(x: Tensor, axes: Axes) -> list[Tensor]:
    key: list[Any] = [slice(None)] * x.ndim
    found = []
    for number in range(3):
        key[axes.channels] = slice(number, number + 1)
        found.append(x[tuple(key)])
    return found


@op
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Tensor:
    """The brightness of the pixels, as one channel; images of one channel stay as they are.

    Args:
        images: One image or a batch, of red, green and blue or of one channel.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Raises:
        ValueError: If the images have another number of channels.
    """
    tensor, axes = images_of("rgb_to_grayscale", images, data_format)
    count = tensor.shape[axes.channels]
    checks.choice("rgb_to_grayscale", "number of channels", count, (1, 3))
    if count == 1:
        return tensor
    dtype = tensor.dtype
    colours = _channels(convert(tensor, dtype if dtype == "float64" else "float32"), axes)
    red, green, blue = (c * w for c, w in zip(colours, _BRIGHTNESS, strict=True))
    return convert(red + green + blue, dtype)


def _colours(owner: str, images: Any, data_format: str | None) -> tuple[Tensor, Axes]:
    tensor, axes = images_of(owner, images, data_format)
    if not dtypes.is_float(tensor.dtype):
        raise ValueError(f"{owner}: `images` must hold floats in [0, 1]; got {tensor.dtype}")
    checks.choice(owner, "number of channels", tensor.shape[axes.channels], (3,))
    return tensor, axes


@op
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Tensor:
    """Hue, saturation and value, each in [0, 1], of red, green and blue in [0, 1].

    Args:
        images: One image or a batch.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Raises:
        ValueError: If the images hold no floats or have not three channels.
    """
    tensor, axes = _colours("rgb_to_hsv", images, data_format)
    red, green, blue = _channels(tensor, axes)
    value = max_(tensor, axis=axes.channels, keepdims=True)
    spread = value - min_(tensor, axis=axes.channels, keepdims=True)
    saturation = where(greater(value, 0), spread / where(greater(value, 0), value, 1.0), 0.0)
    safe = where(greater(spread, 0), spread, 1.0)
    sixths = where(
        equal(red, value),
        (green - blue) / safe,
        where(equal(green, value), (blue - red) / safe + 2.0, (red - green) / safe + 4.0),
    )
    hue = where(greater(spread, 0), sixths / 6.0, 0.0)
    hue = hue - floor(hue)
    return concatenate([hue, saturation, value], axis=axes.channels)


@op
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Tensor:
    """Red, green and blue in [0, 1] of hue, saturation and value in [0, 1].

    Args:
        images: One image or a batch.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Raises:
        ValueError: If the images hold no floats or have not three channels.
    """
    tensor, axes = _colours("hsv_to_rgb", images, data_format)
    hue, saturation, value = _channels(tensor, axes)
    turn = mod(hue, 1.0) * 6.0
    shares = [abs_(turn - 3.0) - 1.0, 2.0 - abs_(turn - 2.0), 2.0 - abs_(turn - 4.0)]
    colours = [((clip(s, 0.0, 1.0) - 1.0) * saturation + 1.0) * value for s in shares]
    return concatenate(colours, axis=axes.channels)
