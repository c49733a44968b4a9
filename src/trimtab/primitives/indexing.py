"""Primitives that read and write by index: gather with its transpose scatter_add, and argsort."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec
from trimtab.primitives.layout import reshape

_INDEX_TYPES = ("int32", "int64")


def _infer_gather(x: Spec, indices: Spec, *, axis: int) -> Spec:
    if indices.dtype not in _INDEX_TYPES:
        raise ValueError(f"gather: indices must be int32 or int64; got {indices}")
    if not 0 <= axis < len(x.shape) or x.shape[axis] == 0:
        raise ValueError(f"gather: need a non-empty axis; got axis {axis} of {x}")
    return Spec((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype)


def _evaluate_gather(xp: Any, x: Any, indices: Any, *, axis: int) -> Any:
    return xp.take(x, xp.clip(indices, 0, x.shape[axis] - 1), axis=axis)


def _gather_vjp(g: Any, out: Any, x: Any, indices: Any, *, axis: int) -> Any:
    count = math.prod(indices.shape)
    updates = reshape(g, shape=(*x.shape[:axis], count, *x.shape[axis + 1 :]))
    flat = reshape(indices, shape=(count,))
    return scatter_add(flat, updates, size=x.shape[axis], axis=axis), None


gather = Primitive(
    "gather",
    _infer_gather,
    _evaluate_gather,
    _gather_vjp,
    lambda: [
        Sample(
            (np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([2, 0], np.int32)),
            {"axis": 0},
            np.array([[5.0, 6], [1, 2]]),
        ),
        Sample(
            (np.arange(12.0).reshape(2, 3, 2), np.array([[0, 2], [1, 1]], np.int64)), {"axis": 1}
        ),
    ],
)
"""Rows of `x` along `axis`; an index outside the axis is moved to its nearest end, as JAX does."""


def _infer_scatter(indices: Spec, updates: Spec, *, size: int, axis: int) -> Spec:
    if indices.dtype not in _INDEX_TYPES or len(indices.shape) != 1:
        raise ValueError(f"scatter_add: indices must be one axis of int32 or int64; got {indices}")
    if not 0 <= axis < len(updates.shape) or updates.shape[axis] != indices.shape[0]:
        raise ValueError(
            f"scatter_add: axis {axis} of {updates} must have {indices.shape[0]} entries"
        )
    return Spec((*updates.shape[:axis], size, *updates.shape[axis + 1 :]), updates.dtype)


def _evaluate_scatter(xp: Any, indices: Any, updates: Any, *, size: int, axis: int) -> Any:
    shape = (size, *updates.shape[:axis], *updates.shape[axis + 1 :])
    moved = xp.moveaxis(updates, axis, 0)
    clipped = xp.clip(indices, 0, size - 1)
    if xp is np:
        result = np.zeros(shape, updates.dtype)
        np.add.at(result, clipped, moved)
    else:
        result = xp.zeros(shape, updates.dtype).at[clipped].add(moved)
    return xp.moveaxis(result, 0, axis)


scatter_add = Primitive(
    "scatter_add",
    _infer_scatter,
    _evaluate_scatter,
    lambda g, out, indices, updates, *, size, axis: (None, gather(g, indices, axis=axis)),
    lambda: [
        Sample(
            (np.array([1, 1, 0], np.int32), np.array([1.0, 2.0, 3.0])),
            {"size": 3, "axis": 0},
            np.array([3.0, 3.0, 0.0]),
        ),
        Sample((np.array([2, 0], np.int64), np.arange(4.0).reshape(2, 2)), {"size": 3, "axis": 1}),
    ],
)
"""Zeros of `size` along `axis`, to which each update is added at its index."""


def _infer_argsort(x: Spec, *, axis: int) -> Spec:
    if not 0 <= axis < len(x.shape):
        raise ValueError(f"argsort: `axis` must be an axis of {x}; got {axis}")
    return Spec(x.shape, "int32")


argsort = Primitive(
    "argsort",
    _infer_argsort,
    lambda xp, x, *, axis: xp.argsort(x, axis=axis, stable=True).astype("int32"),
    samples=lambda: [
        Sample((np.array([[3.0, 1.0, 2.0, 1.0]]),), {"axis": 1}, np.array([[1, 3, 2, 0]], np.int32))
    ],
)
"""Positions that sort `x` along `axis`, equal elements in their order."""
