"""Models made from models: clones with weights of their own, and models from JSON."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from trimtab.core import tree
from trimtab.core.config import (
    deserialize_keras_object,
    keras_export,
    serialize_keras_object,
)
from trimtab.core.function import Function
from trimtab.ir.tensor import KerasTensor
from trimtab.layers.base import Layer
from trimtab.layers.function_layers import Lambda
from trimtab.layers.input_layer import Input, InputLayer
from trimtab.lazy import lazy_module
from trimtab.models.model import Model
from trimtab.models.sequential import Sequential
from trimtab.saving import files, legacy_config

if TYPE_CHECKING:
    import json
else:
    json = lazy_module("json")

Cloner = Callable[[Any], Any]


@keras_export("keras.models.model_from_json")
def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model that `Model.to_json` described, today's or an old version's, with fresh weights.

    Args:
        json_string: What `to_json` returned.
        custom_objects: Classes and functions by name, beside those registered.

    Raises:
        ValueError: If it describes no model, a class is unknown, or code is refused.

    Source: Keras 3 `keras.models.model_from_json`.
    """
    with files.reading("model_from_json", "a model's JSON"):
        config = json.loads(json_string)
        if not isinstance(config, dict):
            raise ValueError(f"It must be an object; got a {type(config).__name__}")
        if "module" not in config:
            config = legacy_config.upgraded(config)
        return deserialize_keras_object(config, custom_objects=custom_objects)


@keras_export("keras.models.clone_model")
def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Cloner | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Any:
    """A model like `model`, of new layers with weights of their own.

    Args:
        model: A Sequential, a model of KerasTensors, or a subclassed model with a configuration.
        input_tensors: KerasTensors to begin with; new Inputs if None.
        clone_function: Makes a layer's clone; from its configuration if None. Inputs are not
            passed to it.
        call_function: `(layer, *args, **kwargs)`: uses a clone on tensors; a call if None. Only for
            models of KerasTensors.
        recursive: Whether models within are cloned layer by layer too.

    Raises:
        ValueError: If an argument does not go with this kind of model.

    Source: Keras 3 `keras.models.clone_model`.
    """
    cloner = _Cloner(clone_function, call_function, recursive)
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError(
                "clone_model: `call_function` is for models of KerasTensors; a Sequential's layers "
                "are not called while it is made"
            )
        return cloner.sequential(model, input_tensors)
    if isinstance(model, Model) and model.is_functional:
        return cloner.functional(model, input_tensors)
    given = {
        "input_tensors": input_tensors,
        "clone_function": clone_function,
        "call_function": call_function,
    }
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"clone_model: `{name}` is for Sequential models and models of KerasTensors; got a "
                f"{type(model).__name__}"
            )
    config = serialize_keras_object(model)
    return deserialize_keras_object(config, custom_objects={type(model).__name__: type(model)})


def _from_config(layer: Any) -> Any:
    if isinstance(layer, Lambda):
        # The function itself: a lambda has no name to be found by.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            config = layer.get_config()
        own = {"function": layer.function, "mask": layer.mask}
        config.update({key: value for key, value in own.items() if callable(value)})
        return type(layer).from_config(config)
    return type(layer).from_config(layer.get_config())


class _Cloner:
    """Clones layers, each once however often it is used."""

    def __init__(
        self,
        clone_function: Cloner | None,
        call_function: Callable[..., Any] | None,
        recursive: bool,
    ) -> None:
        self._function = clone_function or _from_config
        self._call = call_function
        self._recursive = recursive
        self._known: dict[int, Any] = {}

    def clone(self, operation: Any) -> Any:
        """The clone of a layer; ops have no state and stay."""
        if not isinstance(operation, Layer):
            return operation.clone()
        if id(operation) not in self._known:
            self._known[id(operation)] = self._new(operation)
        return self._known[id(operation)]

    def _new(self, layer: Any) -> Any:
        if self._recursive and isinstance(layer, Sequential):
            return self.sequential(layer, None)
        if self._recursive and isinstance(layer, Model) and layer.is_functional:
            return self.functional(layer, None)
        return self._function(layer)

    def sequential(self, model: Sequential, input_tensors: Any) -> Any:
        """A clone of a Sequential."""
        layers = [self.clone(layer) for layer in model.layers]
        first = model._layers[0] if model._layers else None
        inputs = tree.flatten(input_tensors) if input_tensors is not None else []
        if len(inputs) > 1 or not all(isinstance(x, KerasTensor) for x in inputs):
            raise ValueError(
                f"clone_model: `input_tensors` must be one KerasTensor; got {input_tensors!r}"
            )
        if inputs:
            layers.insert(0, Input(tensor=inputs[0]))
        elif isinstance(first, InputLayer):
            layers.insert(0, InputLayer.from_config(first.get_config()))
        clone = type(model)(layers, name=model.name, trainable=model.trainable)
        return _compiled_alike(clone, model)

    def functional(self, model: Model, input_tensors: Any) -> Any:
        """A clone of a model of KerasTensors."""
        function: Function = model._graph("connections")
        inputs = input_tensors
        if inputs is None:
            inputs = tree.map_structure(_like, function.input_structure)
        else:
            tree.assert_same_structure(inputs, function.input_structure)

        def run(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            clone = self.clone(operation)
            return (
                clone(*args, **kwargs) if self._call is None else self._call(clone, *args, **kwargs)
            )

        outputs = function.run(tree.flatten(inputs), run)
        return _compiled_alike(type(model)(inputs, outputs, name=model.name), model)


def _like(x: KerasTensor) -> KerasTensor:
    layer = x._keras_history.operation
    return Input(batch_shape=x.shape, dtype=x.dtype, name=layer.name, optional=layer.optional)


def _compiled_alike(clone: Any, model: Any) -> Any:
    if model.compiled:
        clone.compile_from_config(model.get_compile_config())
    return clone
