"""What of a graph depends on variables alone, computed once until they change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from trimtab.engines.cpu.values import is_direct
from trimtab.ir.graph import Graph, Node, Value, is_leaf, placeholder, topological_order
from trimtab.passes.fold_scales import frozen_values
from trimtab.primitives.elementwise import cast

# A result larger than so many times what it is computed from is cheaper to compute than to keep.
_GROWTH = 4
_CONVOLUTIONS = ("convolution", "convolution_input_gradient")


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
    order = topological_order(graph.results)
    split = _Splitter(frozen_values(graph), order)
    for node in order:
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
    def __init__(self, frozen: set[int], order: Sequence[Node]) -> None:
        self.frozen = frozen
        # Kernels of convolutions: if rounded to bfloat16, they are kept as such.
        self._kernels = {id(n.inputs[1]) for n in order if n.primitive.name in _CONVOLUTIONS}
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
        is_half = node.primitive.name == "round_bfloat16" and id(value) in self._kernels
        kept = cast(node.inputs[0], dtype="bfloat16") if is_half else value
        stand_in = placeholder(kept.shape, kept.dtype)
        self.originals.append(kept)
        self.stand_ins.append(stand_in)
        self._mapped[id(value)] = cast(stand_in, dtype="float32") if is_half else stand_in
        return self._mapped[id(value)]

    def rebuild(self, node: Node) -> None:
        """The node on what stands for its inputs."""
        inputs = tuple(self.resolved(v) for v in node.inputs)
        if any(new is not old for new, old in zip(inputs, node.inputs, strict=True)):
            rebuilt = Node(node.primitive, inputs, node.attrs, [v.spec for v in node.outputs])
            for old, new in zip(node.outputs, rebuilt.outputs, strict=True):
                self._mapped[id(old)] = new
