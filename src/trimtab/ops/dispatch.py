"""What every op does first: conversion to tensors, promotion, broadcasting, symbolic recording."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import Value
from trimtab.ir.tensor import Array, KerasTensor, Tensor
from trimtab.primitives import elementwise
from trimtab.primitives.layout import reshape
from trimtab.primitives.reduction import broadcast_to
from trimtab.primitives.source import filled

Function = TypeVar("Function", bound=Callable[..., Any])

# Set by core.operation: how an op applied to a KerasTensor becomes part of a functional model.
RECORDERS: list[Callable[..., Any]] = []
# Set by core.settings: the type of Python floats.
FLOATX: list[str] = ["float32"]
# Set by core.settings: how far probabilities are kept from 0 and 1.
EPSILON: list[float] = [1e-7]


def any_symbolic(arguments: Any) -> bool:
    """Whether a KerasTensor is among `arguments` or inside a list, tuple or dict of them."""
    for x in arguments:
        kind = type(x)
        if kind is KerasTensor:
            return True
        if (kind is list or kind is tuple) and any_symbolic(x):
            return True
        if kind is dict and any_symbolic(x.values()):
            return True
    return False


def op(function: Function) -> Function:
    """Makes a function of tensors a public op: applied to a KerasTensor, it records itself."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if any_symbolic(args) or (kwargs and any_symbolic(kwargs.values())):
            return RECORDERS[0](call, args, kwargs)
        return function(*args, **kwargs)

    return cast(Function, call)


def convert(x: Any, dtype: str | None = None) -> Tensor:
    """`x` as a tensor; Python numbers take floatx, int32 or bool unless `dtype` says otherwise.

    Raises:
        ValueError: For None, text and object arrays, which no op can take.
    """
    if isinstance(x, Tensor):
        tensor = x.as_tensor()
    elif x is None:
        raise ValueError("ops: None cannot be turned into a tensor; an argument is missing")
    else:
        tensor = Array(_to_array(x, dtype))
    if dtype is not None and tensor.dtype != dtype:
        return elementwise.cast(tensor, dtype=dtype)  # type: ignore[no-any-return]
    return tensor


def _to_array(x: Any, dtype: str | None) -> np.ndarray[Any, Any]:
    if isinstance(x, (list, tuple)) and any(isinstance(e, Tensor) for e in x):
        parts = [convert(e) for e in x]
        if not any(isinstance(p, Value) for p in parts):
            x = [p.array for p in parts]  # type: ignore[attr-defined]
    array = np.asarray(x)
    kind = array.dtype.kind
    if kind not in "fiub":
        raise ValueError(
            f"ops: cannot make a tensor of {type(x).__name__} with element type {array.dtype}; "
            "encode text and objects as numbers first"
        )
    if dtype is None and not hasattr(x, "dtype"):
        dtype = FLOATX[0] if kind == "f" else "int32" if kind in "iu" else "bool"
        if kind in "iu" and array.size and (array.max() > 2**31 - 1 or array.min() < -(2**31)):
            dtype = "int64"
    if dtype is not None and array.dtype != dtype:
        array = array.astype(dtype)
    return array


def weak_type(x: Any) -> Any:
    """The type that `x` brings to a promotion: a name, or `int`, `float`, `bool` for Python numbers."""
    kind = type(x)
    if kind is float or kind is int or kind is bool:
        return kind
    if isinstance(x, (Tensor, np.ndarray, np.generic)):
        return x.dtype if isinstance(x, Tensor) else x.dtype.name
    return convert(x).dtype


def common_type(*xs: Any) -> str:
    """The type that operands are brought to."""
    return dtypes.result_type(*[weak_type(x) for x in xs], floatx=FLOATX[0])


def common_float_type(*xs: Any) -> str:
    """`common_type`, with integers and bools becoming floatx."""
    dtype = common_type(*xs)
    return dtype if dtypes.is_float(dtype) else FLOATX[0]


def broadcast_shape(shapes: Sequence[tuple[int, ...]], name: str = "ops") -> tuple[int, ...]:
    """The shape that NumPy's rules give operands of `shapes`."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listed = ", ".join(str(tuple(s)) for s in shapes)
        raise ValueError(f"{name}: shapes {listed} cannot be broadcast together") from None


def broadcast(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`x` repeated to `shape`."""
    if x.shape == shape:
        return x
    # A uniform constant stays uniform: engines then see one number, not an array.
    if type(x) is Array and x.array.ndim == 0:
        return filled(shape, x.array.item(), x.dtype)
    return broadcast_to(x, shape=shape)  # type: ignore[no-any-return]


def lift(name: str, dtype: str, *xs: Any) -> list[Tensor]:
    """Operands brought to `dtype` and to their common shape."""
    tensors: list[Any] = []
    shapes: list[tuple[int, ...]] = []
    for x in xs:
        kind = type(x)
        if kind is float or kind is int or kind is bool:
            tensors.append(x)
            continue
        tensor = convert(x, dtype)
        tensors.append(tensor)
        shapes.append(tensor.shape)
    shape = shapes[0] if shapes else ()
    for other in shapes[1:]:
        if other != shape:
            shape = broadcast_shape(shapes, name)
            break
    return [
        broadcast(t, shape) if isinstance(t, Tensor) else filled(shape, t, dtype) for t in tensors
    ]


def canonical_axis(axis: int, ndim: int, name: str) -> int:
    """`axis` counted from the front.

    Raises:
        ValueError: If there is no such axis.
    """
    position = axis + ndim if axis < 0 else axis
    if not 0 <= position < ndim:
        raise ValueError(f"{name}: `axis` must lie in [{-ndim}, {ndim}) for {ndim} axes; got {axis}")
    return int(position)


def canonical_axes(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """The axes that `axis` (None for all, an int, or several) names, in order, counted from the front."""
    if axis is None:
        return tuple(range(ndim))
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(sorted({canonical_axis(a, ndim, name) for a in listed}))


def expand(x: Tensor, axes: Sequence[int]) -> Tensor:
    """`x` with axes of size 1 put back where a reduction over `axes` removed them."""
    shape = list(x.shape)
    for axis in axes:
        shape.insert(axis, 1)
    return reshape(x, shape=tuple(shape))  # type: ignore[no-any-return]
