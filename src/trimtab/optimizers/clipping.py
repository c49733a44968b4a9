"""Bounds on the size of gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.ir.tensor import Tensor


def clip_by_norm(gradient: Any, limit: float) -> Tensor:
    """`gradient`, scaled down to the Euclidean norm `limit` if it is longer."""
    given = ops.convert_to_tensor(gradient)
    norm = ops.sqrt(ops.sum(ops.square(given)))
    return given * (limit / ops.maximum(norm, limit))


def clip_by_global_norm(gradients: Sequence[Any], limit: float) -> list[Tensor]:
    """`gradients`, all scaled by one factor so that their joint Euclidean norm is at most `limit`.

    A norm that is not finite makes all of them NaN, so that it shows.
    """
    norm = ops.sqrt(sum(ops.sum(ops.square(g)) for g in gradients))
    scale = limit * ops.minimum(1.0 / norm, 1.0 / limit) + (norm - norm)
    return [g * scale for g in gradients]
