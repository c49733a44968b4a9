"""Layers that take text, which no engine holds: they run on NumPy arrays as they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.ir.tensor import KerasTensor, Tensor
from trimtab.layers.base import Layer
from trimtab.layers.preprocessing.adapting import as_array


class DataLayer(Layer):
    """A layer that also takes text, lists and single values, outside of models."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As for any layer if the input is a tensor of numbers; else at once, on NumPy."""
        if len(args) == 1 and not kwargs and not isinstance(args[0], Tensor):
            return self.call_on_array(as_array(args[0]))
        return super().__call__(*args, **kwargs)

    def call_on_array(self, inputs: np.ndarray[Any, Any]) -> Any:
        """What the layer gives for an array, which may hold text."""
        raise NotImplementedError

    def call(self, inputs: Any) -> Any:
        """What the layer gives for a tensor.

        Raises:
            ValueError: In a traced step.
        """
        if isinstance(inputs, (KerasTensor,)) or not hasattr(inputs, "array"):
            raise ValueError(
                f"{self.name}: works on data, not inside of a model; apply it to the arrays "
                "before you give them to fit or predict"
            )
        return self.call_on_array(inputs.array)


def texts_of(owner: str, x: np.ndarray[Any, Any], encoding: str = "utf-8") -> np.ndarray[Any, Any]:
    """`x` as an array of text; bytes are decoded.

    Raises:
        ValueError: If it holds something else.
    """
    if x.dtype.kind == "U":
        return x
    if x.dtype.kind == "S":
        return np.char.decode(x, encoding)
    if x.dtype.kind == "T":
        return x.astype(np.str_)
    listed = []
    for value in x.reshape(-1).tolist():
        if isinstance(value, bytes):
            value = value.decode(encoding)
        if x.dtype.kind != "O" or not isinstance(value, str):
            raise ValueError(
                f"{owner}: the input must hold text; got {value!r} in an array of type {x.dtype}. "
                "Fill gaps with a text of their own, and write numbers as text first"
            )
        listed.append(value)
    return np.array(listed, dtype=np.str_).reshape(x.shape)


def mapped(
    x: np.ndarray[Any, Any], function: Callable[[Any], int], dtype: str = "int64"
) -> np.ndarray[Any, Any]:
    """`function` of each element, called once for each value that occurs."""
    values, places = np.unique(x.reshape(-1), return_inverse=True)
    results = np.array([function(value) for value in values.tolist()], dtype)
    return results[places].reshape(x.shape)
