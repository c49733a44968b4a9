"""Values that are numbers of bfloat16 anyway lie in memory as bfloat16, between convolutions.

`widen_bfloat16` computes in float32 and rounds. Where a rounded value is large, or a convolution or
a batch normalization reads it, this pass writes it as bfloat16 and lets its readers cast it back:
half the memory, and kernels that read and write bfloat16 themselves take the casts into their step.
Numbers stay what they were.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import (
    Graph,
    Node,
    Spec,
    Value,
    constant_of,
    is_leaf,
    topological_order,
)
from trimtab.passes.fold_constants import uniform_number
from trimtab.passes.widen_bfloat16 import EXACT
from trimtab.primitives.elementwise import cast

_CONVOLUTIONS = frozenset(
    {"convolution", "convolution_input_gradient", "convolution_kernel_gradient"}
)
# Primitive -> places of the inputs that its kernel reads as bfloat16.
_READ_HALF = {
    **dict.fromkeys(_CONVOLUTIONS, (0, 1)),
    "batch_norm": (0,),
    "batch_norm_gradient": (0, 1),
}
# What moves elements and looks at none.
_MOVES = frozenset({"concatenate", "flip", "pad", "reshape", "slice", "transpose"})
# Of other values those of so many axes and elements are worth the casts.
_FEWEST_AXES, _FEWEST = 3, 2048


def half_of(value: Value) -> Value | None:
    """The value of bfloat16 that `value` is in float32, None if it is none."""
    node = value.node
    is_widened = node.primitive.name == "cast" and node.inputs[0].dtype == "bfloat16"
    return node.inputs[0] if is_widened and value.dtype == "float32" else None


class _Narrowing:
    def __init__(self, order: Sequence[Node]) -> None:
        self._mapped: dict[int, Value] = {}
        self._halves: dict[int, Value] = {}
        self._exact: set[int] = set()
        self._wanted = {
            id(node.inputs[place])
            for node in order
            for place in _READ_HALF.get(node.primitive.name, ())
        }

    def of(self, value: Value) -> Value:
        """What stands for `value`.

        Each reader has a cast of its own: a shared one would be kept as float32 between them.
        """
        half = self._halves.get(id(value))
        return self._mapped.get(id(value), value) if half is None else cast(half, dtype="float32")

    def _is_exact(self, value: Value) -> bool:
        """Whether rounding to bfloat16 would change nothing."""
        array = constant_of(value)
        if array is None:
            return id(value) in self._exact or value.dtype == "bool"
        number = uniform_number(array)
        return number is not None and bool(number == np.float32(number).astype("bfloat16"))

    def node(self, node: Node) -> None:
        """The node on what stands for its inputs, its result narrowed where that is worth it."""
        name, output = node.primitive.name, node.outputs[0]
        read = {id(v): self.of(v) for v in node.inputs}
        inputs = tuple([read[id(v)] for v in node.inputs])
        is_rounding = name == "round_bfloat16" and output.dtype == "float32"
        is_exact = is_rounding or (
            name in EXACT
            and output.dtype == "float32"
            and all(self._is_exact(v) for v in node.inputs)
        )
        if is_exact:
            self._exact.add(id(output))
        is_large = len(output.shape) >= _FEWEST_AXES and output.size >= _FEWEST
        if is_rounding and node.inputs[0].node.primitive.name == "convolution_kernel_gradient":
            is_large = False  # an optimizer reads it, in float32
        # A relu's result is kept for its gradient, whoever else reads it.
        is_wanted = id(output) in self._wanted or (is_large and name == "maximum")
        if is_rounding and (is_wanted or is_large):
            self._halves[id(output)] = cast(inputs[0], dtype="bfloat16")
        elif name in _MOVES and all(id(v) in self._halves for v in node.inputs):
            halves = tuple([self._halves[id(v)] for v in node.inputs])
            specs = [Spec(output.shape, "bfloat16")]
            moved = Node(node.primitive, halves, node.attrs, specs)
            self._halves[id(output)] = moved.outputs[0]
        elif half_of(output) is not None:
            self._exact.add(id(output))
            self._halves[id(output)] = inputs[0]
        else:
            outputs = node.outputs
            if any(a is not b for a, b in zip(inputs, node.inputs, strict=True)):
                specs = [v.spec for v in node.outputs]
                outputs = Node(node.primitive, inputs, node.attrs, specs).outputs
                for old, new in zip(node.outputs, outputs, strict=True):
                    self._mapped[id(old)] = new
            if is_exact and is_wanted:
                self._halves[id(output)] = cast(outputs[0], dtype="bfloat16")


def narrow_bfloat16(graph: Graph) -> Graph:
    """The graph with rounded values kept as bfloat16; itself if it has no convolutions of them."""
    if not dtypes.knows_bfloat16():
        return graph
    order = [node for node in topological_order(graph.results) if not is_leaf(node)]
    names = {node.primitive.name for node in order}
    if "round_bfloat16" not in names or names.isdisjoint(_CONVOLUTIONS):
        return graph
    narrowing = _Narrowing(order)
    for node in order:
        narrowing.node(node)
    outputs = tuple(narrowing.of(v) for v in graph.outputs)
    updates = tuple((index, narrowing.of(v)) for index, v in graph.updates)
    return Graph(graph.inputs, graph.states, outputs, updates)
