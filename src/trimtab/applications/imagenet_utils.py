"""Images as the published networks want them, and the names of ImageNet's classes."""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core import settings
from trimtab.data import get_file
from trimtab.ir.tensor import Tensor

_CLASSES = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
_CLASSES_MD5 = "c2c37ea517e94d9795004a39431a14cb"
# Means of ImageNet's pixels: in blue, green, red as Caffe reads images, and in red, green, blue of
# [0, 1] with deviations, as torchvision does.
_CAFFE_MEANS = (103.939, 116.779, 123.68)
_TORCH_MEANS = (0.485, 0.456, 0.406)
_TORCH_DEVIATIONS = (0.229, 0.224, 0.225)
MODES = ("caffe", "tf", "torch")


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Pixels of [0, 255] as a published network wants them.

    Args:
        x: Images `(..., height, width, 3)`, or channels first; an array is changed in place where
            it is of a floating type, as in Keras.
        data_format: Order of the axes; the setting's if None.
        mode: "caffe" (blue, green, red, minus ImageNet's means), "tf" (to [-1, 1]), or "torch" (to
            [0, 1], then minus means, over deviations).

    Returns:
        An array for an array, else a tensor.

    Raises:
        ValueError: If `mode` or `data_format` is unknown.

    Source: Keras 3 `keras.applications.imagenet_utils.preprocess_input`.
    """
    if mode not in MODES:
        raise ValueError(
            f"preprocess_input: `mode` must be one of {', '.join(MODES)}; got {mode!r}"
        )
    order = data_format or settings.image_data_format()
    if order not in ("channels_first", "channels_last"):
        raise ValueError(
            "preprocess_input: `data_format` must be channels_first or channels_last; got "
            f"{data_format!r}"
        )
    axis = -1 if order == "channels_last" else -3
    if isinstance(x, Tensor):
        return _of_tensor(x, axis, mode)
    array = np.asarray(x)
    if not np.issubdtype(array.dtype, np.floating):
        array = array.astype(settings.floatx())
    return _of_array(array, axis, mode)


def _of_array(x: np.ndarray[Any, Any], axis: int, mode: str) -> np.ndarray[Any, Any]:
    shape = [1] * x.ndim
    shape[axis] = 3
    if mode == "tf":
        x /= 127.5
        x -= 1.0
    elif mode == "torch":
        x /= 255.0
        x -= np.reshape(_TORCH_MEANS, shape).astype(x.dtype)
        x /= np.reshape(_TORCH_DEVIATIONS, shape).astype(x.dtype)
    else:
        x = np.flip(x, axis)
        x -= np.reshape(_CAFFE_MEANS, shape).astype(x.dtype)
    return x


def _of_tensor(x: Any, axis: int, mode: str) -> Any:
    shape = [1] * len(x.shape)
    shape[axis] = 3
    if not x.dtype.startswith("float"):
        x = ops.cast(x, settings.floatx())
    if mode == "tf":
        return x / 127.5 - 1.0
    if mode == "torch":
        means, deviations = np.reshape(_TORCH_MEANS, shape), np.reshape(_TORCH_DEVIATIONS, shape)
        return (x / 255.0 - means.astype(x.dtype)) / deviations.astype(x.dtype)
    return ops.flip(x, axis) - np.reshape(_CAFFE_MEANS, shape).astype(x.dtype)


def preprocessing(mode: str | None) -> Callable[..., Any]:
    """The `preprocess_input` of a network.

    Args:
        mode: As for `preprocess_input`; None for networks that do it inside.
    """

    def preprocess(x: Any, data_format: str | None = None) -> Any:
        return x if mode is None else preprocess_input(x, data_format, mode)

    preprocess.__name__ = "preprocess_input"
    preprocess.__doc__ = (
        "The images as they are: the network has its preprocessing inside."
        if mode is None
        else f"Pixels of [0, 255] as this network wants them (mode {mode!r})."
    )
    return preprocess


@functools.cache
def _class_index(path: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(pathlib.Path(path).read_text())
    return found


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """ImageNet's names of the likeliest classes.

    Args:
        preds: Probabilities `(batch, 1000)`.
        top: How many classes of each row.

    Returns:
        For each row `(WordNet number, name, probability)`, the likeliest first.

    Raises:
        ValueError: If `preds` has another shape.
        ConnectionError: If the list of names is not in the cache and cannot be fetched.

    Source: Keras 3 `keras.applications.imagenet_utils.decode_predictions`.
    """
    rows = np.asarray(preds)
    if rows.ndim != 2 or rows.shape[1] != 1000:
        raise ValueError(
            "decode_predictions: `preds` must have the shape (batch, 1000) of ImageNet's classes; "
            f"got {rows.shape}"
        )
    path = get_file(
        "imagenet_class_index.json", _CLASSES, cache_subdir="models", file_hash=_CLASSES_MD5
    )
    names = _class_index(path)
    best = np.argsort(rows, axis=1)[:, : -top - 1 : -1]
    return [
        [(*names[str(k)], float(row[k])) for k in chosen]  # type: ignore[misc]
        for row, chosen in zip(rows, best, strict=True)
    ]
