"""What every op does first: conversion to tensors, promotion, broadcasting, symbolic recording."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import Recorded, Value
from trimtab.ir.tensor import Array, KerasTensor, Tensor, name_of
from trimtab.primitives import elementwise
from trimtab.primitives.layout import concatenate, reshape
from trimtab.primitives.reduction import broadcast_to
from trimtab.primitives.source import filled

Function = TypeVar("Function", bound=Callable[..., Any])

# Set by core.operation: how an op applied to a KerasTensor becomes part of a functional model.
RECORDERS: list[Callable[..., Any]] = []
# Set by core.settings: the type of Python floats.
FLOATX: list[str] = ["float32"]
# Set by core.settings: how far probabilities are kept from 0 and 1.
EPSILON: list[float] = [1e-7]

# Python's numbers promote nothing. NumPy's default scalars, which its reductions return, count as
# the Python numbers that they stand for; else `x / np.sqrt(n)` would turn float32 to float64.
_WEAK: dict[type, Any] = {
    float: float,
    int: int,
    bool: bool,
    np.float64: float,
    np.int64: int,
    np.bool_: bool,
}
_INT32 = np.iinfo(np.int32)


def any_symbolic(arguments: Any) -> bool:
    """Whether a KerasTensor is among `arguments` or inside a list, tuple or dict of them."""
    for x in arguments:
        kind = type(x)
        if kind is Value:
            continue
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
    if type(x) is Value:
        tensor: Tensor = x
    elif isinstance(x, Tensor):
        tensor = x.as_tensor()
    elif x is None:
        raise ValueError("ops: None cannot be turned into a tensor; an argument is missing")
    elif isinstance(x, (list, tuple)) and _holds_value(x):
        tensor = _stacked(x)
    else:
        return Array(_to_array(x, dtype))
    if dtype is not None and tensor.dtype != dtype:
        return elementwise.cast(tensor, dtype=dtype)
    return tensor


def _holds_value(parts: Sequence[Any]) -> bool:
    return any(
        isinstance(p.as_tensor(), Value)
        if isinstance(p, Tensor)
        else isinstance(p, (list, tuple)) and _holds_value(p)
        for p in parts
    )


def _stacked(parts: Sequence[Any]) -> Tensor:
    dtype = common_type(*parts)
    rows = [convert(p, dtype) for p in parts]
    return concatenate(*[expand(row, (0,)) for row in rows], axis=0)


def _to_array(x: Any, dtype: str | None) -> np.ndarray[Any, Any]:
    if isinstance(x, (list, tuple)) and any(isinstance(e, Tensor) for e in x):
        x = [np.asarray(e) for e in x]
    try:
        array = np.asarray(x)
    except (TypeError, ValueError) as error:
        raise ValueError(f"ops: cannot make a tensor of {type(x).__name__}: {error}") from error
    kind = array.dtype.kind
    is_known = kind in "fiub" and array.dtype.itemsize <= 8
    if array.dtype.name == "bfloat16":
        # An array of it may be the first that is heard of it.
        dtypes.standardize(array.dtype)
    elif not is_known:
        raise ValueError(
            f"ops: cannot make a tensor of {type(x).__name__} with element type {array.dtype}; "
            "encode text and objects as numbers first"
        )
    if dtype is None and not hasattr(x, "dtype"):
        dtype = _default_type(array)
    if dtype is not None and array.dtype != dtype:
        return array.astype(dtype)
    # Kernels read native bytes only.
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _default_type(array: np.ndarray[Any, Any]) -> str:
    """The type that nested Python numbers take."""
    kind = array.dtype.kind
    if kind == "f":
        return FLOATX[0]
    if kind == "b":
        return "bool"
    fits = not array.size or (array.max() <= _INT32.max and array.min() >= _INT32.min)
    return "int32" if fits else "int64"


def floating(x: Any) -> Tensor:
    """`x` as a floating tensor: integers and bools become floatx."""
    tensor = convert(x)
    if dtypes.is_float(tensor.dtype):
        return tensor
    return elementwise.cast(tensor, dtype=FLOATX[0])


def numeric(x: Any) -> Tensor:
    """`x` as a tensor of numbers: bools become int32."""
    tensor = convert(x)
    return elementwise.cast(tensor, dtype="int32") if tensor.dtype == "bool" else tensor


def concrete(x: Any, owner: str, what: str) -> np.ndarray[Any, Any]:
    """The numbers of `x`.

    Raises:
        ValueError: If `x` is traced: `what` must then be known when the step is traced.
    """
    tensor = convert(x)
    if not isinstance(tensor, (Array, Recorded)):
        raise ValueError(
            f"{owner}: {what} must be known when a step is traced; got a traced tensor of shape "
            f"{tensor.shape}. Give it as a number or NumPy array, or run the step eagerly."
        )
    return tensor.array


def weak_type(x: Any) -> Any:
    """The type that `x` brings to a promotion: a name, or `int`, `float`, `bool` for numbers."""
    weak = _WEAK.get(type(x))
    if weak is not None:
        return weak
    if isinstance(x, Tensor):
        return x.as_tensor().dtype
    if isinstance(x, (np.ndarray, np.generic)):
        return name_of(x.dtype)
    return convert(x).dtype


def common_type(*xs: Any) -> str:
    """The type that operands are brought to."""
    return _result_type(tuple([weak_type(x) for x in xs]), FLOATX[0])


@functools.lru_cache(maxsize=4096)
def _result_type(types: tuple[Any, ...], floatx: str) -> str:
    return dtypes.result_type(*types, floatx=floatx)


def common_float_type(*xs: Any) -> str:
    """`common_type`, with integers and bools becoming floatx."""
    dtype = common_type(*xs)
    return dtype if dtypes.is_float(dtype) else FLOATX[0]


def broadcast_shape(shapes: Sequence[tuple[int, ...]], name: str = "ops") -> tuple[int, ...]:
    """The shape that NumPy's rules give operands of `shapes`."""
    # NumPy's broadcast_shapes builds arrays to find this out, which takes ten times as long.
    ndim = max(map(len, shapes))
    result = [1] * ndim
    for shape in shapes:
        for place, dim in enumerate(shape, ndim - len(shape)):
            if dim != 1 and dim != result[place]:
                if result[place] != 1:
                    listed = ", ".join(str(tuple(s)) for s in shapes)
                    raise ValueError(f"{name}: shapes {listed} cannot be broadcast together")
                result[place] = dim
    return tuple(result)


def broadcast(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`x` repeated to `shape`."""
    if x.shape == shape:
        return x
    # A uniform constant stays uniform: engines then see one number, not an array.
    if type(x) is Array and x.array.ndim == 0:
        return filled(shape, x.array.item(), x.dtype)
    return broadcast_to(x, shape=shape)


def lift(name: str, dtype: str, *xs: Any) -> list[Tensor]:
    """Operands brought to `dtype` and to their common shape."""
    tensors: list[Any] = []
    shape: tuple[int, ...] | None = None
    for x in xs:
        if type(x) in _WEAK:
            tensors.append(x)
            continue
        tensor = convert(x, dtype)
        tensors.append(tensor)
        if shape is None or shape == ():
            shape = tensor.shape
        elif tensor.shape != shape and tensor.shape != ():
            shape = broadcast_shape([shape, tensor.shape], name)
    wanted: tuple[int, ...] = shape or ()
    return [filled(wanted, t, dtype) if type(t) in _WEAK else broadcast(t, wanted) for t in tensors]


def canonical_axis(axis: int, ndim: int, name: str) -> int:
    """`axis` counted from the front.

    Raises:
        ValueError: If there is no such axis.
    """
    position = axis + ndim if axis < 0 else axis
    if not 0 <= position < ndim:
        raise ValueError(
            f"{name}: `axis` must lie in [{-ndim}, {ndim}) for {ndim} axes; got {axis}"
        )
    return int(position)


def canonical_axes(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """The axes that `axis` (None for all, an int, or several) names, in order, from the front.

    Raises:
        ValueError: If there is no such axis, or one is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int:
        return (canonical_axis(axis, ndim, name),)
    if not isinstance(axis, (tuple, list)):
        return (canonical_axis(int(axis), ndim, name),)
    axes = sorted(canonical_axis(a, ndim, name) for a in axis)
    if len(set(axes)) != len(axes):
        raise ValueError(f"{name}: `axis` names an axis twice; got {tuple(axis)} for {ndim} axes")
    return tuple(axes)


def expand(x: Tensor, axes: Sequence[int]) -> Tensor:
    """`x` with axes of size 1 put back where a reduction over `axes` removed them."""
    shape = list(x.shape)
    for axis in axes:
        shape.insert(axis, 1)
    return reshape(x, shape=tuple(shape))


def sizes(shape: Any) -> tuple[int, ...]:
    """`shape`, a whole number or several, as a tuple."""
    if isinstance(shape, (int, np.integer)):
        return (int(shape),)
    return tuple(int(dim) for dim in shape)
