"""A traced model run in stages, each computed once, with statistics set between them.

To measure a Batch Normalization exactly, all those before it must be at their new statistics. Run
from the start for each, a deep model would run half its depth for every layer. Here each value of
the trace belongs to a stage: the one after which all statistics that it depends on are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.batchnorm.observing import Array, Observation
from trimtab.core.tracing import Traced, Variant
from trimtab.ir.graph import Graph, Node, Value, is_leaf, placeholder, topological_order

Cache = dict[int, Array]


class StagedRun:
    """The stages of one traced model.

    Attributes:
        peak_bytes: Memory that the values between stages take at most.

    Args:
        observation: The traced model.
        stages: The numbers of the calls that are wanted at each stage.
    """

    def __init__(self, observation: Observation, stages: Sequence[Sequence[int]]) -> None:
        self._observation = observation
        self._stages = [list(stage) for stage in stages]
        self._graph = observation.traced.graph
        self._wanted = [self._values(stage) for stage in self._stages]
        flat = [value for stage in self._wanted for value in stage]
        self._order = topological_order(flat)
        self._levels = self._find_levels()
        self._last_use = self._find_last_uses()
        self._variants: dict[int, tuple[Variant, list[int], list[Value]]] = {}
        self.peak_bytes = self._find_peak()

    def _values(self, stage: Sequence[int]) -> list[Value]:
        calls = [self._observation.calls[number] for number in stage]
        return [v for call in calls for v in (call.inputs, call.mask) if v is not None]

    def _find_levels(self) -> dict[int, int]:
        """The stage of each node, by identity."""
        after: dict[int, int] = {}
        for number, stage in enumerate(self._stages):
            for call in stage:
                norm = self._observation.calls[call].layer
                for variable in norm._non_trainable_variables:
                    after[id(variable)] = number + 1
        levels: dict[int, int] = {}
        states = zip(self._graph.states, self._observation.traced.variables, strict=True)
        for state, variable in states:
            levels[id(state.node)] = after.get(id(variable), 0)
        for node in self._order:
            if id(node) not in levels:
                levels[id(node)] = max((levels[id(v.node)] for v in node.inputs), default=0)
        return levels

    def _find_last_uses(self) -> dict[int, int]:
        """The last stage that needs a value of an earlier one, by identity."""
        last: dict[int, int] = {}
        for node in self._order:
            for value in node.inputs:
                self._note_use(value, self._levels[id(node)], last)
        for number, values in enumerate(self._wanted):
            for value in values:
                self._note_use(value, number, last)
        return last

    def _note_use(self, value: Value, stage: int, last: dict[int, int]) -> None:
        if not is_leaf(value.node) and self._levels[id(value.node)] < stage:
            last[id(value)] = max(stage, last.get(id(value), 0))

    def _find_peak(self) -> int:
        sizes = [0] * (len(self._stages) + 1)
        for node in self._order:
            for value in node.outputs:
                for stage in range(self._levels[id(node)], self._last_use.get(id(value), -1) + 1):
                    if stage < len(sizes):
                        sizes[stage] += int(np.prod(value.shape)) * np.dtype(value.dtype).itemsize
        return max(sizes)

    def run(self, stage: int, arrays: Sequence[Array], cache: Cache) -> list[Any]:
        """(inputs, mask) of the calls wanted at a stage.

        Args:
            stage: The stage; those before it have been run with this cache.
            arrays: The model's inputs.
            cache: What earlier stages left for later ones; it is changed.
        """
        variant, given, outputs = self._variant(stage)
        results = variant.run([*arrays, *(cache[key] for key in given)])
        known = dict(zip(map(id, outputs), results, strict=True))
        for value in outputs:
            if self._last_use.get(id(value), -1) > stage:
                cache[id(value)] = known[id(value)]
        found = [known[id(v)] if id(v) in known else cache[id(v)] for v in self._wanted[stage]]
        for key in [k for k in cache if self._last_use[k] <= stage]:
            del cache[key]
        rest = iter(found)
        calls = [self._observation.calls[number] for number in self._stages[stage]]
        return [(next(rest), None if call.mask is None else next(rest)) for call in calls]

    def _variant(self, stage: int) -> tuple[Variant, list[int], list[Value]]:
        if stage not in self._variants:
            self._variants[stage] = self._compile(stage)
        return self._variants[stage]

    def _compile(self, stage: int) -> tuple[Variant, list[int], list[Value]]:
        """The graph of one stage, what it takes of earlier ones, and what it gives."""
        mapped: dict[int, Value] = {}
        given: list[int] = []
        entries: list[Value] = []
        outputs: list[Value] = []
        wanted = {id(value) for value in self._wanted[stage]}
        for node in self._order:
            if is_leaf(node) or self._levels[id(node)] != stage:
                continue
            for value in node.inputs:
                is_earlier = self._levels[id(value.node)] < stage and not is_leaf(value.node)
                if is_earlier and id(value) not in mapped:
                    mapped[id(value)] = placeholder(value.shape, value.dtype)
                    given.append(id(value))
                    entries.append(mapped[id(value)])
            inputs = tuple(mapped.get(id(v), v) for v in node.inputs)
            rebuilt = Node(node.primitive, inputs, node.attrs, [v.spec for v in node.outputs])
            for old, new in zip(node.outputs, rebuilt.outputs, strict=True):
                mapped[id(old)] = new
                if id(old) in wanted or self._last_use.get(id(old), -1) > stage:
                    outputs.append(old)
        outputs += [v for v in self._wanted[stage] if is_leaf(v.node)]
        results = tuple(mapped.get(id(v), v) for v in outputs)
        graph = Graph((*self._graph.inputs, *entries), self._graph.states, results, ())
        traced = Traced(graph, self._observation.traced.variables, list(results))
        return Variant(traced), given, outputs
