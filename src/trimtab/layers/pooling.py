"""Layers that take the largest element or the mean of windows."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.layers.input_spec import InputSpec
from trimtab.layers.windows import Spatial
from trimtab.ops.windows import numbers, padding_name


class Pooling(Spatial):
    """What pooling layers share; `MaxPooling2D` describes the arguments."""

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format, name=name, **kwargs)
        self.pool_size = numbers(self.name, "pool_size", pool_size, self.rank)
        self.strides = self.pool_size
        if strides is not None:
            self.strides = numbers(self.name, "strides", strides, self.rank)
        self.padding = padding_name(self.name, padding)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    def _arguments(self) -> tuple[Any, ...]:
        return self.pool_size, self.strides, self.padding, self.data_format

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The input's shape with the number of windows in it."""
        sizes = self._windowed_sizes(input_shape, self.pool_size, self.strides, self.padding)
        return self._shape(input_shape[0], sizes, input_shape[self._channel_axis])


class MaxPooling(Pooling):
    """The largest element of each window; `MaxPooling2D` describes the arguments."""

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)

    def call(self, inputs: Any) -> Any:
        """The largest elements."""
        return ops.max_pool(inputs, *self._arguments())


class AveragePooling(Pooling):
    """The mean of each window; `MaxPooling2D` describes the arguments."""

    def call(self, inputs: Any) -> Any:
        """The means."""
        return ops.average_pool(inputs, *self._arguments())


@keras_export("keras.layers.MaxPooling1D", "keras.layers.MaxPool1D")
class MaxPooling1D(MaxPooling):
    """The largest element of each window of steps; the arguments are those of `MaxPooling2D`.

    Source: Keras 3 `keras.layers.MaxPooling1D`.
    """

    rank = 1


@keras_export("keras.layers.MaxPooling2D", "keras.layers.MaxPool2D")
class MaxPooling2D(MaxPooling):
    """The largest element of each window of an image, channel by channel.

    Args:
        pool_size: Size of the window: one number, or one an axis.
        strides: Elements from one window to the next; as `pool_size` if None.
        padding: "valid" (none) or "same" (`ceil(size / stride)` outputs).
        data_format: "channels_last" or "channels_first"; the global setting if None.
        name: Its name; made from the class's if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is not as described.

    Source: Keras 3 `keras.layers.MaxPooling2D`.
    """

    rank = 2


@keras_export("keras.layers.MaxPooling3D", "keras.layers.MaxPool3D")
class MaxPooling3D(MaxPooling):
    """The largest element of each window of a volume; the arguments are those of `MaxPooling2D`.

    Source: Keras 3 `keras.layers.MaxPooling3D`.
    """

    rank = 3


@keras_export("keras.layers.AveragePooling1D", "keras.layers.AvgPool1D")
class AveragePooling1D(AveragePooling):
    """The mean of each window of steps, padding not counted; arguments as of `MaxPooling2D`.

    Source: Keras 3 `keras.layers.AveragePooling1D`.
    """

    rank = 1


@keras_export("keras.layers.AveragePooling2D", "keras.layers.AvgPool2D")
class AveragePooling2D(AveragePooling):
    """The mean of each window of an image, padding not counted; arguments as of `MaxPooling2D`.

    Source: Keras 3 `keras.layers.AveragePooling2D`.
    """

    rank = 2


@keras_export("keras.layers.AveragePooling3D", "keras.layers.AvgPool3D")
class AveragePooling3D(AveragePooling):
    """The mean of each window of a volume, padding not counted; arguments as of `MaxPooling2D`.

    Source: Keras 3 `keras.layers.AveragePooling3D`.
    """

    rank = 3


AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
