"""Handwritten digits."""

from __future__ import annotations

import numpy as np

from trimtab.data import get_file
from trimtab.datasets.origin import FOLDER, Arrays


def load_data(path: str = "mnist.npz") -> tuple[Arrays, Arrays]:
    """60,000 grey images of handwritten digits to train on, and 10,000 to test with.

    Args:
        path: Name of the file in the cache.

    Returns:
        ((x, y), (x, y)), uint8: x of shape (images, 28, 28) from 0 to 255, y of shape (images,)
        from 0 to 9.

    Source: Keras 3 `keras.datasets.mnist`; LeCun, Cortes and Burges.
    """
    file = get_file(
        path,
        origin=FOLDER + "mnist.npz",
        file_hash="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    )
    with np.load(file, allow_pickle=False) as arrays:
        return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
