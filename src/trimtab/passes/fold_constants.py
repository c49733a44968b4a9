"""Constant folding: what depends on constants only is computed now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.ir.graph import Node, Value, constant, constant_of, is_leaf

# Elements up to which a folded result is stored; a larger one is cheaper to compute than to keep.
_LARGEST = 1 << 16


def uniform_number(array: np.ndarray[Any, Any]) -> Any:
    """The one number that a stored-once constant repeats, None for any other array."""
    if array.size and (array.ndim == 0 or not any(array.strides)):
        return array[(0,) * array.ndim]
    return None


def repeated(number: Any, shape: tuple[int, ...]) -> Value:
    """A constant of `shape` that stores one number."""
    stored = np.ascontiguousarray(number)
    return constant(np.ndarray(shape, stored.dtype, stored.tobytes(), strides=(0,) * len(shape)))


def fold_constants(node: Node) -> Sequence[Value] | None:
    """The node's outputs as constants if all its inputs are."""
    if is_leaf(node) or not node.inputs:
        return None
    arrays = []
    for value in node.inputs:
        array = constant_of(value)
        if array is None:
            return None
        arrays.append(array)
    output = node.outputs[0]
    if node.primitive.is_elementwise or node.primitive.name in ("broadcast_to", "reshape"):
        numbers = [uniform_number(a) for a in arrays]
        if all(n is not None for n in numbers):
            if not node.primitive.is_elementwise:
                return (repeated(numbers[0], output.shape),)
            with np.errstate(all="ignore"):
                number = node.primitive.evaluate(np, *numbers, **node.attrs)
            return (repeated(number, output.shape),)
    if sum(v.size for v in node.outputs) > _LARGEST or node.primitive.name == "broadcast_to":
        return None
    with np.errstate(all="ignore"):
        result = node.primitive.evaluate(np, *arrays, **node.attrs)
    results = result if node.primitive.multiple else (result,)
    return tuple(constant(np.asarray(r, order="C")).node.outputs[0] for r in results)
