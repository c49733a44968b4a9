"""Layers that take the largest element or the mean of whole channels."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.layers.input_spec import InputSpec
from trimtab.layers.windows import Spatial


class GlobalPooling(Spatial):
    """What the layers share; `GlobalAveragePooling2D` describes the arguments."""

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(data_format, **kwargs)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    @property
    def _axes(self) -> tuple[int, ...]:
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """(batch, channels), with an axis of size 1 for each other one if `keepdims`."""
        channels = input_shape[self._channel_axis]
        return self._shape(input_shape[0], (1,) * self.rank if self.keepdims else (), channels)


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel; `GlobalAveragePooling2D` describes the arguments."""

    def call(self, inputs: Any) -> Any:
        """The means, `(batch, channels)`."""
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalMaxPooling(GlobalPooling):
    """The largest element of each channel; `GlobalAveragePooling2D` describes the arguments."""

    def call(self, inputs: Any) -> Any:
        """The largest elements, `(batch, channels)`."""
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


@keras_export("keras.layers.GlobalAveragePooling1D", "keras.layers.GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of each channel over the steps that the mask does not leave out.

    The arguments are those of `GlobalAveragePooling2D`.

    Source: Keras 3 `keras.layers.GlobalAveragePooling1D`.
    """

    rank = 1

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """The means, `(batch, channels)`; `mask`, `(batch, steps)`, is True where a step counts."""
        if mask is None:
            return super().call(inputs)
        counts = ops.expand_dims(ops.cast(mask, "bool"), self._channel_axis)
        total = ops.sum(ops.where(counts, inputs, 0), axis=self._axes, keepdims=self.keepdims)
        weights = ops.cast(counts, inputs.dtype)
        return total / ops.sum(weights, axis=self._axes, keepdims=self.keepdims)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """None: the steps are gone."""
        return


@keras_export("keras.layers.GlobalAveragePooling2D", "keras.layers.GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel of an image.

    Args:
        data_format: "channels_last" or "channels_first"; the global setting if None.
        keepdims: Whether axes of size 1 stand for those that the mean was taken over.
        **kwargs: Arguments of `Layer`.

    Source: Keras 3 `keras.layers.GlobalAveragePooling2D`.
    """

    rank = 2


@keras_export("keras.layers.GlobalAveragePooling3D", "keras.layers.GlobalAvgPool3D")
class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of each channel of a volume; arguments as of `GlobalAveragePooling2D`.

    Source: Keras 3 `keras.layers.GlobalAveragePooling3D`.
    """

    rank = 3


@keras_export("keras.layers.GlobalMaxPooling1D", "keras.layers.GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest element of each channel over the steps; see `GlobalAveragePooling2D`.

    Source: Keras 3 `keras.layers.GlobalMaxPooling1D`.
    """

    rank = 1


@keras_export("keras.layers.GlobalMaxPooling2D", "keras.layers.GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest element of each channel of an image; see `GlobalAveragePooling2D`.

    Source: Keras 3 `keras.layers.GlobalMaxPooling2D`.
    """

    rank = 2


@keras_export("keras.layers.GlobalMaxPooling3D", "keras.layers.GlobalMaxPool3D")
class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest element of each channel of a volume; see `GlobalAveragePooling2D`.

    Source: Keras 3 `keras.layers.GlobalMaxPooling3D`.
    """

    rank = 3


GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
