"""Statistics of several batches taken together, as if their rows had been one batch."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core.scope import trace_scope
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor

_SCOPE = threading.local()


@contextlib.contextmanager
def pooled_statistics() -> Iterator[list[Any]]:
    """While the block runs, Batch Normalizations pool their statistics instead of moving them.

    Yields:
        The layers that did, each once.
    """
    outer = getattr(_SCOPE, "layers", None)
    layers: list[Any] = []
    _SCOPE.layers = layers
    try:
        yield layers
    finally:
        _SCOPE.layers = outer


def pooling_layers() -> list[Any] | None:
    """The list of the scope at work, None outside of any."""
    found: list[Any] | None = getattr(_SCOPE, "layers", None)
    return found


class Pool:
    """Count, mean and biased variance of the rows of all batches since it was cleared.

    Source: T. Chan, G. Golub, R. LeVeque, "Algorithms for computing the sample variance" (1983),
    equations 1.5: they stay exact where a difference of sums of squares cancels.
    """

    def __init__(self, channels: int, dtype: str) -> None:
        def zeros(shape: tuple[int, ...], name: str) -> Variable:
            with trace_scope(None):
                return Variable(np.zeros(shape, dtype), dtype=dtype, trainable=False, name=name)

        self._count = zeros((), "pooled_count")
        self._mean = zeros((channels,), "pooled_mean")
        self._squares = zeros((channels,), "pooled_squares")

    def add(self, mean: Tensor, variance: Tensor, count: Any) -> None:
        """Takes in a batch of `count` rows with this mean and biased variance a channel."""
        dtype = self._count.dtype
        mean, variance, count = (ops.cast(v, dtype) for v in (mean, variance, count))
        total = self._count + count
        share = count / total
        apart = mean - self._mean
        squares = self._squares + variance * count + ops.square(apart) * (self._count * share)
        self._mean.assign(self._mean + apart * share)
        self._squares.assign(squares)
        self._count.assign(total)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and biased variance a channel."""
        return self._mean.value, self._squares / self._count

    def clear_if(self, condition: Any) -> None:
        """Starts anew where `condition` holds."""
        for variable in (self._count, self._mean, self._squares):
            variable.assign(ops.where(condition, ops.zeros_like(variable), variable))
