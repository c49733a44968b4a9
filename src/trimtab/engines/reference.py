"""The reference engine: every primitive by its NumPy definition; slow, the meaning of a graph."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from trimtab.engines.base import Arrays, Batches
from trimtab.ir.graph import Graph, constant_of, is_leaf, topological_order


class ReferenceExecutable:
    """Interprets a graph node by node."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._nodes = [n for n in topological_order(graph.results) if not is_leaf(n)]
        self._constants = {
            id(v): c for n in self._nodes for v in n.inputs if (c := constant_of(v)) is not None
        }
        for value in graph.results:
            known = constant_of(value)
            if known is not None:
                self._constants[id(value)] = known

    def run(
        self, inputs: Arrays, states: Arrays, version: object = None
    ) -> list[np.ndarray[Any, Any]]:
        """Outputs for `inputs`; updates `states` in place."""
        values: dict[int, Any] = dict(self._constants)
        values.update({id(v): a for v, a in zip(self._graph.inputs, inputs, strict=True)})
        values.update({id(v): a for v, a in zip(self._graph.states, states, strict=True)})
        for node in self._nodes:
            operands = [values[id(v)] for v in node.inputs]
            specs: Any = tuple(v.spec for v in node.outputs)
            primitive = node.primitive
            specs = specs if primitive.multiple else specs[0]
            results = primitive.results(specs, operands, node.attrs)
            for value, array in zip(node.outputs, results, strict=True):
                values[id(value)] = np.asarray(array)
        outputs = [np.array(values[id(v)]) for v in self._graph.outputs]
        for index, new in [(i, np.array(values[id(v)])) for i, v in self._graph.updates]:
            np.copyto(states[index], new)
        return outputs

    def run_batches(
        self,
        batches: Batches,
        states: Arrays,
        first_row: int,
        count: int,
        seconds: float,
        version: object = None,
    ) -> int:
        """Runs up to `count` batches; see `Executable.run_batches`."""
        started = time.monotonic()
        size = batches.batch_size
        for number in range(count):
            start = first_row + number * size
            rows: Any = slice(start, start + size)
            picked = rows if batches.order is None else batches.order[rows]
            inputs = [
                np.asarray(source[picked]).astype(value.dtype)
                for source, value in zip(batches.sources, self._graph.inputs, strict=True)
            ]
            outputs = self.run(inputs, states)
            for kept, output in zip(batches.results, outputs, strict=False):
                kept[rows] = output
            if seconds and time.monotonic() - started > seconds:
                return number + 1
        return count


class ReferenceEngine:
    """Runs graphs by their definition."""

    name = "reference"

    def compile(self, graph: Graph) -> ReferenceExecutable:
        """A graph that `run` interprets."""
        return ReferenceExecutable(graph)


ENGINE = ReferenceEngine()
