"""What `adapt` reads: arrays at once, datasets batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab.ir.tensor import Tensor


def batches_of(owner: str, data: Any) -> Iterator[np.ndarray[Any, Any]]:
    """The arrays that `data` consists of; of batches with several parts the first.

    Args:
        owner: The layer, for errors.
        data: An array, tensor or table; nested lists; or an iterable of batches.

    Raises:
        ValueError: If it is none of those, or there is no batch.
    """
    if isinstance(data, (list, tuple, str, bytes, int, float)) or hasattr(data, "__array__"):
        yield as_array(data)
        return
    if not hasattr(data, "__iter__") or isinstance(data, dict):
        raise ValueError(
            f"{owner}: adapt() takes an array or an iterable of batches; got "
            f"{type(data).__name__}. Give the column to adapt to as an array"
        )
    is_empty = True
    for batch in data:
        is_empty = False
        yield as_array(first_part(batch))
    if is_empty:
        raise ValueError(f"{owner}: adapt() needs at least one batch; got an empty iterable")


def first_part(batch: Any) -> Any:
    """The inputs of a batch that may hold targets too; a list of numbers or words is a batch."""
    is_several = isinstance(batch, (tuple, list)) and len(batch) > 0
    return batch[0] if is_several and hasattr(batch[0], "shape") else batch


def is_list_of_batches(data: Any) -> bool:
    """Whether a list holds arrays, alone or with targets, rather than numbers."""
    if not isinstance(data, (list, tuple)):
        return False
    return not data or len(getattr(first_part(data[0]), "shape", ())) > 0


def as_array(x: Any) -> np.ndarray[Any, Any]:
    """`x` as a NumPy array, whatever library it comes from."""
    if isinstance(x, Tensor):
        x = x.as_tensor()
    if hasattr(x, "detach") and hasattr(x, "cpu"):
        x = x.detach().cpu()
    if hasattr(x, "to_numpy"):
        return np.asarray(x.to_numpy())
    return np.asarray(x)
