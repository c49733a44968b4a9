"""Primitives that move elements without changing them, each beside its transpose."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec


def _infer_reshape(x: Spec, *, shape: tuple[int, ...]) -> Spec:
    if math.prod(x.shape) != math.prod(shape):
        raise ValueError(
            f"reshape: the shapes must have equal numbers of elements; got {x} and {tuple(shape)}, "
            f"{math.prod(x.shape)} and {math.prod(shape)}"
        )
    return Spec(tuple(shape), x.dtype)


reshape: Primitive = Primitive(
    "reshape",
    _infer_reshape,
    lambda xp, x, *, shape: xp.reshape(x, shape),
    lambda g, out, x, *, shape: (reshape(g, shape=x.shape),),
    lambda: [Sample((np.arange(6.0),), {"shape": (2, 3)}, np.array([[0.0, 1, 2], [3, 4, 5]]))],
)


def _infer_transpose(x: Spec, *, axes: tuple[int, ...]) -> Spec:
    if sorted(axes) != list(range(len(x.shape))):
        raise ValueError(
            f"transpose: `axes` must be a permutation of the {len(x.shape)} axes; got {axes}"
        )
    return Spec(tuple(x.shape[a] for a in axes), x.dtype)


transpose: Primitive = Primitive(
    "transpose",
    _infer_transpose,
    lambda xp, x, *, axes: xp.transpose(x, axes),
    lambda g, out, x, *, axes: (transpose(g, axes=tuple(int(a) for a in np.argsort(axes))),),
    lambda: [
        Sample((np.array([[1.0, 2], [3, 4]]),), {"axes": (1, 0)}, np.array([[1.0, 3], [2, 4]])),
        Sample((np.arange(24.0).reshape(2, 3, 4),), {"axes": (2, 0, 1)}),
    ],
)


def _infer_slice(x: Spec, *, start: Any, stop: Any, stride: Any) -> Spec:
    for dim, low, high, step in zip(x.shape, start, stop, stride, strict=True):
        if not (0 <= low <= high <= dim and step >= 1):
            raise ValueError(f"slice: {start}:{stop}:{stride} lies outside {x}")
    shape = tuple(-(-(h - low) // s) for low, h, s in zip(start, stop, stride, strict=True))
    return Spec(shape, x.dtype)


def _evaluate_slice(xp: Any, x: Any, *, start: Any, stop: Any, stride: Any) -> Any:
    return x[tuple(slice(*s) for s in zip(start, stop, stride, strict=True))]


def _slice_vjp(g: Any, out: Any, x: Any, *, start: Any, stop: Any, stride: Any) -> Any:
    covered = [
        low + (n - 1) * s + 1 if n else low
        for low, n, s in zip(start, out.shape, stride, strict=True)
    ]
    return (
        pad(
            g,
            low=tuple(start),
            high=tuple(dim - c for dim, c in zip(x.shape, covered, strict=True)),
            interior=tuple(s - 1 for s in stride),
        ),
    )


slice_ = Primitive(
    "slice",
    _infer_slice,
    _evaluate_slice,
    _slice_vjp,
    lambda: [
        Sample(
            (np.arange(6.0),),
            {"start": (1,), "stop": (6,), "stride": (2,)},
            np.array([1.0, 3.0, 5.0]),
        ),
        Sample(
            (np.arange(20.0).reshape(4, 5),), {"start": (0, 1), "stop": (4, 4), "stride": (3, 2)}
        ),
    ],
)


def _infer_pad(x: Spec, *, low: Any, high: Any, interior: Any) -> Spec:
    shape = tuple(
        lo + dim + max(dim - 1, 0) * between + hi
        for dim, lo, hi, between in zip(x.shape, low, high, interior, strict=True)
    )
    if any(v < 0 for v in (*low, *high, *interior)):
        raise ValueError(f"pad: amounts must not be negative; got {low}, {high}, {interior}")
    return Spec(shape, x.dtype)


def _evaluate_pad(xp: Any, x: Any, *, low: Any, high: Any, interior: Any) -> Any:
    for axis, between in enumerate(interior):
        if between and x.shape[axis] > 1:
            head = [(0, 0)] * (x.ndim + 1)
            head[axis + 1] = (0, between)
            spread = xp.pad(xp.expand_dims(x, axis + 1), head)
            shape = list(x.shape)
            shape[axis] *= between + 1
            merged = xp.reshape(spread, shape)
            x = merged[(slice(None),) * axis + (slice(0, shape[axis] - between),)]
    return xp.pad(x, list(zip(low, high, strict=True)))


def _pad_vjp(g: Any, out: Any, x: Any, *, low: Any, high: Any, interior: Any) -> Any:
    stop = tuple(dim - hi for dim, hi in zip(out.shape, high, strict=True))
    return (slice_(g, start=tuple(low), stop=stop, stride=tuple(i + 1 for i in interior)),)


pad = Primitive(
    "pad",
    _infer_pad,
    _evaluate_pad,
    _pad_vjp,
    lambda: [
        Sample(
            (np.array([1.0, 2.0]),),
            {"low": (1,), "high": (2,), "interior": (1,)},
            np.array([0.0, 1, 0, 2, 0, 0]),
        ),
        Sample((np.ones((2, 3)),), {"low": (0, 1), "high": (1, 0), "interior": (2, 0)}),
    ],
)
"""Zeros added before (`low`), after (`high`) and between (`interior`) the elements of each axis."""

flip: Primitive = Primitive(
    "flip",
    lambda x, *, axes: x,
    lambda xp, x, *, axes: xp.flip(x, axes),
    lambda g, out, x, *, axes: (flip(g, axes=axes),),
    lambda: [Sample((np.array([[1.0, 2], [3, 4]]),), {"axes": (1,)}, np.array([[2.0, 1], [4, 3]]))],
)


def _infer_concatenate(*xs: Spec, axis: int) -> Spec:
    first = xs[0]
    for x in xs[1:]:
        same = x.shape[:axis] + x.shape[axis + 1 :] == first.shape[:axis] + first.shape[axis + 1 :]
        if not same or x.dtype != first.dtype or len(x.shape) != len(first.shape):
            raise ValueError(
                f"concatenate: shapes must agree in all axes but {axis}; got {first} and {x}"
            )
    total = sum(x.shape[axis] for x in xs)
    return Spec((*first.shape[:axis], total, *first.shape[axis + 1 :]), first.dtype)


def _concatenate_vjp(g: Any, out: Any, *xs: Any, axis: int) -> Any:
    pieces, offset = [], 0
    for x in xs:
        start, stop = [0] * len(g.shape), list(g.shape)
        start[axis], stop[axis] = offset, offset + x.shape[axis]
        offset = stop[axis]
        pieces.append(slice_(g, start=tuple(start), stop=tuple(stop), stride=(1,) * len(start)))
    return tuple(pieces)


concatenate = Primitive(
    "concatenate",
    _infer_concatenate,
    lambda xp, *xs, axis: xp.concatenate(xs, axis=axis),
    _concatenate_vjp,
    lambda: [
        Sample(
            (np.array([[1.0], [2]]), np.array([[3.0, 4], [5, 6]])),
            {"axis": 1},
            np.array([[1.0, 3, 4], [2, 5, 6]]),
        )
    ],
)
