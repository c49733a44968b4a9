"""A layer that leaves rows out of what follows."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.layers.base import Layer


@keras_export("keras.layers.Masking")
class Masking(Layer):
    """Masks the steps whose features all equal `mask_value`, and sets them to 0.

    Args:
        mask_value: The value that stands for nothing.
        **kwargs: Arguments of `Layer`.

    Source: Keras 3 `keras.layers.Masking`.
    """

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True
        self._build_at_init()

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Where a step holds anything else than the mask value, `(batch, steps)`."""
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        """The inputs, the masked steps as 0."""
        return ops.where(ops.expand_dims(self.compute_mask(inputs), -1), inputs, 0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
