"""Where the published files lie, and rows of tables drawn for training and for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import checks
from trimtab.data import get_file

FOLDER = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def split_table(
    owner: str, path: str, name: str, file_hash: str, rows: int | None, test_split: float, seed: int
) -> tuple[Arrays, Arrays]:
    """((x, y) to train on, (x, y) to test with) of a published table.

    Args:
        owner: The data set, for errors.
        path: Name of the file in the cache.
        name: Its published name.
        file_hash: Its SHA-256 hash.
        rows: How many of the first rows to take; None for all.
        test_split: Part of the rows to test with.
        seed: Seed of their order.

    Raises:
        ValueError: If the part is none.
    """
    share = checks.interval(owner, "test_split", test_split, 0.0, 1.0)
    file = get_file(path, origin=FOLDER + name, file_hash=file_hash)
    with np.load(file, allow_pickle=False) as arrays:
        x, y = arrays["x"][:rows], arrays["y"][:rows]
    order = np.arange(len(x))
    # Keras's legacy generator, for the same rows as there.
    np.random.RandomState(seed).shuffle(order)
    x, y = x[order], y[order]
    at = int(len(x) * (1 - share))
    return (x[:at], y[:at]), (x[at:], y[at:])
