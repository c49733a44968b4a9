"""Nodes that one kernel computes together: a kernel's node and what stands behind or before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trimtab.engines.cpu.convolution import (
    convolution_step,
    kernel_gradient_step,
    transposed_step,
)
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
from trimtab.passes import half_of
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
    """What follows a kernel's value, each the only reader of the one before.

    Of a kernel that writes bfloat16 each is rounded: a cast to bfloat16, and one back before the
    next, are part of the tail.
    """

    def __init__(self, value: Value) -> None:
        self.value = value
        self.bias: Value | None = None
        self.added: Value | None = None
        self.is_relu = False
        self.nodes: list[Node] = []

    def take(self, *nodes: Node) -> None:
        """Makes `nodes` the last of the tail."""
        self.nodes += nodes
        self.value = nodes[-1].outputs[0]


class _Next(NamedTuple):
    """What may be taken into a tail: the nodes with their casts, and what the first one reads."""

    node: Node
    read: Value
    nodes: list[Node]


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
            "convolution_kernel_gradient": self._kernel_gradient,
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

    def _rounding(self, value: Value) -> Node | None:
        """The cast to bfloat16 that alone reads `value`."""
        node = self._reader(value)
        return node if node is not None and node.outputs[0].dtype == "bfloat16" else None

    def _tail(self, node: Node, is_half: bool) -> _Tail | None:
        """A tail with nothing taken; None if what is to be bfloat16 is not rounded."""
        tail = _Tail(node.outputs[0])
        if is_half:
            rounding = self._rounding(tail.value)
            if rounding is None:
                return None
            tail.take(rounding)
        return tail

    def _next(self, tail: _Tail, name: str) -> _Next | None:
        """What alone reads the tail's value, if it is a `name`."""
        is_half, read = tail.value.dtype == "bfloat16", tail.value
        nodes = []
        if is_half:
            widening = self._reader(read)
            if widening is None or half_of(widening.outputs[0]) is None:
                return None
            nodes.append(widening)
            read = widening.outputs[0]
        node = self._reader(read)
        if node is None or node.primitive.name != name:
            return None
        nodes.append(node)
        if is_half:
            rounding = self._rounding(node.outputs[0])
            if rounding is None:
                return None
            nodes.append(rounding)
        return _Next(node, read, nodes)

    def _take_bias(self, tail: _Tail) -> None:
        found = self._next(tail, "add")
        if found is None:
            return
        bias = _row_vector(_other(found.node, found.read), found.read.shape[-1])
        if bias is not None:
            tail.bias = bias
            tail.take(*found.nodes)

    def _take_added(self, tail: _Tail, first: Node) -> None:
        found = self._next(tail, "add")
        if found is None:
            return
        other = _other(found.node, found.read)
        if other.node.primitive.name == "broadcast_to" or constant_of(other) is not None:
            return
        if other is found.read or _depends(other, first):
            return
        added = half_of(other) if tail.value.dtype == "bfloat16" else other
        if added is not None:
            tail.added = added
            tail.take(*found.nodes)

    def _take_relu(self, tail: _Tail) -> None:
        found = self._next(tail, "maximum")
        if found is not None and _is_relu_of(found.node, found.read):
            tail.is_relu = True
            tail.take(*found.nodes)

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
        half = half_of(node.inputs[0])
        tail = self._tail(node, half is not None)
        if tail is None:
            return None
        self._take_added(tail, node)
        self._take_relu(tail)
        if not tail.nodes:
            return None
        inputs = [node.inputs[0] if half is None else half, *node.inputs[1:]]
        reads = inputs + ([tail.added] if tail.added is not None else [])
        written = [tail.value, *node.outputs[1:]]
        step = batch_norm_step(node, inputs[0], tail.value, tail.added, tail.is_relu)
        return Fusion([node, *tail.nodes], [*map(root, reads)], written, [step])

    def _convolution(self, node: Node) -> Fusion | None:
        halves = _halves(node.inputs)
        tail = self._tail(node, halves is not None)
        if tail is None:
            return None
        x, w = halves or node.inputs
        self._take_bias(tail)
        self._take_added(tail, node)
        # oneDNN's relu makes 0 of NaN: in training that would hide what went wrong.
        if self._is_inference:
            self._take_relu(tail)
        is_constant = self._is_constant(w)
        if not (tail.nodes or is_constant) or node.outputs[0].dtype not in _KERNEL_FLOATS:
            return None
        extra = [v for v in (tail.bias, tail.added) if v is not None]
        flags = [int(tail.is_relu), int(is_constant)]
        step = convolution_step(node, x, w, tail, flags)
        reads = [*map(root, [x, w, *extra])]
        return Fusion([node, *tail.nodes], reads, [tail.value], [step])

    def _transposed_convolution(self, node: Node) -> Fusion | None:
        halves = _halves(node.inputs)
        tail = self._tail(node, halves is not None)
        if tail is None:
            return None
        g, w = halves or node.inputs
        is_constant = self._is_constant(w)
        if not (tail.nodes or is_constant) or node.outputs[0].dtype not in _KERNEL_FLOATS:
            return None
        step = transposed_step(node, g, w, tail.value, is_constant)
        return Fusion([node, *tail.nodes], [*map(root, [g, w])], [tail.value], [step])

    def _kernel_gradient(self, node: Node) -> Fusion | None:
        """Of bfloat16: the sums are float32, and stay so in memory."""
        halves = _halves(node.inputs)
        if halves is None:
            return None
        step = kernel_gradient_step(node, *halves)
        return Fusion([node], [*map(root, halves)], [*node.outputs], [step])

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
        g, x, *statistics = node.inputs
        halves = _halves([g, x])
        tail = self._tail(node, halves is not None)
        if tail is None:
            return None
        masked = self._masked(node)
        if masked is None and halves is None:
            return None
        nodes, passed, beta = masked or ([], g, None)
        first = half_of(passed) if halves else passed
        if first is None:
            return None
        inputs = [first, halves[1] if halves else x]
        outputs = [tail.value, *node.outputs[1:]]
        step = batch_norm_gradient_step(node, inputs, outputs, beta, masked is not None)
        reads = [*inputs, *statistics] + ([beta] if beta is not None else [])
        return Fusion([*nodes, node, *tail.nodes], [*map(root, reads)], outputs, [step])

    def _masked(self, node: Node) -> tuple[list[Node], Value, Value | None] | None:
        """(the mask's nodes, what it lets pass, beta) if a relu followed the normalization."""
        g, x, mean = node.inputs[:3]
        forward = mean.node
        nodes = self._sole_makers(g, node)
        if nodes is None or nodes[0].primitive.name != "where":
            return None
        kept, passed, zero = nodes[0].inputs
        is_masked = kept.node.primitive.name == "greater" and _is_number(zero, 0)
        if not is_masked or not _is_number(kept.node.inputs[1], 0) or not is_direct(passed):
            return None
        relu = _unrounded(kept.node.inputs[0]).node
        is_of_forward = (
            forward.primitive.name == "batch_norm"
            and _memory(forward.inputs[0]) is _memory(x)
            and forward.attrs["axis"] == node.attrs["axis"]
            and forward.attrs["epsilon"] == node.attrs["epsilon"]
            and forward.attrs["scale"] == node.attrs["scale"]
            and relu.primitive.name == "maximum"
            and _is_relu_of(relu, relu.inputs[0])
            and _unrounded(relu.inputs[0]) is forward.outputs[0]
        )
        if not is_of_forward:
            return None
        return nodes, passed, forward.inputs[-1] if forward.attrs["center"] else None

    def _sole_makers(self, value: Value, reader: Node) -> list[Node] | None:
        """The node that makes `value` and its casts, if nothing but `reader` reads them."""
        nodes: list[Node] = []
        while True:
            if self._reader(value) is not reader:
                return None
            reader = value.node
            nodes.insert(0, reader)
            if reader.primitive.name != "cast" or "bfloat16" not in (
                value.dtype,
                reader.inputs[0].dtype,
            ):
                return nodes
            value = reader.inputs[0]


def _halves(values: Sequence[Value]) -> list[Value] | None:
    """What the values are in bfloat16, if all are."""
    found = [half for half in map(half_of, values) if half is not None]
    return found if len(found) == len(values) else None


def _memory(value: Value) -> Value:
    """What is read for `value`: that in bfloat16 if there is one."""
    half = half_of(value)
    return value if half is None else half


def _unrounded(value: Value) -> Value:
    """What `value` was before it was rounded to bfloat16, itself if it was not."""
    half = half_of(value)
    is_rounded = half is not None and half.node.primitive.name == "cast"
    return half.node.inputs[0] if half is not None and is_rounded else value


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
