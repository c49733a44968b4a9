"""What of a graph depends on variables alone, computed once until they change."""

from __future__ import annotations

from typing import NamedTuple

from trimtab.engines.cpu.values import is_direct
from trimtab.ir.graph import Graph, Node, Value, is_leaf, placeholder, topological_order
from trimtab.passes.fold_scales import frozen_values

# A result larger than so many times what it is computed from is cheaper to compute than to keep.
_GROWTH = 4


class Split(NamedTuple):
    """A graph in two.

    Attributes:
        prologue: Gives, from the variables, the further states of `main`; has their states.
        main: The rest, with those states behind its own.
    """

    prologue: Graph
    main: Graph


def split_prologue(graph: Graph) -> Split | None:
    """The part of `graph` that depends on unchanged variables alone, and the rest.

    None if there is no such part.
    """
    split = _Splitter(frozen_values(graph))
    for node in topological_order(graph.results):
        if not is_leaf(node) and not all(id(v) in split.frozen for v in node.outputs):
            split.rebuild(node)
    outputs = tuple(split.resolved(v) for v in graph.outputs)
    updates = tuple((index, split.resolved(v)) for index, v in graph.updates)
    if not split.originals:
        return None
    states = (*graph.states, *split.stand_ins)
    main = Graph(graph.inputs, states, outputs, updates)
    return Split(Graph((), graph.states, tuple(split.originals), ()), main)


class _Splitter:
    def __init__(self, frozen: set[int]) -> None:
        self.frozen = frozen
        self.originals: list[Value] = []
        self.stand_ins: list[Value] = []
        self._mapped: dict[int, Value] = {}

    def resolved(self, value: Value) -> Value:
        """What stands for `value` in the rest of the graph."""
        found = self._mapped.get(id(value))
        if found is not None:
            return found
        node = value.node
        if id(value) not in self.frozen or is_leaf(node):
            return value
        if not is_direct(value):
            # No memory of its own: it stands in the rest again, on what the prologue gives.
            self.rebuild(node)
            return self._mapped.get(id(value), value)
        if value.size > _GROWTH * sum(v.size for v in node.inputs):
            return value
        stand_in = placeholder(value.shape, value.dtype)
        self.originals.append(value)
        self.stand_ins.append(stand_in)
        self._mapped[id(value)] = stand_in
        return stand_in

    def rebuild(self, node: Node) -> None:
        """The node on what stands for its inputs."""
        inputs = tuple(self.resolved(v) for v in node.inputs)
        if any(new is not old for new, old in zip(inputs, node.inputs, strict=True)):
            rebuilt = Node(node.primitive, inputs, node.attrs, [v.spec for v in node.outputs])
            for old, new in zip(node.outputs, rebuilt.outputs, strict=True):
                self._mapped[id(old)] = new
