"""Ops on tensors as such: conversion, shape, gradients' edge, loops over structures."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import Primitive, Sample, Value
from trimtab.ir.tensor import Array, KerasTensor, Tensor
from trimtab.ops.dispatch import convert, op

_stop_gradient = Primitive(
    "stop_gradient",
    lambda x: x,
    lambda xp, x: x,
    lambda g, out, x: (None,),
    samples=lambda: [Sample((np.array([1.0, -2.0]),), {}, np.array([1.0, -2.0]), differentiable=False)],
)


@op
def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Tensor:
    """`x` (array, number, nested list, variable) as a tensor of `dtype`.

    Raises:
        ValueError: For sparse or ragged tensors, and for text or objects.
    """
    if sparse or ragged:
        raise ValueError("convert_to_tensor: sparse and ragged tensors are not supported")
    return convert(x, None if dtype is None else dtypes.standardize(dtype))


def convert_to_numpy(x: Any) -> np.ndarray[Any, Any]:
    """The numbers of `x` as a NumPy array of its own."""
    return np.array(convert(x))


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor: concrete, traced or symbolic."""
    return isinstance(x, Tensor)


def shape(x: Any) -> tuple[Any, ...]:
    """Sizes of the axes, None where a functional model leaves one open."""
    return x.shape if isinstance(x, KerasTensor) else convert(x).shape


def ndim(x: Any) -> int:
    """Number of axes."""
    return len(shape(x))


def dtype(x: Any) -> str:
    """Name of the element type."""
    return x.dtype if isinstance(x, KerasTensor) else convert(x).dtype


@op
def stop_gradient(variable: Any) -> Tensor:
    """The same numbers, as a constant to differentiation."""
    tensor = convert(variable)
    return _stop_gradient(tensor) if isinstance(tensor, Value) else Array(tensor.array)  # type: ignore[attr-defined,no-any-return]


@op
def identity(x: Any) -> Tensor:
    """The tensor itself."""
    return convert(x)
