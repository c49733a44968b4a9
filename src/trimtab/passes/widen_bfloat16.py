"""bfloat16 as float32 whose numbers are rounded to bfloat16's eight significant bits.

Every operation computes in float32, as processors with bfloat16 instructions accumulate, and its
result is rounded. So kernels need to know no further type.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import (
    Graph,
    Node,
    Spec,
    Value,
    constant,
    constant_of,
    is_leaf,
    placeholder,
    topological_order,
)
from trimtab.primitives.elementwise import round_bfloat16

# What only moves or chooses numbers: of bfloat16 numbers it makes bfloat16 numbers.
EXACT = frozenset(
    {"abs", "broadcast_to", "concatenate", "custom_gradient", "flip", "gather", "max_pool"}
    | {"maximum", "minimum", "negative", "pad", "reduce_max", "reduce_min", "reshape", "sign"}
    | {"slice", "sort", "stop_gradient", "transpose", "where"}
)


def _wide(spec: Spec) -> Spec:
    return Spec(spec.shape, dtypes.wide(spec.dtype))


class _Widening:
    def __init__(self) -> None:
        self.mapped: dict[int, Value] = {}

    def leaf(self, value: Value) -> Value:
        """The leaf with numbers of float32, itself if it has others than bfloat16."""
        if value.dtype != "bfloat16":
            return value
        array = constant_of(value)
        if array is None:
            wide = placeholder(value.shape, "float32")
        elif array.size and not any(array.strides):
            number = np.ascontiguousarray(array[(0,) * array.ndim].astype("float32"))
            repeated: Any = np.ndarray(
                array.shape, "float32", number.tobytes(), strides=(0,) * array.ndim
            )
            wide = constant(repeated)
        else:
            wide = constant(array.astype("float32"))
        self.mapped[id(value)] = wide
        return wide

    def of(self, value: Value) -> Value:
        """What stands for `value`."""
        found = self.mapped.get(id(value))
        if found is not None:
            return found
        return self.leaf(value) if is_leaf(value.node) else value

    def node(self, node: Node) -> None:
        """The node in float32, its results rounded where they were bfloat16."""
        inputs = tuple(self.of(v) for v in node.inputs)
        is_half = any(v.dtype == "bfloat16" for v in node.outputs)
        if not is_half and all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
            return
        if node.primitive.name == "cast" and inputs[0].dtype == dtypes.wide(node.outputs[0].dtype):
            outputs: tuple[Value, ...] = inputs
            is_exact = node.inputs[0].dtype == "bfloat16"
        else:
            attrs = {k: "float32" if v == "bfloat16" else v for k, v in node.attrs.items()}
            specs = [_wide(v.spec) for v in node.outputs]
            outputs = Node(node.primitive, inputs, attrs, specs).outputs
            is_exact = node.primitive.name in EXACT
        for old, new in zip(node.outputs, outputs, strict=True):
            rounds = old.dtype == "bfloat16" and not is_exact
            self.mapped[id(old)] = round_bfloat16(new) if rounds else new


def widen_bfloat16(graph: Graph) -> Graph | None:
    """The graph in float32, its inputs, states and outputs too; None if it has no bfloat16."""
    if not dtypes.knows_bfloat16():
        return None
    widening = _Widening()
    states = tuple(widening.leaf(v) for v in graph.states)
    inputs = tuple(widening.leaf(v) for v in graph.inputs)
    for node in topological_order(graph.results):
        if not is_leaf(node):
            widening.node(node)
    outputs = tuple(widening.of(v) for v in graph.outputs)
    updates = tuple((index, widening.of(v)) for index, v in graph.updates)
    return Graph(inputs, states, outputs, updates) if widening.mapped else None
