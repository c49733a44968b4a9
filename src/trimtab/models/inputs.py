"""What a model of KerasTensors is given, brought into the form of its inputs."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core import tree
from trimtab.core.function import Function
from trimtab.core.operation import Node, origin
from trimtab.core.symbolic import keras_tensor
from trimtab.ir.tensor import KerasTensor, Tensor
from trimtab.layers.call import converted, masks_of
from trimtab.layers.input_layer import Input, InputLayer
from trimtab.layers.input_spec import InputSpec


def input_specs(function: Function) -> list[InputSpec] | None:
    """What is checked before a call: shapes but for the batch; None for inputs nested deeply."""
    structure = function.input_structure
    if isinstance(structure, dict):
        if not all(isinstance(x, KerasTensor) for x in structure.values()):
            return None
        return [_spec(structure[key], key) for key in sorted(structure)]
    return [_spec(x, None) for x in function.inputs]


def _spec(x: KerasTensor, key: str | None) -> InputSpec:
    layer = x._keras_history.operation
    shape = (None, *x.shape[1:]) if x.shape else ()
    return InputSpec(
        shape=shape,
        allow_last_axis_squeeze=True,
        name=layer.name if key is None else key,
        optional=isinstance(layer, InputLayer) and layer.optional,
    )


def in_model_order(function: Function, inputs: Any, owner: str) -> list[Any]:
    """Flat values in the order of the model's inputs.

    Raises:
        ValueError: If a dictionary lacks an input, or the number of values differs.
    """
    structure = function.input_structure
    if isinstance(inputs, dict) and not isinstance(structure, dict):
        names = [_input_name(x) for x in function.inputs]
        keys = [n if n in inputs else x.name for n, x in zip(names, function.inputs, strict=True)]
        missing = [n for n, key in zip(names, keys, strict=True) if key not in inputs]
        if missing:
            raise ValueError(
                f"{owner}: the dictionary of inputs lacks '{missing[0]}'; it has the keys "
                f"{list(inputs)}, the model's inputs are {names}"
            )
        return [inputs[key] for key in keys]
    flat = _picked(structure, inputs) if isinstance(inputs, dict) else tree.flatten(inputs)
    if len(flat) != len(function.inputs):
        raise ValueError(
            f"{owner}: the model has {len(function.inputs)} inputs, "
            f"{[_input_name(x) for x in function.inputs]}; got {len(flat)}"
        )
    return flat


def _picked(structure: dict[str, Any], inputs: dict[str, Any]) -> list[Any]:
    """The values of the model's keys; other keys are passed over, as Keras does."""
    if all(key in inputs for key in structure):
        return tree.flatten({key: inputs[key] for key in structure})
    return tree.flatten(inputs)


def _input_name(x: KerasTensor) -> str:
    history = x._keras_history
    return x.name if history is None else str(history.operation.name)


def as_tensors(function: Function, inputs: Any, owner: str) -> list[Any]:
    """Flat tensors for the model's inputs, of their type and their number of axes.

    Raises:
        ValueError: If their number or the number of their axes does not fit.
    """
    flat = in_model_order(function, inputs, owner)
    return [_as_tensor(x, ref, owner) for x, ref in zip(flat, function.inputs, strict=True)]


def _as_tensor(x: Any, ref: KerasTensor, owner: str) -> Any:
    if x is None:
        layer = ref._keras_history.operation
        if isinstance(layer, InputLayer) and not layer.optional:
            raise ValueError(f"{owner}: the input '{layer.name}' is not optional; got None")
        return None
    tensor = converted(x, ref.dtype, autocast=True)
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{owner}: an input must be an array or a tensor; got {type(x).__name__}")
    if tensor.dtype != ref.dtype:
        tensor = _with_mask(ops.cast(tensor, ref.dtype), tensor)
    rank, wanted = len(tensor.shape), len(ref.shape)
    if rank == wanted + 1 and tensor.shape[-1] == 1:
        return _with_mask(ops.squeeze(tensor, axis=-1), tensor)
    if rank == wanted - 1 and ref.shape[-1] == 1:
        return _with_mask(ops.expand_dims(tensor, axis=-1), tensor)
    if rank != wanted:
        raise ValueError(
            f"{owner}: the input '{_input_name(ref)}' must have shape {ref.shape}; got "
            f"{tuple(tensor.shape)}"
        )
    return tensor


def _with_mask(changed: Tensor, source: Tensor) -> Tensor:
    mask = masks_of(source)
    if mask is not None:
        changed._keras_mask = mask  # type: ignore[attr-defined]
    return changed


def begins_model(x: Any) -> bool:
    """Whether a KerasTensor comes from an Input, not from the middle of another model."""
    history = getattr(x, "_keras_history", None)
    return history is None or history.operation._inbound_nodes[history.node_index].is_input


def with_fresh_inputs(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """The part of a model from `inputs` in its middle to `outputs`, with Inputs of its own.

    The layers are shared with the model that the part is taken from; each gets another use.
    """
    function = Function(inputs, outputs, name="part")
    tensors: dict[Any, Any] = {}
    for x in function.inputs:
        tensors[origin(x)] = x if begins_model(x) else Input(batch_shape=x.shape, dtype=x.dtype)
    for node in function.nodes:
        if node.is_input:
            continue
        args, kwargs = node.fill(tensors)
        copies = [keras_tensor(x.shape, x.dtype) for x in node.outputs]
        Node(node.operation, args, kwargs, copies)
        tensors.update(zip(map(origin, node.outputs), copies, strict=True))

    def renew(x: Any) -> Any:
        return tensors[origin(x)]

    return tree.map_structure(renew, inputs), tree.map_structure(renew, outputs)


def get_source_inputs(tensor: Any) -> Any:
    """The KerasTensors of the Inputs that a KerasTensor was computed from.

    Args:
        tensor: What layers gave in a functional model.

    Returns:
        A list without repetitions, in the order of a walk back; `tensor` itself if nothing gave it.

    Source: Keras 3 `keras.utils.get_source_inputs`.
    """
    if getattr(tensor, "_keras_history", None) is None:
        return tensor
    found: dict[int, Any] = {}
    seen: set[int] = set()
    stack = [tensor]
    while stack:
        history = stack.pop()._keras_history
        node = history.operation._inbound_nodes[history.node_index]
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.is_input:
            found.update((id(x), x) for x in node.outputs)
        stack.extend(reversed(node.input_tensors))
    return list(found.values())
