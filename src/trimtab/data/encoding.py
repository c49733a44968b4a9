"""Data in the form that models take: one-hot rows, unit vectors, sequences of one length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core.arguments import naming_unknown_arguments
from trimtab.ir.tensor import Tensor


@naming_unknown_arguments
def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Class numbers as one-hot rows.

    Args:
        x: Whole numbers in [0, num_classes), of any shape; a last axis of size 1 is dropped.
        num_classes: Number of classes; the largest number plus 1 if None.

    Returns:
        A float64 array of shape `(*x.shape, num_classes)`; a tensor of floatx if `x` is a tensor.

    Raises:
        ValueError: If a number lies outside of [0, num_classes).

    Source: Keras 3 `keras.utils.to_categorical`.
    """
    if isinstance(x, Tensor):
        classes = x if len(x.shape) < 2 or x.shape[-1] != 1 else ops.squeeze(x, -1)
        count = int(np.asarray(ops.max(classes))) + 1 if num_classes is None else num_classes
        return ops.one_hot(classes, count)
    numbers = np.asarray(x, dtype="int64")
    if numbers.ndim > 1 and numbers.shape[-1] == 1:
        numbers = numbers.reshape(numbers.shape[:-1])
    count = int(numbers.max(initial=-1)) + 1 if num_classes is None else int(num_classes)
    outside = numbers[(numbers < 0) | (numbers >= count)]
    if outside.size:
        raise ValueError(
            f"to_categorical: classes must lie in [0, {count}); got {int(outside.flat[0])}"
        )
    rows = np.zeros((*numbers.shape, count))
    np.put_along_axis(rows, numbers[..., None], 1.0, axis=-1)
    return rows


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """`x` divided by its norm along `axis`; a norm of 0 counts as 1.

    Args:
        x: An array or a tensor.
        axis: The axis along which vectors have norm 1 afterwards.
        order: The norm: 2 for the Euclidean.

    Source: Keras 3 `keras.utils.normalize`.
    """
    if isinstance(x, Tensor):
        return ops.normalize(x, axis=axis, order=order)
    array = np.atleast_1d(np.asarray(x))
    norms = np.atleast_1d(np.linalg.norm(array, order, axis))
    norms[norms == 0] = 1
    return array / np.expand_dims(norms, axis)


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
