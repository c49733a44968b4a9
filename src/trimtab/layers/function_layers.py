"""Layers that are a function: none, or one of the user's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from trimtab.core import tree
from trimtab.core.config import deserialize_keras_object, keras_export
from trimtab.core.symbolic import infer_output_spec, keras_tensor
from trimtab.layers.base import Layer
from trimtab.layers.shapes import is_shape, map_shapes


@keras_export("keras.layers.Identity")
class Identity(Layer):
    """The inputs, unchanged.

    Source: Keras 3 `keras.layers.Identity`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        """The inputs."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def compute_output_spec(self, inputs: Any) -> Any:
        """KerasTensors like the inputs."""
        return tree.map_structure(lambda x: keras_tensor(x.shape, x.dtype), inputs)


@keras_export("keras.layers.Lambda")
class Lambda(Layer):
    """A function of tensors as a layer.

    Variables that the function uses are not the layer's: write a `Layer` for that.

    Args:
        function: Of a tensor; it may have arguments `training` and `mask`.
        output_shape: Shape of one output example, or a function of the input's shape; found by
            running the function on probes if None.
        mask: Mask of the outputs, or a function `(inputs, mask)` of it; none if None.
        arguments: Further arguments of the function, by name.
        **kwargs: Arguments of `Layer`.

    Source: Keras 3 `keras.layers.Lambda`. A Python lambda is written to files as code, which is
        read only with `safe_mode=False`.
    """

    # The function may do anything.
    is_pure = False

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.function = function
        self.arguments = dict(arguments or {})
        self.mask = mask
        self.supports_masking = mask is not None
        self._output_shape = output_shape
        parameters = inspect.signature(function).parameters
        self._takes = [name for name in ("mask", "training") if name in parameters]

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """What the function returns."""
        own = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{n: own[n] for n in self._takes})

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask given, or what its function returns."""
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """KerasTensors for what the function gives."""
        if self._output_shape is None:
            return infer_output_spec(self._run, args, kwargs)
        return super().compute_output_spec(*args, **kwargs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the outputs for a shape of the inputs, None where open."""
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        batch = tree.flatten(input_shape)[0]
        return map_shapes(lambda shape: (batch, *shape), self._output_shape)

    def get_config(self) -> dict[str, Any]:
        """The function by its name (a lambda as code), and what else the layer was given."""
        config = super().get_config()
        for key in ("function", "mask", "output_shape"):
            value = config.get(key)
            if isinstance(value, dict) and value.get("class_name") == "__lambda__":
                # Keras spells a layer's code out.
                parts = zip(("code", "defaults", "closure"), value["config"]["value"], strict=True)
                config[key] = {**value, "config": dict(parts)}
        if self._output_shape is None:
            del config["output_shape"]
        else:
            shape = self._output_shape
            config["output_shape"] = config["output_shape"] if callable(shape) else shape
        if self.mask is None:
            del config["mask"]
        return config

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: Mapping[str, Any] | None = None,
        safe_mode: bool | None = None,
    ) -> Any:
        """A layer from what `get_config` returned.

        Args:
            config: What it returned.
            custom_objects: Classes and functions by name.
            safe_mode: Whether to refuse the code of a lambda; as the call around this one if None.

        Raises:
            ValueError: If the function is a lambda and not trusted, or is not known.
        """
        is_safe = safe_mode is not False
        revived = {
            key: value
            if callable(value)
            else deserialize_keras_object(value, custom_objects, is_safe)
            for key, value in config.items()
        }
        if is_shape(revived.get("output_shape")):
            revived["output_shape"] = tuple(revived["output_shape"])
        return cls(**revived)
