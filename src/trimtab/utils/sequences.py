"""Sequences of different lengths in one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray[Any, Any]:
    """Sequences cut or filled to one length.

    Args:
        sequences: Lists or arrays, whose elements all have the same shape.
        maxlen: The length; that of the longest if None.
        dtype: Type of the result.
        padding: "pre" to fill in front, "post" to fill behind.
        truncating: "pre" to cut off the beginning, "post" to cut off the end.
        value: What is filled in.

    Returns:
        An array of shape `(sequences, maxlen, *shape of an element)`.

    Raises:
        ValueError: If an argument is not one of its choices, or the elements' shapes differ.

    Source: Keras 3 `keras.utils.pad_sequences`.
    """
    for name, choice in (("padding", padding), ("truncating", truncating)):
        if choice not in ("pre", "post"):
            raise ValueError(f"pad_sequences: `{name}` must be 'pre' or 'post'; got {choice!r}")
    arrays = [np.asarray(sequence) for sequence in sequences]
    if any(array.ndim == 0 for array in arrays):
        raise ValueError("pad_sequences: `sequences` must hold sequences; got a single value")
    shapes = {array.shape[1:] for array in arrays if len(array)}
    if len(shapes) > 1:
        raise ValueError(f"pad_sequences: the elements' shapes differ: {sorted(shapes)}")
    length = max((len(array) for array in arrays), default=0) if maxlen is None else maxlen
    element = shapes.pop() if shapes else ()
    padded = np.full((len(arrays), length, *element), value, dtype=dtype)
    for row, array in zip(padded, arrays, strict=True):
        count = min(len(array), length)
        if count:
            kept = array[-count:] if truncating == "pre" else array[:count]
            row[slice(length - count, None) if padding == "pre" else slice(count)] = kept
    return padded
