"""Layers one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.core.config import deserialize_keras_object, keras_export, serialize_keras_object
from trimtab.layers.base import Layer


@keras_export("keras.layers.Pipeline")
class Pipeline(Layer):
    """Layers applied one after the other, to prepare data.

    Args:
        layers: The layers.
        name: Name; made from the class's if None.

    Raises:
        ValueError: If one of them is no layer.

    Source: Keras 3 `keras.layers.Pipeline`.
    """

    def __init__(self, layers: Sequence[Any], name: str | None = None) -> None:
        super().__init__(name=name)
        for layer in layers:
            if not isinstance(layer, Layer):
                raise ValueError(f"{self.name}: `layers` must hold layers; got {layer!r}")
        self._pipeline_layers = list(layers)

    @property
    def layers(self) -> list[Layer]:
        """The layers in order."""
        return self._pipeline_layers

    def call(self, inputs: Any, training: Any = True, mask: Any = None) -> Any:
        """What the last layer gives.

        Args:
            inputs: What the first layer takes.
            training: Given to the layers that take it.
            mask: Given to the layers that take it.
        """
        for layer in self._pipeline_layers:
            signature = layer.call_signature()
            own: dict[str, Any] = {}
            if signature.has_mask and mask is not None:
                own["mask"] = mask
            if signature.has_training:
                own["training"] = training
            inputs = layer(inputs, **own)
        return inputs

    def get_config(self) -> dict[str, Any]:
        """The layers' configurations and the name."""
        return {
            "layers": [serialize_keras_object(layer) for layer in self._pipeline_layers],
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """A pipeline of new layers.

        Raises:
            ValueError: If the configuration has no list of layers.
        """
        if not isinstance(config.get("layers"), (list, tuple)):
            raise ValueError(
                "Pipeline: a configuration must have a list of 'layers'; got "
                f"{config.get('layers')!r}"
            )
        layers = [deserialize_keras_object(c, custom_objects) for c in config["layers"]]
        return cls(layers, name=config.get("name"))
