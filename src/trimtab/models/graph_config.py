"""Models of KerasTensors as configurations: the layers, and how each is used."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.core import tree
from trimtab.core.config import deserialize_keras_object, serialize_keras_object
from trimtab.core.function import Function
from trimtab.core.operation import KerasHistory, Node, Operation
from trimtab.ir.tensor import KerasTensor

_KEYS = ("name", "layers", "input_layers", "output_layers")


def is_graph_config(config: Mapping[str, Any]) -> bool:
    """Whether a configuration is that of a model of KerasTensors."""
    return all(key in config for key in _KEYS)


def has_graph_constructor(cls: type) -> bool:
    """Whether a class is constructed from inputs and outputs, so that such a configuration describes it."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    kinds = [p.kind for p in parameters]
    names = [p.name for p in parameters]
    takes_all = inspect.Parameter.VAR_POSITIONAL in kinds and inspect.Parameter.VAR_KEYWORD in kinds
    return takes_all or names[:3] == ["inputs", "outputs", "name"]


class _Positions:
    """Which uses of each operation belong to the model, and the numbers that they get in its configuration."""

    def __init__(self, function: Function) -> None:
        own = {id(node) for node in function.nodes}
        self.kept: dict[int, list[Node]] = {}
        self._numbers: dict[tuple[int, int], int] = {}
        for operation in function.operations:
            # A functional model used as a layer counts its own making as use 0.
            first = 1 if _makes_own_node(operation) else 0
            kept = [(i, node) for i, node in enumerate(operation._inbound_nodes) if id(node) in own]
            self.kept[id(operation)] = [node for _, node in kept]
            for number, (index, _) in enumerate(kept):
                self._numbers[id(operation), index] = number + first

    def history(self, tensor: KerasTensor) -> list[Any]:
        """[name of the operation, number of its use, number of the output]."""
        operation, node_index, tensor_index = tensor._keras_history
        return [operation.name, self._numbers[id(operation), node_index], tensor_index]


def _makes_own_node(operation: Any) -> bool:
    return type(operation).__name__ == "Functional" or (
        getattr(operation, "_function", None) is not None and not hasattr(operation, "add")
    )


def function_config(model: Any) -> dict[str, Any]:
    """The configuration of a model of KerasTensors."""
    function: Function = model._function
    positions = _Positions(function)
    layers = []
    for operation in function.operations:
        config = serialize_keras_object(operation)
        config["name"] = operation.name
        nodes = (_node_config(node, positions) for node in positions.kept[id(operation)])
        config["inbound_nodes"] = [node for node in nodes if node is not None]
        layers.append(config)
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _in_keras_form(tree.map_structure(positions.history, function.input_structure)),
        "output_layers": _in_keras_form(tree.map_structure(positions.history, function.output_structure)),
    }


def _in_keras_form(structure: Any) -> Any:
    return structure


def _node_config(node: Node, positions: _Positions) -> dict[str, Any] | None:
    if node.is_input:
        return None

    def renumbered(x: Any) -> Any:
        if not isinstance(x, KerasTensor):
            return x
        changed = KerasTensor(x.shape, x.dtype, name=x.name)
        name, node_index, tensor_index = positions.history(x)
        changed._keras_history = KerasHistory(_Named(name), node_index, tensor_index)
        return changed

    return {
        "args": serialize_keras_object(list(tree.map_structure(renumbered, list(node.args)))),
        "kwargs": serialize_keras_object(tree.map_structure(renumbered, node.kwargs)),
    }


class _Named:
    def __init__(self, name: str) -> None:
        self.name = name


def model_from_graph(cls: type, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None) -> Any:
    """A model of class `cls` from what `function_config` returned.

    Raises:
        ValueError: If the layers do not connect.
    """
    operations: dict[str, Any] = {}
    waiting: list[tuple[str, list[Any]]] = []
    for layer_config in config["layers"]:
        operation = deserialize_keras_object(layer_config, custom_objects=custom_objects)
        if not isinstance(operation, Operation):
            raise ValueError(f"{config['name']}: '{layer_config['name']}' is no layer: {type(operation).__name__}")
        operations[layer_config["name"]] = operation
        waiting.append((layer_config["name"], list(layer_config["inbound_nodes"])))
    _connect(config["name"], operations, waiting)
    extra = {k: v for k, v in config.items() if k not in (*_KEYS, "trainable")}
    return cls(
        inputs=_find_all(config["input_layers"], operations),
        outputs=_find_all(config["output_layers"], operations),
        name=config["name"],
        trainable=config.get("trainable"),
        **extra,
    )


def _connect(name: str, operations: dict[str, Any], waiting: list[tuple[str, list[Any]]]) -> None:
    """Calls each operation as often as it was used, as soon as what it needs is there."""
    while any(nodes for _, nodes in waiting):
        went_on = False
        for operation_name, nodes in waiting:
            while nodes:
                arguments = _arguments(nodes[0], operations)
                if arguments is None:
                    break
                operations[operation_name](*arguments[0], **arguments[1])
                nodes.pop(0)
                went_on = True
        if not went_on:
            stuck = [operation_name for operation_name, nodes in waiting if nodes]
            raise ValueError(f"{name}: the configuration's layers {stuck} never get all their inputs")


def _arguments(node: Any, operations: dict[str, Any]) -> tuple[list[Any], dict[str, Any]] | None:
    """The arguments of a use; None while a tensor among them does not exist."""
    if isinstance(node, list):
        return _old_arguments(node, operations)
    missing: list[Any] = []

    def revive(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("class_name") == "__keras_tensor__":
                found = _find(value["config"]["keras_history"], operations)
                if found is None:
                    missing.append(value)
                return found
            if "class_name" in value:
                return deserialize_keras_object(_tuple_parts(value, revive))
            return {key: revive(part) for key, part in value.items()}
        return [revive(part) for part in value] if isinstance(value, list) else value

    args, kwargs = [revive(a) for a in node["args"]], {k: revive(v) for k, v in node["kwargs"].items()}
    return None if missing else (args, kwargs)


def _tuple_parts(value: dict[str, Any], revive: Any) -> dict[str, Any]:
    return value


def _old_arguments(node: Sequence[Any], operations: dict[str, Any]) -> tuple[list[Any], dict[str, Any]] | None:
    """As Keras 2 wrote them: [[layer, use, output, kwargs], ...]."""
    tensors = [_find(entry[:3], operations) for entry in node]
    if any(x is None for x in tensors):
        return None
    kwargs = next((entry[3] for entry in node if len(entry) == 4), {})
    return [tensors[0] if len(tensors) == 1 else tensors], kwargs


def _find(history: Sequence[Any], operations: dict[str, Any]) -> KerasTensor | None:
    name, node_index, tensor_index = history
    operation = operations.get(name)
    if operation is None:
        raise ValueError(f"the configuration names a layer '{name}' that it does not hold")
    index = node_index - 1 if _makes_own_node(operation) else node_index
    if index >= len(operation._inbound_nodes):
        return None
    tensor: KerasTensor = operation._inbound_nodes[index].outputs[tensor_index]
    return tensor


def _find_all(structure: Any, operations: dict[str, Any]) -> Any:
    if isinstance(structure, dict):
        return {key: _find_all(value, operations) for key, value in structure.items()}
    if len(structure) == 3 and isinstance(structure[0], str):
        return _find(structure, operations)
    return [_find_all(part, operations) for part in structure]
