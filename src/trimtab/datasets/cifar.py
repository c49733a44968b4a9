"""The format of CIFAR's files: pickled dictionaries of arrays, read without running code."""

from __future__ import annotations

import pathlib
import pickle
from typing import Any

import numpy as np

from trimtab.core import settings
from trimtab.datasets.origin import Arrays

# All that the published files name.
_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}


class _ArrayUnpickler(pickle.Unpickler):
    """Reads arrays, and refuses whatever else a pickle may name."""

    def find_class(self, module: str, name: str) -> Any:
        """The class or function `name`, if arrays need it."""
        if (module, name) not in _ALLOWED:
            raise ValueError(f"cifar: a file of images must not name {module}.{name}")
        module = module.replace("numpy.core", "numpy._core")
        return super().find_class(module, name)


def read_batch(path: pathlib.Path, label_key: str) -> Arrays:
    """(images of shape (n, 3, 32, 32), labels of shape (n, 1)), uint8, of a file.

    Raises:
        ValueError: If the file holds something else.
    """
    with path.open("rb") as file:
        content = {
            key.decode() if isinstance(key, bytes) else key: value
            for key, value in _ArrayUnpickler(file, encoding="bytes").load().items()
        }
    images = np.asarray(content["data"], "uint8").reshape(-1, 3, 32, 32)
    return images, np.asarray(content[label_key], "uint8").reshape(-1, 1)


def in_format(images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`images` with their channels where the global setting wants them."""
    if settings.image_data_format() == "channels_first":
        return images
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))
