"""Ops on tensors as such: conversion, type, shape, and what differentiation sees of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir import tree
from trimtab.ir.graph import Value
from trimtab.ir.tensor import Array, KerasTensor, Tensor
from trimtab.ops.dispatch import convert, op
from trimtab.primitives import elementwise, markers
from trimtab.primitives.source import filled_like


@op
def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Tensor:
    """`x` (array, number, nested list, variable) as a tensor of `dtype`.

    An array is copied, so that the tensor does not change with it.

    Raises:
        ValueError: For sparse or ragged tensors, and for text or objects.
    """
    if sparse or ragged:
        raise ValueError("convert_to_tensor: sparse and ragged tensors are not supported")
    tensor = convert(x, None if dtype is None else dtypes.standardize(dtype))
    if isinstance(x, np.ndarray) and isinstance(tensor, Array):
        return Array(tensor.array.copy()) if np.may_share_memory(tensor.array, x) else tensor
    return tensor


@op
def array(x: Any, dtype: Any = None) -> Tensor:
    """As `convert_to_tensor`."""
    return convert_to_tensor(x, dtype)


def convert_to_numpy(x: Any) -> np.ndarray[Any, Any]:
    """The numbers of `x` as a NumPy array of its own."""
    return np.array(convert(x))


@op
def copy(x: Any) -> Tensor:
    """The same numbers in memory of their own."""
    tensor = convert(x)
    return Array(tensor.array.copy()) if isinstance(tensor, Array) else tensor


@op
def cast(x: Any, dtype: Any) -> Tensor:
    """`x` converted to `dtype`; floats are cut towards zero on the way to integers."""
    return convert(x, dtypes.standardize(dtype))


@op
def saturate_cast(x: Any, dtype: Any) -> Tensor:
    """`x` moved into the range of `dtype`, then converted; NaN becomes 0 in an integer type."""
    name = dtypes.standardize(dtype)
    tensor = convert(x)
    if name == "bool" or tensor.dtype in (name, "bool"):
        return convert(tensor, name)
    low, high = dtypes.limits(name)
    own_low, own_high = dtypes.limits(tensor.dtype)
    lowest, highest = max(low, own_low), min(high, own_high)
    if not dtypes.is_float(tensor.dtype) or dtypes.is_float(name):
        inside = elementwise.maximum(tensor, filled_like(tensor, lowest))
        return convert(elementwise.minimum(inside, filled_like(tensor, highest)), name)
    # 2**31 - 1 is 2**31 in float32, which int32 does not hold: such floats are replaced afterwards.
    is_inside = elementwise.logical_and(
        elementwise.greater(tensor, filled_like(tensor, lowest)),
        elementwise.less(tensor, filled_like(tensor, highest)),
    )
    kept = convert(elementwise.where(is_inside, tensor, filled_like(tensor, 0)), name)
    is_high = elementwise.greater_equal(tensor, filled_like(tensor, highest))
    is_low = elementwise.less_equal(tensor, filled_like(tensor, lowest))
    kept = elementwise.where(is_high, filled_like(kept, int(highest)), kept)
    return elementwise.where(is_low, filled_like(kept, int(lowest)), kept)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor: concrete, traced or symbolic."""
    return isinstance(x, Tensor)


def shape(x: Any) -> tuple[Any, ...]:
    """Sizes of the axes, None where a functional model leaves one open."""
    return x.shape if isinstance(x, KerasTensor) else convert(x).shape


def ndim(x: Any) -> int:
    """Number of axes."""
    return len(shape(x))


def size(x: Any) -> int | None:
    """Number of elements; None where a functional model leaves an axis open."""
    return x.size if isinstance(x, KerasTensor) else convert(x).size


def dtype(x: Any) -> str:
    """Name of the element type."""
    return x.dtype if isinstance(x, KerasTensor) else convert(x).dtype


@op
def stop_gradient(variable: Any) -> Tensor:
    """The same numbers, as a constant to differentiation."""
    tensor = convert(variable)
    return markers.stop_gradient(tensor) if isinstance(tensor, Value) else tensor


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function with a gradient of its own.

    Args:
        f: Takes tensors, alone or in lists, tuples or dicts; returns `(output, gradient)`, where
            `gradient(upstream)` gives, for the cotangent of `output`, one cotangent for each tensor
            among the arguments, None for those that have none.

    Returns:
        A function of the same arguments that returns `output`.

    Source: Keras 3 `keras.ops.custom_gradient`, as its JAX backend calls `gradient`.
    """

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        output, gradient = f(*args, **kwargs)
        results = [convert(leaf) for leaf in tree.flatten(output)]
        operands = [convert(leaf) for leaf in tree.flatten(args)]

        def pull_back(cotangents: Sequence[Any]) -> Sequence[Any]:
            full = [
                filled_like(result, 0) if g is None else g
                for g, result in zip(cotangents, results, strict=True)
            ]
            found = gradient(tree.pack_sequence_as(output, full))
            listed = tree.flatten(found)
            if len(listed) != len(operands):
                raise ValueError(
                    f"custom_gradient: the gradient must return {len(operands)} cotangents, one a "
                    f"tensor among the arguments; got {len(listed)}"
                )
            return [None if g is None else convert(g) for g in listed]

        marked = markers.custom_gradient(
            *results, *operands, count=len(results), gradient=pull_back
        )
        return tree.pack_sequence_as(output, marked)

    return call
