"""Layers around a layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab import ops
from trimtab.core.config import deserialize_keras_object, keras_export
from trimtab.layers.base import Layer


@keras_export("keras.layers.Wrapper")
class Wrapper(Layer):
    """Base of layers that use another layer.

    Args:
        layer: The other layer.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If it is no layer.

    Source: Keras 3 `keras.layers.Wrapper`.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Layer {layer!r} supplied to {type(self).__name__} isn't a supported layer type. "
                "Please ensure wrapped layer is a valid Keras layer."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer within."""
        if not self.layer.built:
            self.layer.build(input_shape)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """A wrapper from what `get_config` returned, with a new layer within."""
        rest = {key: value for key, value in config.items() if key != "layer"}
        return cls(deserialize_keras_object(config["layer"], custom_objects), **rest)


@keras_export("keras.layers.TimeDistributed")
class TimeDistributed(Wrapper):
    """A layer applied to each step of axis 1 on its own, with the same weights.

    Args:
        layer: The layer.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the input has no steps, or the mask does not fit it.

    Source: Keras 3 `keras.layers.TimeDistributed`.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def _step_shape(self, input_shape: Any) -> tuple[Any, ...]:
        if len(input_shape) < 3:
            raise ValueError(
                f"{self.name}: the input must have axes (batch, steps, ...), at least 3; got shape "
                f"{tuple(input_shape)}"
            )
        return (input_shape[0], *input_shape[2:])

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer within for one step."""
        super().build(self._step_shape(input_shape))

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The layer's outputs, `(batch, steps, ...)`."""
        if mask is not None and tuple(mask.shape[:2]) != tuple(inputs.shape[:2]):
            raise ValueError(
                f"{self.name}: the mask must have the inputs' batch and steps "
                f"{tuple(inputs.shape[:2])}; got shape {tuple(mask.shape)}"
            )
        signature = self.layer.call_signature()
        outputs = []
        for step in range(inputs.shape[1]):
            own: dict[str, Any] = {}
            if signature.has_mask and mask is not None:
                own["mask"] = mask[:, step]
            if signature.has_training:
                own["training"] = training
            outputs.append(self.layer.call(inputs[:, step], **own))
        return ops.stack(outputs, axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(batch, steps, the sizes of the layer's output)."""
        within = self.layer.compute_output_shape(self._step_shape(input_shape))
        return (within[0], input_shape[1], *within[1:])
