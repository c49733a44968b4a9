"""Graphs of operations: from the KerasTensors that a model takes to those that it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trimtab.core import tree
from trimtab.core.config import keras_export
from trimtab.core.operation import Node, Operation, origin
from trimtab.core.symbolic import keras_tensor
from trimtab.ir.tensor import KerasTensor, Tensor

Runner = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]


def _call(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return operation(*args, **kwargs)


def _shapes(structure: Any) -> list[tuple[Any, ...]]:
    """The shapes in a structure of shapes, in the order of `tree.flatten`."""
    if isinstance(structure, dict):
        return [s for key in tree.keys_of(structure) for s in _shapes(structure[key])]
    if all(dim is None or isinstance(dim, int) for dim in structure):
        return [tuple(structure)]
    return [s for part in structure for s in _shapes(part)]


@keras_export("keras.Function")
class Function(Operation):
    """What lies between `inputs` and `outputs`, as one operation.

    Args:
        inputs: KerasTensors, alone or nested.
        outputs: KerasTensors computed from them, alone or nested.
        name: Name; made from a counter if None.

    Raises:
        ValueError: If an output does not depend on the inputs alone, or two operations share a
            name.

    Source: Keras 3 `keras.Function`, with its order of operations.
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        self.input_structure = inputs
        self.output_structure = outputs
        self.inputs: list[KerasTensor] = tree.flatten(inputs)
        self.outputs: list[KerasTensor] = tree.flatten(outputs)
        for role, tensors in (("inputs", self.inputs), ("outputs", self.outputs)):
            if not tensors or not all(isinstance(x, KerasTensor) for x in tensors):
                raise ValueError(
                    f"{self.name}: `{role}` must be KerasTensors, such as Input() and layers "
                    f"called on it give; got {tensors}"
                )
        self.nodes, self.operations, self._depths = _map_graph(self.name, self.inputs, self.outputs)
        self._steps = [node for node in self.nodes if not node.is_input]

    @property
    def levels(self) -> list[list[Node]]:
        """The nodes in groups of equal distance to the outputs, the furthest first."""
        groups: dict[int, list[Node]] = {}
        for node in self.nodes:
            groups.setdefault(self._depths[id(node)], []).append(node)
        return list(groups.values())

    def call(self, inputs: Any) -> Any:
        """The outputs for tensors in the structure of the inputs."""
        return self.run(tree.flatten(inputs))

    def compute_output_spec(self, inputs: Any) -> Any:
        """KerasTensors for the outputs on `inputs`."""
        given = tree.flatten(inputs)
        if [x.shape for x in given] == [x.shape for x in self.inputs]:
            return tree.map_structure(
                lambda x: keras_tensor(x.shape, x.dtype), self.output_structure
            )
        return self.run(
            given, lambda operation, args, kwargs: operation.compute_output_spec(*args, **kwargs)
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Shapes of the outputs on inputs of these shapes, in the structure of the outputs."""
        shapes = _shapes(input_shape)
        given = [keras_tensor(s, x.dtype) for s, x in zip(shapes, self.inputs, strict=True)]
        return tree.map_structure(lambda x: x.shape, self.compute_output_spec(given))

    def run(self, inputs: Sequence[Any], runner: Runner = _call) -> Any:
        """The outputs for flat `inputs`; `runner(operation, args, kwargs)` runs each operation."""
        tensors: dict[Any, Any] = dict(zip(map(origin, self.inputs), inputs, strict=True))
        for node in self._steps:
            args, kwargs = node.fill(tensors)
            results = runner(node.operation, args, kwargs)
            if isinstance(results, Tensor):
                tensors[origin(node.outputs[0])] = results
            else:
                flat = [x for x in tree.flatten(results) if isinstance(x, Tensor)]
                tensors.update(zip(map(origin, node.outputs), flat, strict=True))
        return tree.map_structure(lambda x: tensors[origin(x)], self.output_structure)


class _Search:
    """Walks back from outputs to inputs, depth first."""

    def __init__(self, name: str, inputs: Sequence[KerasTensor]) -> None:
        self.name = name
        self.inputs = {origin(x) for x in inputs}
        self.order: list[Node] = []
        self.first_seen: dict[Any, int] = {}
        self._done: set[int] = set()

    def visit(self, tensor: KerasTensor) -> None:
        """Adds the nodes that `tensor` needs, each after its parents."""
        # Without recursion: a model may be deeper than Python's stack.
        stack: list[tuple[KerasTensor, Node | None]] = [(tensor, None)]
        while stack:
            current, finished = stack.pop()
            if finished is not None:
                self.order.append(finished)
                continue
            history = current._keras_history
            if history is None:
                if origin(current) not in self.inputs:
                    raise ValueError(self._disconnected(current))
                continue
            node = history.operation._inbound_nodes[history.node_index]
            is_given = origin(current) in self.inputs
            if id(node) in self._done or (is_given and not node.is_input):
                continue
            if node.is_input and not is_given:
                raise ValueError(self._disconnected(current))
            self._done.add(id(node))
            self.first_seen.setdefault(node.operation, len(self.first_seen))
            stack.append((current, node))
            stack.extend((x, None) for x in reversed(node.input_tensors))

    def _disconnected(self, tensor: KerasTensor) -> str:
        history = tensor._keras_history
        source = tensor.name if history is None else history.operation.name
        return (
            f"{self.name}: the outputs depend on '{source}' {tensor.shape}, which is not among the "
            "inputs; add it to `inputs`"
        )


def _depths(order: Sequence[Node]) -> tuple[dict[int, int], dict[Any, int]]:
    """How many steps before the outputs each node and each operation comes, at most."""
    known = {id(node) for node in order}
    nodes: dict[int, int] = {}
    operations: dict[Any, int] = {}
    for node in reversed(order):
        depth = max(nodes.get(id(node), 0), operations.get(node.operation, 0))
        nodes[id(node)] = operations[node.operation] = depth
        for parent in node.parents:
            if id(parent) in known:
                nodes[id(parent)] = max(depth + 1, nodes.get(id(parent), 0))
    return nodes, operations


def _map_graph(
    name: str, inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor]
) -> tuple[list[Node], list[Any], dict[int, int]]:
    """Nodes and operations between inputs and outputs, the first ones first, and node depths.

    The order is Keras's: by depth, operations of equal depth by the first visit of the search.
    """
    search = _Search(name, inputs)
    for output in outputs:
        search.visit(output)
    node_depths, operation_depths = _depths(search.order)
    order = list(search.order)
    for tensor in inputs:
        history = tensor._keras_history
        if history is None or history.operation in operation_depths:
            continue
        node = history.operation._inbound_nodes[history.node_index]
        if node.is_input:
            # An input that no output needs: part of the model all the same.
            operation_depths[history.operation], search.first_seen[history.operation] = 0, -1
            node_depths[id(node)] = 0
            order.append(node)
    operations = sorted(
        operation_depths, key=lambda o: (-operation_depths[o], search.first_seen[o])
    )
    _check_names(name, operations)
    return sorted(order, key=lambda node: -node_depths[id(node)]), operations, node_depths


def _check_names(name: str, operations: Sequence[Any]) -> None:
    seen: dict[str, Any] = {}
    for operation in operations:
        other = seen.setdefault(operation.name, operation)
        if other is not operation:
            raise ValueError(
                f"{name}: two layers of the model are called '{operation.name}' "
                f"({type(other).__name__} and {type(operation).__name__}); give each its own name "
                "with the argument `name`"
            )
