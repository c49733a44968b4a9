"""The search for NaN and infinity, without copies of the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_native: Callable[[int, int, int], int] | None
try:
    from trimtab.engines.cpu import _engine

    _native = _engine.first_nonfinite
except ImportError:  # the package can be used from its source tree with the reference engine only
    _native = None

_CODES = {"float32": 0, "float64": 1}
# Elements looked at together: their flags fit into the cache, and a memory map is read in pieces.
_CHUNK_ELEMENTS = 1 << 18


def first_nonfinite(array: np.ndarray[Any, Any]) -> int | None:
    """Flat index of the first NaN or infinity, None if all numbers are finite."""
    if array.dtype.kind != "f" or not array.size:
        return None
    code = _CODES.get(array.dtype.name)
    if _native is not None and code is not None and array.flags.c_contiguous:
        found = int(_native(array.ctypes.data, code, array.size))
        return None if found < 0 else found
    row_size = array.size // len(array)
    step = max(1, _CHUNK_ELEMENTS // row_size)
    for start in range(0, len(array), step):
        is_finite = np.isfinite(array[start : start + step])
        if not is_finite.all():
            return start * row_size + int(np.argmin(is_finite))
    return None
