"""Small colour images of ten kinds of things."""

from __future__ import annotations

import pathlib

import numpy as np

from trimtab.data import get_file
from trimtab.datasets.cifar import in_format, read_batch
from trimtab.datasets.origin import Arrays


def load_data() -> tuple[Arrays, Arrays]:
    """50,000 colour images of ten kinds of things to train on, and 10,000 to test with.

    Returns:
        ((x, y), (x, y)), uint8: x of shape (images, 32, 32, 3), or channels first by the global
        setting, from 0 to 255; y of shape (images, 1) from 0 to 9.

    Source: Keras 3 `keras.datasets.cifar10`; Krizhevsky 2009.
    """
    folder = pathlib.Path(
        get_file(
            "cifar-10-batches-py-target",
            origin="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
            extract=True,
            file_hash="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        )
    )
    inside = folder / "cifar-10-batches-py"
    parts = [read_batch(inside / f"data_batch_{number}", "labels") for number in range(1, 6)]
    images = np.concatenate([part[0] for part in parts])
    labels = np.concatenate([part[1] for part in parts])
    test_images, test_labels = read_batch(inside / "test_batch", "labels")
    return (in_format(images), labels), (in_format(test_images), test_labels)
