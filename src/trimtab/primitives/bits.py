"""Numbers read as others of the same bits. No engine has kernels for it: it runs on NumPy."""

from __future__ import annotations

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import Primitive, Sample, Spec


def _infer(x: Spec, *, dtype: str) -> Spec:
    before, after = dtypes.itemsize(x.dtype), dtypes.itemsize(dtype)
    if before == after:
        return Spec(x.shape, dtype)
    if not x.shape:
        raise ValueError(
            f"view: one number of {x.dtype} has no view as {dtype}, whose numbers have {after} "
            f"bytes instead of {before}"
        )
    size = x.shape[-1] * before
    if size % after:
        raise ValueError(
            f"view: the {size} bytes of the last axis must be divisible by the {after} of a "
            f"{dtype}; got {x.dtype} of shape {x.shape}"
        )
    return Spec((*x.shape[:-1], size // after), dtype)


bitcast = Primitive(
    "bitcast",
    _infer,
    # Flattened and back, any array lies in one piece.
    lambda xp, x, dtype: xp.reshape(xp.ravel(x), x.shape).view(dtype),
    None,
    lambda: [
        Sample(
            (np.array([1.0, -2.0], "float32"),),
            {"dtype": "int32"},
            np.array([127 * 2**23, -(2**30)], "int32"),
            differentiable=False,
        )
    ],
)
"""The bits of `x` as numbers of another type; the last axis grows or shrinks with their size."""
