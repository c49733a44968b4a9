"""The model: a layer that can be trained, of KerasTensors or of a subclass's own `call`."""

from __future__ import annotations

import abc
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab import saving
from trimtab.core import tree
from trimtab.core.config import keras_export, nearest, serialize_keras_object
from trimtab.core.function import Function
from trimtab.core.old_spellings import METHODS as OLD_METHODS
from trimtab.core.scope import THREAD
from trimtab.core.symbolic import infer_output_spec, keras_tensor
from trimtab.ir.tensor import Array, KerasTensor
from trimtab.layers.base import Layer
from trimtab.layers.building import default
from trimtab.layers.call import CALLS
from trimtab.layers.shapes import map_shapes
from trimtab.lazy import lazy_module
from trimtab.models import graph_config
from trimtab.models import inputs as model_inputs
from trimtab.models.compiled_call import CallCache, compiled, remember
from trimtab.models.state_tree import StateTreeOwner
from trimtab.models.summary import print_summary, summary_html
from trimtab.saving.pickling import reduced
from trimtab.training.trainer import Trainer

if TYPE_CHECKING:
    import json
else:
    json = lazy_module("json")


def _names_graph(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether a constructor's arguments are KerasTensors to make a model of."""
    given = len(args) + ("inputs" in kwargs) + ("outputs" in kwargs)
    return given >= 2 and ("outputs" in kwargs or len(args) >= 2)


@keras_export("keras.Model", "keras.models.Model")
class Model(StateTreeOwner, Trainer, Layer):
    """A layer with `fit`, `evaluate` and `predict`.

    Either `Model(inputs, outputs)` of KerasTensors, or a subclass with layers made in `__init__`
    and used in `call`. A subclass without a `call` may be given `inputs` and `outputs` too.

    Args:
        inputs: KerasTensors, alone or nested, that come from `Input`, or from the middle of another
            model.
        outputs: KerasTensors computed from them, alone or nested.
        name: Name; made from the class's if None.
        trainable: Whether the layers train; left to the layers if not given.

    Raises:
        ValueError: If the outputs do not depend on the inputs alone, or two layers share a name.

    Source: Keras 3 `keras.Model`.
    """

    _function: Function | None = None
    _call_cache: CallCache
    # Of a Sequential, whose graph follows from its layers.
    _makes_own_graph = False
    # Set by `models.functional`: what `Model(inputs, outputs)` makes.
    _functional_class: type[Model]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """A `Functional` for `Model(inputs, outputs)`."""
        made = cls._functional_class if cls is Model and _names_graph(args, kwargs) else cls
        model = super().__new__(made, *args, **kwargs)
        object.__setattr__(model, "_call_cache", CallCache())
        return model

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Trainer.__init__(self)
        if _names_graph(args, kwargs):
            self._init_graph(*args, **kwargs)
        else:
            Layer.__init__(self, *args, **kwargs)

    def _init_graph(
        self,
        inputs: Any,
        outputs: Any,
        name: str | None = None,
        trainable: bool | None = None,
        **unknown: Any,
    ) -> None:
        prefix = type(self).__name__
        if unknown:
            raise ValueError(
                f"Unrecognized keyword arguments passed to {prefix}: {unknown}."
                f"{nearest(next(iter(unknown)), ['inputs', 'outputs', 'name', 'trainable'])}"
            )
        for role, tensors in (("inputs", inputs), ("outputs", outputs)):
            for x in tree.flatten(tensors):
                if not isinstance(x, KerasTensor):
                    raise ValueError(
                        f"{prefix}: All `{role}` values must be KerasTensors; got {x!r} of type "
                        f"{type(x).__name__}"
                    )
        Layer.__init__(self, name=name)
        if not all(model_inputs.begins_model(x) for x in tree.flatten(inputs)):
            inputs, outputs = model_inputs.with_fresh_inputs(inputs, outputs)
        self._set_function(Function(inputs, outputs, name=self.name))
        for layer in self.layers:
            self._tracker.track(layer)
        if trainable is not None:
            self.trainable = trainable
        self._finish_build({"input_shape": None})

    @property
    def is_functional(self) -> bool:
        """Whether the model was made of KerasTensors."""
        return self._function is not None

    def _set_function(self, function: Function | None) -> None:
        self._function = function
        # The model converts each input to the type of its Input, not to its own compute type.
        self._convert_input_args = function is None
        self._input_spec = None if function is None else model_inputs.input_specs(function)

    def _lock_state(self) -> None:
        if self._function is None:
            super()._lock_state()

    # --------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the model; on an array in one compiled step if all layers are this library's own."""
        if len(args) == 1 and THREAD.trace is None and CALLS.entry is None:
            x = args[0]
            kind = type(x)
            if kind is Array:
                x = x.array if getattr(x, "_keras_mask", None) is None else None
            if (
                (kind is np.ndarray or kind is Array)
                and x is not None
                and kwargs.keys() <= {"training"}
            ):
                key = (x.shape, x.dtype, kwargs.get("training"))
                call = self._call_cache.get(key)
                if call is None:
                    call = self._compile_call(key, x)
                if call:
                    return call(x)
        return super().__call__(*args, **kwargs)

    def _compile_call(self, key: Any, x: np.ndarray[Any, Any]) -> Any:
        """The compiled call for arrays like `x`; False if there is none."""
        if not self.built or self._function is None:
            return False
        call = compiled(self, x, key[2]) or False
        remember(self, self._call_cache, key, call)
        return call

    def call(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Any:
        """The outputs for `inputs`; a subclass that is not made of KerasTensors overrides it.

        Raises:
            NotImplementedError: If it does not.
        """
        function = self._function
        if function is None:
            raise NotImplementedError(
                f"Model {type(self).__name__} does not have a `call()` method implemented."
            )
        tensors = model_inputs.as_tensors(function, inputs, self.name)
        for tensor, own in zip(tensors, [] if mask is None else tree.flatten(mask), strict=False):
            if own is not None:
                tensor._keras_mask = own

        def run(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            # What the model is told overrides what a layer was told when the model was made.
            if (
                training is not None
                and isinstance(operation, Layer)
                and operation.call_signature().has_training
            ):
                kwargs["training"] = training
            return operation(*args, **kwargs)

        return _without_singleton(function.run(tensors, run))

    @default
    def build(self, input_shape: Any) -> None:
        """Builds the layers of a subclassed model for inputs of a shape, None where open."""
        if self._function is None and any(not layer.built for layer in self._layers):
            inputs = map_shapes(lambda s: keras_tensor(s, self.input_dtype), input_shape)
            with self._name_scope():
                infer_output_spec(self.call, (inputs,), {})
        self._finish_build({"input_shape": input_shape})

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """KerasTensors for what the model gives on such inputs."""
        if self._function is None:
            return super().compute_output_spec(*args, **kwargs)
        inputs = model_inputs.in_model_order(
            self._function, args[0] if args else kwargs["inputs"], self.name
        )
        return _without_singleton(self._function.compute_output_spec(inputs))

    @default
    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the outputs for a shape of the inputs, None where open."""
        if self._function is None:
            return super().compute_output_shape(input_shape)
        inputs = map_shapes(lambda s: keras_tensor(s, self.input_dtype), input_shape)
        return tree.map_structure(lambda x: x.shape, self.compute_output_spec(inputs))

    # ----------------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Any]:
        """The layers, from the inputs on; in a subclassed model as they were made."""
        if self._function is not None:
            return [
                operation for operation in self._function.operations if isinstance(operation, Layer)
            ]
        return self._flatten_layers(include_self=False, recursive=False)

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(
            f"{self.name}: `Model.layers` attribute is reserved for what the model finds itself; "
            "use another attribute's name"
        )

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """The layer called `name`, or the one at `index` of `layers`.

        Raises:
            ValueError: If there is none, or not just one of the two is given.
        """
        if (name is None) == (index is None):
            raise ValueError(
                f"get_layer: give a name or an index, one of them; got name={name!r}, "
                f"index={index!r}"
            )
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(
                    f"get_layer: {self.name} has {len(self.layers)} layers; got index {index}"
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"No such layer: {name}. Existing layers are: {[layer.name for layer in self.layers]}."
        )

    def _graph(self, what: str) -> Function:
        if self._function is None:
            raise AttributeError(
                f"{type(self).__name__} '{self.name}' has no defined {what}: it is no functional "
                "model"
            )
        return self._function

    @property
    def inputs(self) -> list[KerasTensor]:
        """The KerasTensors of the inputs, flat."""
        return self._graph("inputs").inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The KerasTensors of the outputs, flat."""
        return self._graph("outputs").outputs

    @property
    def input(self) -> Any:
        """The inputs in the structure that they were given in."""
        return super().input if self._function is None else self._function.input_structure

    @property
    def output(self) -> Any:
        """The outputs in the structure that they were given in."""
        return super().output if self._function is None else self._function.output_structure

    @property
    def input_shape(self) -> Any:
        """The shape of the input, or a list of shapes."""
        shapes = [x.shape for x in self._graph("input shape").inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self) -> Any:
        """The shape of the output, or a list of shapes."""
        shapes = [x.shape for x in self._graph("output shape").outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def operations(self) -> list[Any]:
        """Layers and ops, from the inputs on."""
        return list(self._graph("operations").operations)

    @property
    def input_names(self) -> list[str]:
        """The names of the layers that the inputs come from."""
        return [x._keras_history.operation.name for x in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the layers that the outputs come from."""
        return [x._keras_history.operation.name for x in self.outputs]

    # -----------------------------------------------------------------------

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Callable[..., Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: list[str] | tuple[str, str] | None = None,
    ) -> None:
        """Prints layers, shapes and parameters, and what Batch Normalization layers are up to.

        Args:
            line_length: Width in characters; by the terminal and the kind of model if None.
            positions: Where the columns end, as parts of the width.
            print_fn: Called with the text instead of printing it.
            expand_nested: Whether to list the layers of nested models.
            show_trainable: Whether to add a column that says which layers train.
            layer_range: Names (patterns) of the first and the last layer to list.

        Source: Keras 3 `keras.Model.summary`; the block on Batch Normalization is this library's.
        """
        print_summary(
            self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range
        )

    def _repr_html_(self) -> str:
        # What a notebook shows.
        return summary_html(self)

    def get_config(self) -> dict[str, Any]:
        """Layers and connections of a model of KerasTensors; else the constructor's arguments."""
        if self._function is not None and graph_config.has_graph_constructor(type(self)):
            return graph_config.function_config(self)
        return super().get_config()

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the model for the shapes of `get_build_config`, if it is not built yet."""
        if not self.built:
            super().build_from_config(config)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """A new model from what `get_config` returned, with fresh weights."""
        if graph_config.is_graph_config(config) and graph_config.has_graph_constructor(cls):
            return graph_config.model_from_graph(cls, config, custom_objects)
        return super().from_config(config, custom_objects)

    def to_json(self, **kwargs: Any) -> str:
        """The configuration as JSON, for `models.model_from_json`; `json.dumps` gets `kwargs`."""
        return json.dumps(serialize_keras_object(self), **kwargs)

    def save(
        self,
        filepath: str | os.PathLike[str],
        overwrite: bool = True,
        zipped: bool | None = None,
        *,
        include_optimizer: bool = True,
        **kwargs: Any,
    ) -> None:
        """Writes the model to a file; see `saving.save_model`."""
        saving.save_model(
            self, filepath, overwrite, zipped, include_optimizer=include_optimizer, **kwargs
        )

    def save_weights(
        self,
        filepath: str | os.PathLike[str],
        overwrite: bool = True,
        max_shard_size: float | None = None,
        *,
        objects_to_skip: Any = None,
        save_format: str | None = None,
    ) -> None:
        """Writes the weights to a file; see `saving.save_weights`."""
        saving.save_weights(
            self,
            filepath,
            overwrite,
            max_shard_size,
            objects_to_skip=objects_to_skip,
            save_format=save_format,
        )

    def load_weights(
        self,
        filepath: str | os.PathLike[str],
        skip_mismatch: bool = False,
        *,
        objects_to_skip: Any = None,
        by_name: bool | None = None,
    ) -> None:
        """Sets the weights from a file, all or none; see `saving.load_weights`."""
        saving.load_weights(
            self, filepath, skip_mismatch, objects_to_skip=objects_to_skip, by_name=by_name
        )

    def __reduce__(self) -> Any:
        """Pickles and copies hold what a file would hold."""
        return reduced(self)


def _without_singleton(outputs: Any) -> Any:
    return outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs


class _OfGraphs(abc.ABCMeta):
    """What tells a model made of KerasTensors, whatever class it was made as."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if super().__instancecheck__(instance):
            return True
        is_made = isinstance(instance, Model) and not instance._makes_own_graph
        return cls is Model._functional_class and is_made and instance._function is not None


@keras_export("keras.src.models.functional.Functional", "keras.models.Functional")
class Functional(Model, metaclass=_OfGraphs):
    """What `Model(inputs, outputs)` makes; an instance of a subclass made so counts as one.

    Args:
        inputs: As for `Model`.
        outputs: As for `Model`.
        name: Name; "functional" and a number if None.
        **kwargs: `trainable`.

    Source: Keras 3 `keras.src.models.functional.Functional`.
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(inputs, outputs, name=name, **kwargs)


class _Gone:
    """A method of old: asked for, it says what took its place."""

    def __init__(self, name: str, instead: str) -> None:
        self.name = name
        self.instead = instead

    def __get__(self, model: Any, cls: type) -> Any:
        raise AttributeError(
            f"{cls.__name__!r} object has no attribute {self.name!r}: {self.instead}"
        )


for _name, _instead in OLD_METHODS.items():
    setattr(Model, _name, _Gone(_name, _instead))

Model._functional_class = Functional
