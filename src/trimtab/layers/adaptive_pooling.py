"""Layers that take the largest element or the mean of a given number of windows."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.layers.input_spec import InputSpec
from trimtab.layers.windows import Spatial
from trimtab.ops.windows import numbers


class AdaptivePooling(Spatial):
    """What the layers share; `AdaptiveAveragePooling2D` describes the arguments."""

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(data_format, **kwargs)
        self.output_size = numbers(self.name, "output_size", output_size, self.rank)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The input's shape with `output_size` in it."""
        self._check_rank(input_shape)
        return self._shape(input_shape[0], self.output_size, input_shape[self._channel_axis])


class AdaptiveAveragePooling(AdaptivePooling):
    """The mean of each window; `AdaptiveAveragePooling2D` describes the arguments."""

    def call(self, inputs: Any) -> Any:
        """The means."""
        return ops.adaptive_average_pool(inputs, self.output_size, self.data_format)


class AdaptiveMaxPooling(AdaptivePooling):
    """The largest element of each window; `AdaptiveAveragePooling2D` describes the arguments."""

    def call(self, inputs: Any) -> Any:
        """The largest elements."""
        return ops.adaptive_max_pool(inputs, self.output_size, self.data_format)


@keras_export("keras.layers.AdaptiveAveragePooling1D")
class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The means of `output_size` windows of steps; see `AdaptiveAveragePooling2D`.

    Source: Keras 3 `keras.layers.AdaptiveAveragePooling1D`.
    """

    rank = 1


@keras_export("keras.layers.AdaptiveAveragePooling2D")
class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """The means of `output_size` windows of an image, whatever its size.

    Args:
        output_size: Windows along each axis: one number, or one an axis.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If `output_size` is not positive and whole.

    Source: Keras 3 `keras.layers.AdaptiveAveragePooling2D`.
    """

    rank = 2


@keras_export("keras.layers.AdaptiveAveragePooling3D")
class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The means of `output_size` windows of a volume; see `AdaptiveAveragePooling2D`.

    Source: Keras 3 `keras.layers.AdaptiveAveragePooling3D`.
    """

    rank = 3


@keras_export("keras.layers.AdaptiveMaxPooling1D")
class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """The largest elements of `output_size` windows of steps; see `AdaptiveAveragePooling2D`.

    Source: Keras 3 `keras.layers.AdaptiveMaxPooling1D`.
    """

    rank = 1


@keras_export("keras.layers.AdaptiveMaxPooling2D")
class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The largest elements of `output_size` windows of an image; see `AdaptiveAveragePooling2D`.

    Source: Keras 3 `keras.layers.AdaptiveMaxPooling2D`.
    """

    rank = 2


@keras_export("keras.layers.AdaptiveMaxPooling3D")
class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """The largest elements of `output_size` windows of a volume; see `AdaptiveAveragePooling2D`.

    Source: Keras 3 `keras.layers.AdaptiveMaxPooling3D`.
    """

    rank = 3
