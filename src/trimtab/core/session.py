"""What a process keeps between models: counts of automatic names, and random numbers."""

from __future__ import annotations

import gc
import random as python_random

import numpy as np

from trimtab.core import naming, random


def clear_session(free_memory: bool = True) -> None:
    """Starts automatic names anew, so that the next Dense is "dense" again.

    Args:
        free_memory: Whether to collect models that nobody refers to any more.
    """
    naming.reset()
    if free_memory:
        gc.collect()


def set_random_seed(seed: int) -> None:
    """Starts Python's, NumPy's and this library's random numbers anew from `seed`.

    Args:
        seed: A whole number in [0, 2**32).

    Raises:
        ValueError: If it is none.

    Source: Keras 3 `keras.utils.set_random_seed`.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise ValueError(
            f"set_random_seed: `seed` must be a whole number in [0, 2**32); got {seed!r}"
        )
    python_random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 - users' own draws come from NumPy's global generator
    random.set_seed(int(seed))
