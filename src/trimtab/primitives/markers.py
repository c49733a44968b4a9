"""Identities that only differentiation sees: numbers pass through them unchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec

stop_gradient = Primitive(
    "stop_gradient",
    lambda x: x,
    lambda xp, x: x,
    lambda g, out, x: (None,),
    lambda: [Sample((np.array([1.0, -2.0]),), {}, np.array([1.0, -2.0]), differentiable=False)],
)
"""The operand, as a constant to differentiation."""

Gradient = Callable[[Sequence[Any]], Sequence[Any]]


def _no_gradient(cotangents: Sequence[Any]) -> Sequence[Any]:
    return (None,)


def _infer_custom(*operands: Spec, count: int, gradient: Gradient) -> Any:
    return operands[:count]


custom_gradient = Primitive(
    "custom_gradient",
    _infer_custom,
    lambda xp, *operands, count, gradient: operands[:count],
    lambda g, out, *operands, count, gradient: (None,) * count + tuple(gradient(g)),
    lambda: [
        Sample(
            (np.array([1.0, -2.0]), np.array([3.0])),
            {"count": 1, "gradient": _no_gradient},
            (np.array([1.0, -2.0]),),
            differentiable=False,
        )
    ],
    multiple=True,
)
"""The first `count` operands; `gradient` turns their cotangents into those of the others."""
