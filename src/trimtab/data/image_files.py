"""Images as files, as Pillow's objects and as arrays."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import numpy as np

from trimtab import checks, ops
from trimtab.core import settings
from trimtab.core.extras import require

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow(module: str = "PIL.Image") -> Any:
    """Pillow's module.

    Raises:
        ImportError: If it is not installed; the message says how to.
    """
    return require(module, "images", "Reading and writing images")


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Any:
    """An array as an image of Pillow's.

    Args:
        x: `(rows, columns, channels)` of 1, 3 or 4 channels, or the channels first.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        scale: Whether to spread the values over 0 to 255.
        dtype: Type to work in; floatx if None.

    Raises:
        ValueError: If the shape is another one.
        ImportError: If Pillow is not installed.

    Source: Keras 3 `keras.utils.array_to_img`.
    """
    image = pillow()
    array = np.array(x, dtype=dtype or settings.floatx())
    if array.ndim != 3:
        raise ValueError(f"array_to_img: `x` must have 3 axes, one image; got shape {array.shape}")
    if settings.standardize_data_format(data_format) == "channels_first":
        array = array.transpose(1, 2, 0)
    if scale:
        array = array - array.min()
        highest = array.max()
        if highest != 0:
            array = array / highest
        array = array * 255
    channels = array.shape[2]
    if channels == 1:
        # More than a byte holds asks for 32 bits.
        kind = "int32" if array.max() > 255 else "uint8"
        return image.fromarray(array[:, :, 0].astype(kind))
    if channels not in (3, 4):
        raise ValueError(f"array_to_img: `x` must have 1, 3 or 4 channels; got {channels}")
    return image.fromarray(array.astype("uint8"))


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> Any:
    """An image of Pillow's as an array, with an axis for the channels.

    Args:
        img: The image, or an array of 2 or 3 axes.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        dtype: Type of the array; floatx if None.

    Raises:
        ValueError: If it has another number of axes.

    Source: Keras 3 `keras.utils.img_to_array`.
    """
    is_first = settings.standardize_data_format(data_format) == "channels_first"
    array = np.array(img, dtype=dtype or settings.floatx())
    if array.ndim == 2:
        return array[None] if is_first else array[:, :, None]
    if array.ndim != 3:
        raise ValueError(f"img_to_array: `img` must have 2 or 3 axes; got shape {array.shape}")
    return array.transpose(2, 0, 1) if is_first else array


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """The image in a file, as Pillow's.

    Args:
        path: Path, bytes in memory (`io.BytesIO`), or a file.
        color_mode: "grayscale", "rgb" or "rgba".
        target_size: (rows, columns) to bring it to; None to leave it.
        interpolation: How: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: Whether to cut the middle to the ratio of `target_size` first.

    Raises:
        ValueError: If an argument is none of those.
        ImportError: If Pillow is not installed.

    Source: Keras 3 `keras.utils.load_img`.
    """
    checks.choice("load_img", "color_mode", color_mode, tuple(_MODES))
    checks.choice("load_img", "interpolation", interpolation, _INTERPOLATIONS)
    opened = pillow().open(path)
    with opened:
        opened.load()
        img = opened
        if color_mode == "grayscale":
            if img.mode not in ("L", "I;16", "I"):
                img = img.convert("L")
        elif img.mode != _MODES[color_mode]:
            img = img.convert(_MODES[color_mode])
        return _sized(img, target_size, interpolation, keep_aspect_ratio)


def _sized(img: Any, target_size: Any, interpolation: str, keep_aspect_ratio: bool) -> Any:
    if target_size is None or img.size == (target_size[1], target_size[0]):
        return img.copy()
    rows, columns = target_size
    method = getattr(pillow().Resampling, interpolation.upper())
    if not keep_aspect_ratio:
        return img.resize((columns, rows), method)
    width, height = img.size
    tall = min(height, int(width * rows / columns))
    wide = min(width, int(height * columns / rows))
    left, top = (width - wide) // 2, (height - tall) // 2
    return img.resize((columns, rows), method, box=[left, top, left + wide, top + tall])


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Writes an array as an image.

    Args:
        path: Path or file.
        x: As for `array_to_img`.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        file_format: Pillow's name of the format, or "jpg"; told by the path's suffix if None.
        scale: Whether to spread the values over 0 to 255.
        **kwargs: Pillow's options of the format.

    Raises:
        ValueError: If the shape is not that of an image.
        ImportError: If Pillow is not installed.

    Source: Keras 3 `keras.utils.save_img`.
    """
    img = array_to_img(x, data_format=data_format, scale=scale)
    suffix = str(path).lower()
    if file_format is not None and file_format.lower() == "jpg":
        file_format = "jpeg"
    is_jpeg = file_format == "jpeg" or suffix.endswith((".jpg", ".jpeg"))
    if img.mode == "RGBA" and is_jpeg:
        # The format knows no transparency.
        img = img.convert("RGB")
    if not isinstance(path, (str, os.PathLike)):
        img.save(path, format=file_format, **kwargs)
        return
    target = pathlib.Path(path)
    temporary = target.with_name(f".{target.name}.part{target.suffix}")
    try:
        img.save(temporary, format=file_format, **kwargs)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def smart_resize(
    x: Any,
    size: Any,
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
    backend_module: Any = None,
) -> Any:
    """Images cut in the middle to the ratio of `size`, then brought to it.

    Args:
        x: One image or a batch.
        size: (rows, columns).
        interpolation: As for `ops.image.resize`.
        data_format: "channels_last" or "channels_first".
        backend_module: Not needed.

    Returns:
        NumPy's array for one, else a tensor.

    Source: Keras 3 `keras.preprocessing.image.smart_resize`.
    """
    del backend_module
    resized = ops.image.resize(
        ops.cast(x, settings.floatx()),
        tuple(size),
        interpolation=interpolation,
        crop_to_aspect_ratio=True,
        data_format=data_format,
    )
    return np.asarray(resized) if isinstance(x, np.ndarray) else resized
