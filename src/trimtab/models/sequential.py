"""Models that are a chain of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.core import naming, tree
from trimtab.core.config import deserialize_keras_object, keras_export, serialize_keras_object
from trimtab.core.function import Function
from trimtab.core.scope import trace_scope
from trimtab.layers.base import Layer
from trimtab.layers.call import masks_of
from trimtab.layers.configuration import base_config
from trimtab.layers.input_layer import InputLayer
from trimtab.layers.shapes import is_shape
from trimtab.models.model import Model


@keras_export("keras.Sequential", "keras.models.Sequential")
class Sequential(Model):
    """Layers one after another.

    With an `Input` in front it is built at once, otherwise on its first call.

    Args:
        layers: Layers; the first may be an `Input`.
        trainable: Whether the layers train.
        name: Name; made from a counter if None.

    Raises:
        ValueError: If an element is no layer, is there twice, or shares its name with another.

    Source: Keras 3 `keras.Sequential`; there, one instance may be added twice.
    """

    _makes_own_graph = True

    def __init__(
        self, layers: Sequence[Any] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        for layer in layers or ():
            self.add(layer, rebuild=False)
        if layers:
            self._maybe_rebuild()

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Puts a layer at the end.

        Args:
            layer: A layer, or what `Input` returned.
            rebuild: Whether to build the model anew if its input's shape is known.

        Raises:
            ValueError: If it is no layer, is in the model already, shares its name with one of its
                layers, or does not fit behind the last one; the model stays as it was.
        """
        shape = getattr(layer, "_input_shape_arg", None)
        if not self._layers and shape is not None:
            self.add(InputLayer(shape=shape))
        history = getattr(layer, "_keras_history", None)
        if history is not None and isinstance(history.operation, InputLayer):
            layer = history.operation
        self._check_new(layer)
        self._tracker.track(layer)
        self._forget_graph()
        if rebuild:
            try:
                self._maybe_rebuild()
            except Exception:
                self._tracker.untrack(layer)
                self._maybe_rebuild()
                raise

    def _check_new(self, layer: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"{self.name}: Only instances of Layer can be added to a Sequential model; got "
                f"{layer!r} of type {type(layer).__name__}"
            )
        for known in self._layers:
            if known is layer:
                raise ValueError(
                    f"{self.name}: the layer '{layer.name}' is in the model already; make a second "
                    f"{type(layer).__name__} for the second place, or share it in a functional "
                    "model"
                )
            if known.name == layer.name:
                raise ValueError(
                    f"{self.name}: All layers added to a Sequential model should have unique "
                    f"names. Name '{layer.name}' is already the name of a layer in this model. "
                    "Update the `name` argument to pass a unique name."
                )
        if isinstance(layer, InputLayer) and self._layers:
            raise ValueError(
                f"{self.name}: the model has already been configured: an Input must be the first "
                f"of its {len(self._layers)} layers"
            )

    def pop(self, rebuild: bool = True) -> Any:
        """Takes off and returns the last layer.

        Raises:
            ValueError: If there is none.
        """
        if not self.layers:
            raise ValueError(f"{self.name}: there is no layer to take off")
        layer = self._layers[-1]
        self._tracker.untrack(layer)
        self._forget_graph()
        if rebuild:
            self._maybe_rebuild()
        return layer

    @property
    def is_functional(self) -> bool:
        """False: the chain was not made of KerasTensors."""
        return False

    def _set_function(self, function: Function | None) -> None:
        super()._set_function(function)
        # The layers say themselves which shapes they take: others than the first one may do.
        self._input_spec = None

    def _forget_graph(self) -> None:
        self.built = False
        self._set_function(None)

    def _maybe_rebuild(self) -> None:
        self._forget_graph()
        if len(self._layers) < 2:
            return
        first = self._layers[0]
        if isinstance(first, InputLayer):
            self.build(first.batch_shape)
        elif isinstance(first, Model) and first._function is not None:
            self.build(first.input_shape)

    def _lock_state(self) -> None:
        """Nothing: layers may be added to a built model."""

    def build(self, input_shape: Any = None) -> None:
        """Builds all layers for inputs of a shape, None where open.

        Raises:
            ValueError: If there are no layers, or the model has another input shape already.
        """
        if not is_shape(input_shape):
            return
        if not self._layers:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers; use "
                "add(layer)"
            )
        shape = tuple(input_shape)
        first = self._layers[0]
        if not isinstance(first, InputLayer):
            first = InputLayer(batch_shape=(None, *shape[1:]), dtype=first.compute_dtype)
            self._layers.insert(0, first)
        elif first.batch_shape[1:] != shape[1:]:
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape "
                f"{first.batch_shape}; got {shape}"
            )
        inputs = x = first.output
        try:
            with trace_scope(None):
                for layer in self._layers[1:]:
                    x = layer(x)
        except NotImplementedError:
            # A layer that cannot tell its output's shape: the chain is run layer by layer.
            return
        # Keras makes a functional model here, which takes the next such name.
        self._set_function(Function(inputs, x, name=naming.auto_name("Functional")))

    def call(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Any:
        """The last layer's output."""
        if self._function is not None:
            return super().call(inputs, training=training, mask=mask, **kwargs)
        for layer in self.layers:
            signature = layer.call_signature()
            own: dict[str, Any] = {"mask": mask} if signature.has_mask else {}
            if signature.has_training and training is not None:
                own["training"] = training
            inputs = layer(inputs, **own)
            mask = tree.map_structure(masks_of, inputs)
        return inputs

    @property
    def layers(self) -> list[Any]:
        """The layers without the Input."""
        layers = list(self._layers)
        return layers[1:] if layers and isinstance(layers[0], InputLayer) else layers

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(f"{self.name}: `layers` cannot be set. Use `add()` and `pop()`")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output for a shape of the input, None where open."""
        if self._function is not None:
            return super().compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The layers' configurations, the Input's among them."""
        config = base_config(self)
        config["layers"] = [serialize_keras_object(layer) for layer in self._layers]
        if self._function is not None:
            config["build_input_shape"] = self._layers[0].batch_shape
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """A new model from what `get_config` returned, with fresh weights.

        Raises:
            ValueError: If the configuration lacks a name or layers.
        """
        if "name" not in config or "layers" not in config:
            raise ValueError(
                "A Sequential model configuration must be a dictionary containing the 'name' and "
                f"'layers' keys; got {sorted(config)}"
            )
        model = cls(name=config["name"])
        for layer_config in config["layers"]:
            model.add(
                deserialize_keras_object(layer_config, custom_objects=custom_objects), rebuild=False
            )
        if model._layers:
            model._maybe_rebuild()
        shape = config.get("build_input_shape")
        if model._function is None and shape is not None:
            model.build(tuple(shape))
        if config.get("trainable") is False:
            model.trainable = False
        return model
