"""Graphs with bfloat16 on kernels of float32: numbers are converted at the graph's edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.engines.base import Arrays, Batches, Executable
from trimtab.ir.graph import Graph


class WidenedExecutable:
    """A graph that was widened, behind the types of the graph that it stands for.

    Args:
        graph: The graph as it was.
        inner: The widened one.
    """

    def __init__(self, graph: Graph, inner: Executable) -> None:
        self._inner = inner
        self._outputs = [v.dtype for v in graph.outputs]
        self._halves = [i for i, v in enumerate(graph.states) if v.dtype == "bfloat16"]
        self._written = {i for i, _ in graph.updates}.intersection(self._halves)
        self._wide: list[np.ndarray[Any, Any]] = []
        self._source: Arrays | None = None

    def _states(self, states: Arrays) -> Arrays:
        """The states, those of bfloat16 as copies in float32."""
        if not self._halves:
            return states
        if states is not self._source:
            self._wide = [s.astype(dtypes.wide(s.dtype.name), copy=False) for s in states]
            self._source = states
        for index in self._halves:
            np.copyto(self._wide[index], states[index])
        return self._wide

    def _write_back(self, states: Arrays) -> None:
        for index in self._written:
            np.copyto(states[index], self._wide[index], casting="unsafe")

    def run(
        self, inputs: Arrays, states: Arrays, version: object = None
    ) -> list[np.ndarray[Any, Any]]:
        """As `Executable.run`."""
        outputs = self._inner.run(inputs, self._states(states), version)
        self._write_back(states)
        return [o.astype(kind, copy=False) for o, kind in zip(outputs, self._outputs, strict=True)]

    def run_batches(
        self,
        batches: Batches,
        states: Arrays,
        first_row: int,
        count: int,
        seconds: float,
        version: object = None,
    ) -> int:
        """As `Executable.run_batches`."""
        sources = [s.astype(dtypes.wide(s.dtype.name), copy=False) for s in batches.sources]
        results = [
            np.empty(r.shape, "float32") if r.dtype == "bfloat16" else r for r in batches.results
        ]
        wide = batches._replace(sources=sources, results=results)
        done = self._inner.run_batches(
            wide, self._states(states), first_row, count, seconds, version
        )
        self._write_back(states)
        rows = slice(first_row, first_row + done * batches.batch_size)
        for target, result in zip(batches.results, results, strict=True):
            if target is not result:
                np.copyto(target[rows], result[rows], casting="unsafe")
        return done
