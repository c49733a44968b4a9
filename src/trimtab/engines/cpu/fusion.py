"""Nodes that one kernel computes together: a kernel's node and what stands behind or before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trimtab.engines.cpu.convolution import convolution_step, transposed_step
from trimtab.engines.cpu.kernels import (
    Step,
    batch_norm_gradient_step,
    batch_norm_step,
    matmul_step,
    square_sum_steps,
)
from trimtab.engines.cpu.updates import UPDATES, frame_of, update_step
from trimtab.engines.cpu.values import has_kernel_types, is_direct, root
from trimtab.ir.graph import Graph, Node, Value, constant_of, is_leaf
from trimtab.passes.fold_constants import uniform_number

_KERNEL_FLOATS = ("float32", "float64")


class Fusion(NamedTuple):
    """Nodes that are one step.

    Attributes:
        nodes: The nodes; whatever reads one of them comes after the step.
        reads: Memory that the step reads.
        written: The values that it gives.
        steps: The step.
    """

    nodes: list[Node]
    reads: list[Value]
    written: list[Value]
    steps: list[Step]


class _Tail:
    """What follows a kernel's value, each the only reader of the one before."""

    def __init__(self, value: Value) -> None:
        self.value = value
        self.bias: Value | None = None
        self.added: Value | None = None
        self.is_relu = False
        self.nodes: list[Node] = []

    def take(self, node: Node) -> None:
        """Makes `node` the last of the tail."""
        self.nodes.append(node)
        self.value = node.outputs[0]


class _Finder:
    def __init__(self, graph: Graph, order: Sequence[Node]) -> None:
        self._order = order
        self._readers: dict[int, list[Node]] = {}
        for node in order:
            for value in node.inputs:
                self._readers.setdefault(id(root(value)), []).append(node)
        self._results = {id(root(v)) for v in graph.results}
        self._is_inference = not graph.updates
        changed = {index for index, _ in graph.updates}
        self._constant = {id(v) for i, v in enumerate(graph.states) if i not in changed}
        self._taken: set[int] = set()

    def find(self) -> Iterator[Fusion]:
        finders = {
            "matmul": self._product,
            "batch_norm": self._batch_norm,
            "batch_norm_gradient": self._batch_norm_gradient,
            "convolution": self._convolution,
            "convolution_input_gradient": self._transposed_convolution,
            "reduce_sum": self._square_sum,
            **dict.fromkeys(UPDATES, self._update),
        }
        for node in self._order:
            finder = finders.get(node.primitive.name)
            if finder is None or not has_kernel_types(node):
                continue
            fusion = finder(node)
            if fusion is not None:
                self._taken.update(id(n) for n in fusion.nodes)
                yield fusion

    def _reader(self, value: Value) -> Node | None:
        """The one node that reads `value`, directly; None if others do, or it is a result."""
        readers = self._readers.get(id(value), [])
        if len(readers) != 1 or id(value) in self._results or id(readers[0]) in self._taken:
            return None
        return readers[0] if any(v is value for v in readers[0].inputs) else None

    def _take_bias(self, tail: _Tail) -> None:
        node = self._reader(tail.value)
        if node is None or node.primitive.name != "add":
            return
        bias = _row_vector(_other(node, tail.value), tail.value.shape[-1])
        if bias is not None:
            tail.bias = bias
            tail.take(node)

    def _take_added(self, tail: _Tail, first: Node) -> None:
        node = self._reader(tail.value)
        if node is None or node.primitive.name != "add":
            return
        other = _other(node, tail.value)
        if other.node.primitive.name == "broadcast_to" or constant_of(other) is not None:
            return
        if other is not tail.value and not _depends(other, first):
            tail.added = other
            tail.take(node)

    def _take_relu(self, tail: _Tail) -> None:
        node = self._reader(tail.value)
        if node is not None and _is_relu_of(node, tail.value):
            tail.is_relu = True
            tail.take(node)

    def _product(self, node: Node) -> Fusion | None:
        tail = _Tail(node.outputs[0])
        reader = self._reshaped_reader(tail.value)
        if reader is None:
            return None
        bias = _row_vector(_other_root(reader, tail.value), tail.value.shape[-1])
        same = any(v.shape[-1:] == tail.value.shape[-1:] for v in reader.inputs)
        if bias is None or not same:
            return None
        output = reader.outputs[0]
        reads = [*map(root, node.inputs), bias]
        return Fusion([node, reader], reads, [output], [matmul_step(node, bias, output)])

    def _reshaped_reader(self, value: Value) -> Node | None:
        """The addition that alone reads `value`, reshaped or not."""
        readers = [
            n
            for n in self._readers.get(id(value), [])
            if n.primitive.name not in ("reshape", "stop_gradient")
        ]
        if len(readers) != 1 or id(value) in self._results:
            return None
        is_sum = readers[0].primitive.name == "add" and id(readers[0]) not in self._taken
        return readers[0] if is_sum else None

    def _batch_norm(self, node: Node) -> Fusion | None:
        tail = _Tail(node.outputs[0])
        self._take_added(tail, node)
        self._take_relu(tail)
        if not tail.nodes:
            return None
        reads = [*node.inputs] + ([tail.added] if tail.added is not None else [])
        written = [tail.value, *node.outputs[1:]]
        step = batch_norm_step(node, tail.value, tail.added, tail.is_relu)
        return Fusion([node, *tail.nodes], [*map(root, reads)], written, [step])

    def _convolution(self, node: Node) -> Fusion | None:
        tail = _Tail(node.outputs[0])
        self._take_bias(tail)
        self._take_added(tail, node)
        # oneDNN's relu makes 0 of NaN: in training that would hide what went wrong.
        if self._is_inference:
            self._take_relu(tail)
        is_constant = self._is_constant(node.inputs[1])
        if not (tail.nodes or is_constant) or node.outputs[0].dtype not in _KERNEL_FLOATS:
            return None
        extra = [v for v in (tail.bias, tail.added) if v is not None]
        flags = [int(tail.is_relu), int(is_constant)]
        step = convolution_step(node, tail.value, tail.bias, tail.added, flags)
        reads = [*map(root, [*node.inputs, *extra])]
        return Fusion([node, *tail.nodes], reads, [tail.value], [step])

    def _transposed_convolution(self, node: Node) -> Fusion | None:
        is_constant = self._is_constant(node.inputs[1])
        if not is_constant or node.outputs[0].dtype not in _KERNEL_FLOATS:
            return None
        step = transposed_step(node, is_constant)
        return Fusion([node], [*map(root, node.inputs)], [*node.outputs], [step])

    def _is_constant(self, kernel: Value) -> bool:
        """Whether a kernel changes between runs only, and by a notice."""
        return id(root(kernel)) in self._constant or constant_of(root(kernel)) is not None

    def _square_sum(self, node: Node) -> Fusion | None:
        squares = node.inputs[0]
        before = squares.node
        is_square = before.primitive.name == "square" or (
            before.primitive.name == "multiply" and before.inputs[0] is before.inputs[1]
        )
        if not is_square or self._reader(squares) is not node:
            return None
        x = before.inputs[0]
        if x.dtype not in _KERNEL_FLOATS or x.node.primitive.name == "broadcast_to":
            return None
        steps = square_sum_steps(node, x)
        return Fusion([before, node], [root(x)], [*node.outputs], steps)

    def _update(self, node: Node) -> Fusion | None:
        if node.outputs[0].dtype not in _KERNEL_FLOATS:
            return None
        frame = frame_of(node, self._reader)
        if len(frame.nodes) == 1:
            return None
        step = update_step(node, frame)
        outputs = {id(v) for v in frame.outputs}
        reads = [v for v in step.operands if isinstance(v, Value) and id(v) not in outputs]
        return Fusion(frame.nodes, [*map(root, reads)], frame.outputs, [step])

    def _batch_norm_gradient(self, node: Node) -> Fusion | None:
        g, x, mean = node.inputs[:3]
        forward = mean.node
        mask = g.node
        if mask.primitive.name != "where" or self._reader(g) is not node:
            return None
        kept, passed, zero = mask.inputs
        is_masked = kept.node.primitive.name == "greater" and _is_number(zero, 0)
        if not is_masked or not _is_number(kept.node.inputs[1], 0) or not is_direct(passed):
            return None
        relu = kept.node.inputs[0].node
        is_of_forward = (
            forward.primitive.name == "batch_norm"
            and forward.inputs[0] is x
            and forward.attrs["axis"] == node.attrs["axis"]
            and forward.attrs["epsilon"] == node.attrs["epsilon"]
            and forward.attrs["scale"] == node.attrs["scale"]
            and _is_relu_of(relu, forward.outputs[0])
        )
        if not is_of_forward:
            return None
        beta = forward.inputs[-1] if forward.attrs["center"] else None
        step = batch_norm_gradient_step(node, passed, beta)
        reads = [passed, *node.inputs[1:]] + ([beta] if beta is not None else [])
        return Fusion([mask, node], [*map(root, reads)], [*node.outputs], [step])


def _other(node: Node, value: Value) -> Value:
    a, b = node.inputs
    return b if a is value else a


def _other_root(node: Node, value: Value) -> Value:
    a, b = node.inputs
    return b if root(a) is value else a


def _is_number(value: Value, number: float) -> bool:
    array = constant_of(value)
    return array is not None and uniform_number(array) == number


def _is_relu_of(node: Node, value: Value) -> bool:
    return (
        node.primitive.name == "maximum"
        and node.inputs[0] is value
        and _is_number(node.inputs[1], 0)
    )


def _row_vector(value: Value, count: int) -> Value | None:
    if value.node.primitive.name != "broadcast_to":
        return None
    source = value.node.inputs[0]
    is_row = source.size == count and source.shape[-1:] == (count,) and value.shape[-1] == count
    return root(source) if is_row else None


def _depends(value: Value, node: Node) -> bool:
    """Whether `value` is computed from one of `node`'s outputs."""
    stack, seen = [value.node], set()
    while stack:
        now = stack.pop()
        if now is node:
            return True
        # A node's inputs were made before it.
        if now.number > node.number and id(now) not in seen and not is_leaf(now):
            seen.add(id(now))
            stack += [v.node for v in now.inputs]
    return False


def find_fusions(graph: Graph, order: Sequence[Node]) -> list[Fusion]:
    """What kernels can compute together of a graph, no node in two of them.

    A matrix product with a row vector added; a batch normalization or convolution with its bias,
    another tensor added and relu; the gradient of a batch normalization with the relu before it; a
    sum with the squares before it; an optimizer's update with decay, scaling and condition.
    """
    return list(_Finder(graph, order).find())
