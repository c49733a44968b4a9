"""The order in which an epoch visits the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_native: Callable[[int, int, int], None] | None
try:
    from trimtab.engines.cpu import _engine

    _native = _engine.permutation
except ImportError:  # the package can be used from its source tree with the reference engine only
    _native = None


def _draw_seed() -> int:
    # NumPy's global generator, so that np.random.seed and utils.set_random_seed govern shuffling,
    # as they do in Keras.
    return int(np.random.randint(2**63 - 1, dtype=np.int64))  # noqa: NPY002


def shuffled(rows: int) -> np.ndarray[Any, Any]:
    """The row numbers 0 ... rows - 1 in random order, int64."""
    seed = _draw_seed()
    if _native is None:
        return np.random.default_rng(seed).permutation(rows)
    order = np.empty(rows, np.int64)
    _native(seed, rows, order.ctypes.data)
    return order


def shuffled_inside_batches(rows: int, batch_size: int) -> np.ndarray[Any, Any]:
    """The row numbers in random order inside each batch, the batches in their places."""
    ranks = shuffled(rows)
    return np.lexsort((ranks, np.arange(rows) // batch_size)).astype(np.int64, copy=False)
