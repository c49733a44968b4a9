"""Pictures of clothes."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.data import cache_folder, get_file
from trimtab.datasets.origin import FOLDER, Arrays
from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import gzip
else:
    gzip = lazy_module("gzip")

_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
# Where Debian's package dataset-fashion-mnist puts the same files.
_DEBIAN = pathlib.Path("/usr/share/datasets/fashion-mnist")


def load_data() -> tuple[Arrays, Arrays]:
    """60,000 grey images of clothes of ten kinds to train on, and 10,000 to test with.

    They are looked for in the cache, then where Debian's package dataset-fashion-mnist puts them,
    and fetched last.

    Returns:
        ((x, y), (x, y)), uint8: x of shape (images, 28, 28) from 0 to 255, y of shape (images,)
        from 0 to 9.

    Raises:
        ValueError: If a file is cut short or another one.
        ConnectionError: If the files are nowhere; the message says where to put them.

    Source: Keras 3 `keras.datasets.fashion_mnist`; Xiao, Rasul and Vollgraf 2017.
    """
    train_x, train_y, test_x, test_y = (_read(_path(name)) for name in _FILES)
    return (train_x, train_y), (test_x, test_y)


def _path(name: str) -> pathlib.Path:
    folder = os.path.join("datasets", "fashion-mnist")
    cached = cache_folder(folder) / name
    if not cached.exists() and (_DEBIAN / name).exists():
        return _DEBIAN / name
    try:
        return pathlib.Path(get_file(name, origin=FOLDER + name, cache_subdir=folder))
    except ConnectionError as error:
        raise ConnectionError(
            f"{error}; or install Debian's package dataset-fashion-mnist, which brings it"
        ) from error


def _read(path: pathlib.Path) -> np.ndarray[Any, Any]:
    """The array in a file of the format IDX: its sizes as big-endian words, then its bytes."""
    with gzip.open(path, "rb") as file:
        content = file.read()
    axes = content[3] if len(content) > 3 else 0
    shape = np.frombuffer(content, ">u4", count=axes, offset=4) if len(content) > 4 * axes else ()
    data = np.frombuffer(content, np.uint8, offset=min(4 + 4 * axes, len(content)))
    if content[:3] != b"\0\0\x08" or data.size != int(np.prod(shape)) or not axes:
        raise ValueError(f"fashion_mnist: {path} must be a whole file of bytes in IDX format")
    return data.reshape([int(size) for size in shape]).copy()
