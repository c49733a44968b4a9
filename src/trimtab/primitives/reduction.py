"""Reductions over axes, with `broadcast_to`, the transpose of the sum."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec
from trimtab.ir.tensor import Array
from trimtab.primitives.elementwise import cast, divide, equal, multiply, where
from trimtab.primitives.layout import concatenate, reshape, slice_, transpose
from trimtab.primitives.source import filled, filled_like

Axes = tuple[int, ...]


def kept_shape(shape: tuple[int, ...], axes: Axes) -> tuple[int, ...]:
    """`shape` with size 1 on `axes`."""
    return tuple(1 if i in axes else dim for i, dim in enumerate(shape))


def spread(x: Any, shape: tuple[int, ...], axes: Axes) -> Any:
    """The result of a reduction over `axes`, repeated to the reduced operand's `shape`."""
    return broadcast_to(reshape(x, shape=kept_shape(shape, axes)), shape=shape)


def _infer_reduce(x: Spec, *, axes: Axes) -> Spec:
    for axis in axes:
        if not 0 <= axis < len(x.shape) or axes.count(axis) > 1:
            raise ValueError(f"reduction: `axes` must be distinct axes of {x}; got {axes}")
    return Spec(tuple([dim for i, dim in enumerate(x.shape) if i not in axes]), x.dtype)


def _infer_reduce_bool(x: Spec, *, axes: Axes) -> Spec:
    if x.dtype != "bool":
        raise ValueError(f"reduce_any, reduce_all: need a bool operand; got {x}")
    return _infer_reduce(x, axes=axes)


def _infer_extremum(x: Spec, *, axes: Axes) -> Spec:
    spec = _infer_reduce(x, axes=axes)
    if any(x.shape[a] == 0 for a in axes):
        raise ValueError(
            f"reduce_max, reduce_min: an empty axis has no extremum; got {x} over {axes}"
        )
    return spec


def _extremum_vjp(g: Any, out: Any, x: Any, *, axes: Axes) -> Any:
    # As JAX: equal extrema share the cotangent evenly.
    mask = cast(equal(x, spread(out, x.shape, axes)), dtype=x.dtype)
    share = divide(g, reduce_sum(mask, axes=axes))
    return (multiply(mask, spread(share, x.shape, axes)),)


def _prod_vjp(g: Any, out: Any, x: Any, *, axes: Axes) -> Any:
    """Products of the other elements, cumulated from both sides: right also at zeros."""
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    order = (*rest, *axes)
    count = math.prod(x.shape[a] for a in axes)
    flat = reshape(transpose(x, axes=order), shape=(math.prod(x.shape[a] for a in rest), count))
    others = multiply(_exclusive(flat, False), _exclusive(flat, True))
    moved = reshape(others, shape=tuple(x.shape[a] for a in order))
    back = transpose(moved, axes=tuple(int(a) for a in np.argsort(order)))
    return (multiply(back, spread(g, x.shape, axes)),)


def _exclusive(x: Any, reverse: bool) -> Any:
    """Products of all earlier (or later) elements of each row."""
    rows, count = x.shape
    one = filled_like(x, 1)
    ones = slice_(one, start=(0, 0), stop=(rows, 1), stride=(1, 1))
    if reverse:
        rest = slice_(x, start=(0, 1), stop=(rows, count), stride=(1, 1))
        return cumprod(concatenate(rest, ones, axis=1), axis=1, reverse=True)
    rest = slice_(x, start=(0, 0), stop=(rows, count - 1), stride=(1, 1))
    return cumprod(concatenate(ones, rest, axis=1), axis=1, reverse=False)


_SAMPLE = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 0.5]])

reduce_sum = Primitive(
    "reduce_sum",
    _infer_reduce,
    lambda xp, x, *, axes: xp.sum(x, axis=axes, dtype=x.dtype),
    lambda g, out, x, *, axes: (spread(g, x.shape, axes),),
    lambda: [
        Sample((_SAMPLE,), {"axes": (0,)}, np.array([4.0, 7.0, 4.5])),
        Sample((_SAMPLE,), {"axes": (0, 1)}, np.array(15.5)),
        Sample((np.arange(24.0).reshape(2, 3, 4),), {"axes": (0, 2)}),
        Sample((np.arange(24.0).reshape(2, 3, 4),), {"axes": (1,)}),
    ],
)
reduce_max = Primitive(
    "reduce_max",
    _infer_extremum,
    lambda xp, x, *, axes: xp.max(x, axis=axes) if axes else x,
    _extremum_vjp,
    lambda: [Sample((_SAMPLE,), {"axes": (1,)}, np.array([4.0, 5.0]))],
)
reduce_min = Primitive(
    "reduce_min",
    _infer_extremum,
    lambda xp, x, *, axes: xp.min(x, axis=axes) if axes else x,
    _extremum_vjp,
    lambda: [Sample((_SAMPLE,), {"axes": (1,)}, np.array([1.0, 0.5]))],
)
reduce_prod = Primitive(
    "reduce_prod",
    _infer_reduce,
    lambda xp, x, *, axes: xp.prod(x, axis=axes, dtype=x.dtype),
    _prod_vjp,
    lambda: [
        Sample((_SAMPLE,), {"axes": (1,)}, np.array([8.0, 7.5])),
        Sample((np.array([[0.0, 2.0, 3.0]]),), {"axes": (1,)}, np.array([0.0])),
    ],
)
reduce_any = Primitive(
    "reduce_any",
    _infer_reduce_bool,
    lambda xp, x, *, axes: xp.any(x, axis=axes),
    samples=lambda: [
        Sample(
            (np.array([[True, False], [False, False]]),), {"axes": (1,)}, np.array([True, False])
        )
    ],
)
reduce_all = Primitive(
    "reduce_all",
    _infer_reduce_bool,
    lambda xp, x, *, axes: xp.all(x, axis=axes),
    samples=lambda: [
        Sample((np.array([[True, False], [True, True]]),), {"axes": (1,)}, np.array([False, True]))
    ],
)


def _infer_broadcast(x: Spec, *, shape: tuple[int, ...]) -> Spec:
    tail = shape[len(shape) - len(x.shape) :]
    if len(shape) < len(x.shape) or any(
        a not in (1, b) for a, b in zip(x.shape, tail, strict=True)
    ):
        raise ValueError(f"broadcast_to: {x} cannot be broadcast to {tuple(shape)}")
    return Spec(tuple(shape), x.dtype)


def _broadcast_vjp(g: Any, out: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    lead = len(shape) - len(x.shape)
    axes = (
        *range(lead),
        *(i + lead for i, dim in enumerate(x.shape) if dim == 1 and shape[i + lead] != 1),
    )
    return (reshape(reduce_sum(g, axes=axes), shape=x.shape),)


broadcast_to = Primitive(
    "broadcast_to",
    _infer_broadcast,
    lambda xp, x, *, shape: xp.broadcast_to(x, shape),
    _broadcast_vjp,
    lambda: [
        Sample((np.array([1.0, 2.0]),), {"shape": (2, 2)}, np.array([[1.0, 2.0], [1.0, 2.0]])),
        Sample((np.array([[1.0], [2.0]]),), {"shape": (3, 2, 2)}),
    ],
)


def _infer_arg(x: Spec, *, axis: int) -> Spec:
    if not 0 <= axis < len(x.shape) or x.shape[axis] == 0:
        raise ValueError(f"argmax, argmin: need a non-empty axis; got axis {axis} of {x}")
    return Spec(x.shape[:axis] + x.shape[axis + 1 :], "int32")


argmax = Primitive(
    "argmax",
    _infer_arg,
    lambda xp, x, *, axis: xp.argmax(x, axis=axis).astype("int32"),
    samples=lambda: [Sample((_SAMPLE,), {"axis": 1}, np.array([2, 1], np.int32))],
)
argmin = Primitive(
    "argmin",
    _infer_arg,
    lambda xp, x, *, axis: xp.argmin(x, axis=axis).astype("int32"),
    samples=lambda: [Sample((_SAMPLE,), {"axis": 0}, np.array([0, 0, 1], np.int32))],
)


def _infer_cumulative(x: Spec, *, axis: int, reverse: bool) -> Spec:
    if not 0 <= axis < len(x.shape):
        raise ValueError(f"cumsum, cumprod: `axis` must be an axis of {x}; got {axis}")
    return x


def _cumulative(name: str) -> Any:
    def evaluate(xp: Any, x: Any, *, axis: int, reverse: bool) -> Any:
        function = getattr(xp, name)
        if not reverse:
            return function(x, axis=axis, dtype=x.dtype)
        return xp.flip(function(xp.flip(x, axis), axis=axis, dtype=x.dtype), axis)

    return evaluate


def _cumprod_vjp(g: Any, out: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """Sum over i of g_i times the product of out_i's other factors: right also at zeros."""
    count = x.shape[axis]
    shape = (*x.shape[:axis], count, *x.shape[axis:])
    split = (*(1,) * axis, count, count, *(1,) * (x.ndim - axis - 1))
    own = np.broadcast_to(np.eye(count, dtype=bool).reshape(split), shape)
    reach = np.tri(count, dtype=bool).T if not reverse else np.tri(count, dtype=bool)
    rows = broadcast_to(reshape(x, shape=(*x.shape[:axis], 1, *x.shape[axis:])), shape=shape)
    one = filled(shape, 1, x.dtype)
    products = cumprod(where(Array(own), one, rows), axis=axis + 1, reverse=reverse)
    weights = broadcast_to(reshape(g, shape=(*x.shape[:axis], 1, *x.shape[axis:])), shape=shape)
    kept = where(
        Array(np.broadcast_to(reach.reshape(split), shape)),
        multiply(products, weights),
        filled(shape, 0, x.dtype),
    )
    return (reduce_sum(kept, axes=(axis + 1,)),)


cumsum: Primitive = Primitive(
    "cumsum",
    _infer_cumulative,
    _cumulative("cumsum"),
    lambda g, out, x, *, axis, reverse: (cumsum(g, axis=axis, reverse=not reverse),),
    lambda: [
        Sample(
            (_SAMPLE,), {"axis": 1, "reverse": False}, np.array([[1.0, 3.0, 7.0], [3.0, 8.0, 8.5]])
        ),
        Sample((_SAMPLE,), {"axis": 0, "reverse": True}),
    ],
)
cumprod = Primitive(
    "cumprod",
    _infer_cumulative,
    _cumulative("cumprod"),
    _cumprod_vjp,
    lambda: [
        Sample(
            (_SAMPLE,), {"axis": 1, "reverse": False}, np.array([[1.0, 2.0, 8.0], [3.0, 15.0, 7.5]])
        ),
        Sample((_SAMPLE,), {"axis": 1, "reverse": True}),
    ],
)
