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


def has_graph_constructor(cls: Any) -> bool:
    """Whether a class is constructed from inputs and outputs."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    kinds = [p.kind for p in parameters]
    takes_all = inspect.Parameter.VAR_POSITIONAL in kinds and inspect.Parameter.VAR_KEYWORD in kinds
    return takes_all or [p.name for p in parameters[:3]] == ["inputs", "outputs", "name"]


def _first_use(operation: Any) -> int:
    # Keras numbers the uses of a functional model from 1 where it lists a model's inputs and
    # outputs.
    return 1 if getattr(operation, "is_functional", False) else 0


class _Uses:
    """The uses of operations that belong to a model, and their numbers in its configuration."""

    def __init__(self, function: Function) -> None:
        own = {id(node) for node in function.nodes}
        self.kept: dict[int, list[Node]] = {}
        self._numbers: dict[tuple[int, int], int] = {}
        for operation in function.operations:
            kept = [(i, node) for i, node in enumerate(operation._inbound_nodes) if id(node) in own]
            self.kept[id(operation)] = [node for _, node in kept]
            self._numbers.update({(id(operation), index): n for n, (index, _) in enumerate(kept)})

    def history(self, tensor: KerasTensor) -> KerasHistory:
        """Where a tensor comes from, in the configuration's numbers."""
        operation, node_index, tensor_index = tensor._keras_history
        return KerasHistory(operation, self._numbers[id(operation), node_index], tensor_index)

    def end(self, tensor: KerasTensor) -> list[Any]:
        """[layer, use, output] of an input or output of the model."""
        operation, node_index, tensor_index = self.history(tensor)
        return [operation.name, node_index + _first_use(operation), tensor_index]


def function_config(model: Any) -> dict[str, Any]:
    """The configuration of a model of KerasTensors."""
    function: Function = model._function
    uses = _Uses(function)
    layers = []
    for operation in function.operations:
        config = serialize_keras_object(operation)
        config["name"] = operation.name
        config["inbound_nodes"] = [
            _node_config(n, uses) for n in uses.kept[id(operation)] if not n.is_input
        ]
        layers.append(config)
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": tree.map_structure(uses.end, function.input_structure),
        "output_layers": tree.map_structure(uses.end, function.output_structure),
    }


def _node_config(node: Node, uses: _Uses) -> dict[str, Any]:
    def part(x: Any) -> Any:
        if isinstance(x, KerasTensor):
            numbered = KerasTensor(x.shape, x.dtype, name=x.name)
            numbered._keras_history = uses.history(x)
            return serialize_keras_object(numbered)
        if isinstance(x, dict):
            return {key: part(value) for key, value in x.items()}
        return (
            [part(value) for value in x]
            if isinstance(x, (list, tuple))
            else serialize_keras_object(x)
        )

    return {"args": part(node.args), "kwargs": part(node.kwargs)}


def model_from_graph(
    cls: type, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None
) -> Any:
    """A model of class `cls` from what `function_config` returned.

    Raises:
        ValueError: If the layers do not connect.
    """
    operations: dict[str, Any] = {}
    waiting: list[tuple[str, list[Any]]] = []
    for layer_config in config["layers"]:
        name = layer_config["name"]
        operation = deserialize_keras_object(layer_config, custom_objects=custom_objects)
        if not isinstance(operation, Operation):
            raise ValueError(
                f"{config['name']}: '{name}' is no layer but a {type(operation).__name__}"
            )
        operations[name] = operation
        waiting.append((name, list(layer_config["inbound_nodes"])))
    waiting = _counted_from_zero(waiting, config)
    _connect(config["name"], operations, waiting)
    extra = {k: v for k, v in config.items() if k not in (*_KEYS, "trainable")}
    model = cls(
        inputs=_ends(config["input_layers"], operations),
        outputs=_ends(config["output_layers"], operations),
        name=config["name"],
        **extra,
    )
    if config.get("trainable") is not None:
        # Not by the property, which would tell the layers: each has its own flag in the file.
        model._trainable = bool(config["trainable"])
    return model


def _counted_from_zero(
    waiting: list[tuple[str, list[Any]]], config: Mapping[str, Any]
) -> list[tuple[str, list[Any]]]:
    """The uses with those of models within counted from 0.

    Keras 2 made a use of a model when it made the model, and so counted its uses in another model
    from 1, unless it had no shape until then. Uses that nothing needs are not in a file, so the
    lowest number is the first.
    """
    within = {layer["name"] for layer in config["layers"] if "layers" in layer["config"]}
    entries = [
        entry for _, nodes in waiting for node in nodes if isinstance(node, list) for entry in node
    ]
    first: dict[str, int] = {}
    for name, number, *_ in entries:
        if name in within:
            first[name] = min(first.get(name, number), number)
    for entry in entries:
        entry[1] -= first.get(entry[0], 0)
    return waiting


def _connect(name: str, operations: dict[str, Any], waiting: list[tuple[str, list[Any]]]) -> None:
    """Calls each operation as often as it was used, as soon as what it needs is there."""
    while any(nodes for _, nodes in waiting):
        went_on = False
        for operation_name, nodes in waiting:
            while nodes:
                arguments = _arguments(nodes[0], operations)
                if arguments is None:
                    break
                operation, (args, kwargs) = operations[operation_name], arguments
                if getattr(operation, "class_label", None) == "GetItem" and isinstance(
                    args[-1], list
                ):
                    # A tuple of slices is a list in a file.
                    args[-1] = tuple(args[-1])
                operation(*args, **kwargs)
                nodes.pop(0)
                went_on = True
        if not went_on:
            stuck = [operation_name for operation_name, nodes in waiting if nodes]
            raise ValueError(
                f"{name}: the configuration's layers {stuck} never get all their inputs"
            )


def _arguments(node: Any, operations: dict[str, Any]) -> tuple[list[Any], dict[str, Any]] | None:
    """The arguments of a use; None while a tensor among them does not exist."""
    if isinstance(node, list):
        return _keras_2_arguments(node, operations)
    missing: list[Any] = []

    def revive(value: Any) -> Any:
        if isinstance(value, list):
            return [revive(part) for part in value]
        if not isinstance(value, dict):
            return value
        kind = value.get("class_name")
        if kind == "__keras_tensor__":
            found = _find(value["config"]["keras_history"], operations)
            missing.extend([] if found is not None else [value])
            return found
        if kind == "__tuple__":
            return tuple(revive(part) for part in value["items"])
        if kind is not None:
            return deserialize_keras_object(value)
        return {key: revive(part) for key, part in value.items()}

    args, kwargs = (
        [revive(a) for a in node["args"]],
        {k: revive(v) for k, v in node["kwargs"].items()},
    )
    return None if missing else (args, kwargs)


def _keras_2_arguments(
    node: Sequence[Any], operations: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]] | None:
    """As Keras 2 wrote them: [[layer, use, output, kwargs], ...]."""
    tensors = [_find(entry[:3], operations) for entry in node]
    if any(x is None for x in tensors):
        return None
    kwargs: dict[str, Any] = next((entry[3] for entry in node if len(entry) == 4), {})
    return [tensors[0] if len(tensors) == 1 else tensors], kwargs


def _find(history: Sequence[Any], operations: dict[str, Any]) -> KerasTensor | None:
    """The tensor of [layer, use, output]; None if the layer has not been used so often yet."""
    name, node_index, tensor_index = history
    if name not in operations:
        raise ValueError(f"the configuration names a layer '{name}' that it does not hold")
    nodes = operations[name]._inbound_nodes
    return nodes[node_index].outputs[tensor_index] if node_index < len(nodes) else None


def _ends(structure: Any, operations: dict[str, Any]) -> Any:
    if isinstance(structure, dict):
        return {key: _ends(value, operations) for key, value in structure.items()}
    if len(structure) == 3 and isinstance(structure[0], str):
        name, node_index, tensor_index = structure
        return _find(
            [name, node_index - _first_use(operations.get(name)), tensor_index], operations
        )
    parts = [_ends(part, operations) for part in structure]
    return tuple(parts) if isinstance(structure, tuple) else parts
