"""Factors and offsets a channel, moved into the linear layer before them.

What a Batch Normalization with its moving statistics does to the output of a convolution or a
matrix product is a factor and an offset for each channel. Both depend on variables alone, so
`(x * w) factor + offset` is `x * (w factor) + offset`: equal but for rounding, and the product with
the kernel needs to be computed only when variables change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab.ir.graph import Graph, Node, Value, constant_of, is_leaf, topological_order
from trimtab.passes.rewrite import rewrite
from trimtab.primitives.elementwise import add, multiply
from trimtab.primitives.layout import reshape, transpose
from trimtab.primitives.reduction import broadcast_to

# Primitive -> (place of the kernel among the inputs, its axis of the output's channels).
_LINEAR = {"convolution": (1, -1), "matmul": (1, -1), "convolution_input_gradient": (1, -2)}


def frozen_values(graph: Graph) -> set[int]:
    """Ids of the values that depend on nothing but constants and variables that stay as they are.

    At least on one variable: what depends on constants only is none of them.
    """
    changed = {index for index, _ in graph.updates}
    found = {id(v) for number, v in enumerate(graph.states) if number not in changed}
    for node in topological_order(graph.results):
        if is_leaf(node):
            continue
        are_known = [id(v) in found or constant_of(v) is not None for v in node.inputs]
        if node.inputs and all(are_known) and any(id(v) in found for v in node.inputs):
            found.update(id(v) for v in node.outputs)
    return found


class _Rule:
    """Rewrites one graph; values that it makes of frozen ones are frozen too."""

    def __init__(self, graph: Graph) -> None:
        self._frozen = frozen_values(graph)
        # What is known goes by identity, which a value that is freed may hand on to a new one; so
        # none is freed: else what is folded would depend on when garbage is collected.
        self._alive: list[Node] = []
        self._uses: dict[int, int] = {}
        for node in topological_order(graph.results):
            for value in node.inputs:
                self._uses[id(value)] = self._uses.get(id(value), 0) + 1
        for value in graph.results:
            self._uses[id(value)] = self._uses.get(id(value), 0) + 1

    def note(self, old: Node, new: Node) -> None:
        """Carries what is known of `old`'s values over to `new`'s."""
        self._alive.append(new)
        for before, after in zip(old.outputs, new.outputs, strict=True):
            if id(before) in self._frozen:
                self._frozen.add(id(after))
            self._uses[id(after)] = self._uses.get(id(before), 0)

    def __call__(self, node: Node) -> Sequence[Value] | None:
        if node.primitive.name not in ("multiply", "add") or id(node.outputs[0]) in self._frozen:
            return None
        for x, other in (node.inputs, node.inputs[::-1]):
            vector = self._vector(other)
            if vector is None:
                continue
            move = self._scaled if node.primitive.name == "multiply" else self._shifted
            moved = move(x, *vector)
            if moved is not None:
                self._uses[id(moved)] = self._uses.get(id(node.outputs[0]), 0)
                return (moved,)
        return None

    def _frozen_op(self, primitive: Any, *inputs: Value, **attrs: Any) -> Value:
        value = self._made(primitive(*inputs, **attrs))
        self._frozen.add(id(value))
        return value

    def _made(self, value: Value) -> Value:
        self._alive.append(value.node)
        return value

    def _vector(self, value: Value) -> tuple[Value, int] | None:
        """(one number a channel, the channels' axis) if `value` repeats a frozen vector."""
        node = value.node
        if node.primitive.name != "broadcast_to":
            return None
        source = node.inputs[0]
        if id(source) not in self._frozen:
            return None
        lead = len(value.shape) - len(source.shape)
        wide = [lead + axis for axis, dim in enumerate(source.shape) if dim != 1]
        if len(wide) != 1:
            return None
        size = value.shape[wide[0]]
        return self._frozen_op(reshape, source, shape=(size,)), wide[0]

    def _is_only(self, value: Value) -> bool:
        return self._uses.get(id(value)) == 1

    def _spread(self, vector: Value, axis: int, shape: tuple[int, ...]) -> Value:
        sizes = tuple(dim if i == axis else 1 for i, dim in enumerate(shape))
        return self._frozen_op(
            broadcast_to, self._frozen_op(reshape, vector, shape=sizes), shape=shape
        )

    def _scaled(self, x: Value, factor: Value, axis: int) -> Value | None:
        """`x * factor` without a pass over x; None if it has none such."""
        node = x.node
        name = node.primitive.name
        if not self._is_only(x):
            return None
        if name == "transpose":
            inner = self._scaled(node.inputs[0], factor, node.attrs["axes"][axis])
            return None if inner is None else self._again(node, inner)
        if name == "reshape":
            return self._scaled_reshape(node, factor, axis)
        if name == "add":
            return self._scaled_sum(node, factor, axis)
        if name not in _LINEAR or axis != len(x.shape) - 1:
            return None
        return self._scaled_product(node, factor)

    def _scaled_reshape(self, node: Node, factor: Value, axis: int) -> Value | None:
        before, after = node.inputs[0].shape, node.outputs[0].shape
        if axis != len(after) - 1 or before[-1:] != after[-1:]:
            return None
        inner = self._scaled(node.inputs[0], factor, len(before) - 1)
        if inner is None:
            return None
        value = self._made(reshape(inner, shape=after))
        self._uses[id(value)] = 1
        return value

    def _scaled_sum(self, node: Node, factor: Value, axis: int) -> Value | None:
        for x, other in (node.inputs, node.inputs[::-1]):
            vector = self._vector(other)
            if vector is None or vector[1] != axis:
                continue
            inner = self._scaled(x, factor, axis)
            if inner is not None:
                offset = self._frozen_op(multiply, vector[0], factor)
                return self._sum(inner, offset, axis)
        return None

    def _scaled_product(self, node: Node, factor: Value) -> Value | None:
        place, axis = _LINEAR[node.primitive.name]
        kernel = node.inputs[place]
        if id(kernel) not in self._frozen or factor.dtype != kernel.dtype:
            return None
        if node.primitive.name == "matmul":
            if len(kernel.shape) != 2:
                return None
            axis = -2 if node.attrs["transpose_b"] else -1
        elif axis == -2 and node.attrs["groups"] != 1:
            return None
        spread = self._spread(factor, len(kernel.shape) + axis, kernel.shape)
        inputs = list(node.inputs)
        inputs[place] = self._frozen_op(multiply, kernel, spread)
        new = Node(node.primitive, tuple(inputs), node.attrs, [node.outputs[0].spec])
        return self._made(new.outputs[0])

    def _again(self, node: Node, inner: Value) -> Value:
        value = self._made(transpose(inner, **node.attrs))
        self._uses[id(value)] = 1
        return value

    def _sum(self, x: Value, offset: Value, axis: int) -> Value:
        self._uses[id(x)] = 1
        value = self._made(add(x, self._spread(offset, axis, x.shape)))
        self._uses[id(value)] = 1
        return value

    def _shifted(self, x: Value, offset: Value, axis: int) -> Value | None:
        """`x + offset` as one addition where x ends with another, or before its transposition."""
        node = x.node
        if not self._is_only(x):
            return None
        if node.primitive.name == "transpose":
            inner, place = node.inputs[0], node.attrs["axes"][axis]
            if not self._is_only(inner) or not _is_linear_sum(inner):
                return None
            merged = self._shifted(inner, offset, place)
            return self._again(node, self._sum(inner, offset, place) if merged is None else merged)
        if node.primitive.name != "add":
            return None
        for inner, other in (node.inputs, node.inputs[::-1]):
            vector = self._vector(other)
            if vector is not None and vector[1] == axis:
                return self._sum(inner, self._frozen_op(add, vector[0], offset), axis)
        return None


def _is_linear_sum(value: Value) -> bool:
    """Whether `value` is a linear layer's, with an offset or without."""
    name = value.node.primitive.name
    if name == "add":
        return any(v.node.primitive.name in _LINEAR for v in value.node.inputs)
    return name in _LINEAR


def fold_scales(graph: Graph) -> Graph:
    """The graph with frozen factors and offsets moved into the kernels and biases before them."""
    has_vectors = any(
        node.primitive.name == "multiply" for node in topological_order(graph.results)
    )
    if not has_vectors:
        return graph
    rule = _Rule(graph)
    return rewrite(graph, [rule], rule.note)
