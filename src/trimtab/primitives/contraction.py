"""The matrix product, batched."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec


def _infer_matmul(a: Spec, b: Spec, *, transpose_a: bool, transpose_b: bool) -> Spec:
    if len(a.shape) < 2 or len(a.shape) != len(b.shape) or a.shape[:-2] != b.shape[:-2]:
        raise ValueError(
            f"matmul: operands need two or more axes and equal batch axes; got {a} and {b}"
        )
    m, k = a.shape[-2:][::-1] if transpose_a else a.shape[-2:]
    other, n = b.shape[-2:][::-1] if transpose_b else b.shape[-2:]
    if k != other or a.dtype != b.dtype:
        raise ValueError(
            f"matmul: inner sizes and dtypes must agree; got {a}{' transposed' * transpose_a} "
            f"and {b}{' transposed' * transpose_b}"
        )
    return Spec((*a.shape[:-2], m, n), a.dtype)


def _evaluate_matmul(xp: Any, a: Any, b: Any, *, transpose_a: bool, transpose_b: bool) -> Any:
    left = xp.swapaxes(a, -1, -2) if transpose_a else a
    right = xp.swapaxes(b, -1, -2) if transpose_b else b
    return xp.matmul(left, right)


def _matmul_vjp(g: Any, out: Any, a: Any, b: Any, *, transpose_a: bool, transpose_b: bool) -> Any:
    if transpose_a:
        for_a = matmul(b, g, transpose_a=transpose_b, transpose_b=True)
    else:
        for_a = matmul(g, b, transpose_a=False, transpose_b=not transpose_b)
    if transpose_b:
        for_b = matmul(g, a, transpose_a=True, transpose_b=transpose_a)
    else:
        for_b = matmul(a, g, transpose_a=not transpose_a, transpose_b=False)
    return for_a, for_b


def _samples() -> list[Sample]:
    rng = np.random.default_rng(0)
    plain = {"transpose_a": False, "transpose_b": False}
    x, w = rng.normal(size=(3, 5)), rng.normal(size=(5, 4))
    return [
        Sample(
            (np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]])),
            plain,
            np.array([[13.0, 16.0]]),
        ),
        Sample((x, w), plain),
        Sample((x.T.copy(), w), {"transpose_a": True, "transpose_b": False}),
        Sample((x, w.T.copy()), {"transpose_a": False, "transpose_b": True}),
        Sample((x.T.copy(), w.T.copy()), {"transpose_a": True, "transpose_b": True}),
        Sample((rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 5, 1))), plain),
    ]


matmul = Primitive("matmul", _infer_matmul, _evaluate_matmul, _matmul_vjp, _samples)
