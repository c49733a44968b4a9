"""Numbers in another range."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.layers.base import Layer


@keras_export("keras.layers.Rescaling")
class Rescaling(Layer):
    """`x * scale + offset`.

    Args:
        scale: A number, or one for each channel of images.
        offset: A number, or one for each channel of images.
        **kwargs: Arguments of `Layer`.

    Source: Keras 3 `keras.layers.Rescaling`.
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        """The rescaled inputs, in the type that the layer computes in."""
        dtype = self.compute_dtype
        x = ops.cast(inputs, dtype)
        return ops.add(ops.multiply(x, self._factor(self.scale)), self._factor(self.offset))

    def _factor(self, value: Any) -> Any:
        factor = ops.cast(np.asarray(value), self.compute_dtype)
        if factor.ndim == 1 and settings.image_data_format() == "channels_first":
            return ops.reshape(factor, (-1, 1, 1))
        return factor

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
