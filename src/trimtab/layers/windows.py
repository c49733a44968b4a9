"""What layers of sequences, images and volumes share: data formats, and shapes by windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab.core import settings
from trimtab.layers.base import Layer
from trimtab.ops.data_format import channel_axis
from trimtab.ops.windows import Sizes, out_size


class Spatial(Layer):
    """A layer of inputs with a batch axis, a channel axis and `rank` axes between.

    Args:
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.
    """

    # Axes between batch and channels; a class sets it.
    rank: int

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = settings.standardize_data_format(data_format)

    @property
    def _channel_axis(self) -> int:
        return channel_axis(self.data_format)

    def _sizes(self, input_shape: Sequence[Any]) -> tuple[Any, ...]:
        """The sizes between batch and channels."""
        is_last = self.data_format == "channels_last"
        return tuple(input_shape[1:-1] if is_last else input_shape[2:])

    def _shape(self, batch: Any, sizes: Sequence[Any], channels: Any) -> tuple[Any, ...]:
        """A shape in the layer's data format."""
        if self.data_format == "channels_last":
            return (batch, *sizes, channels)
        return (batch, channels, *sizes)

    def _check_rank(self, input_shape: Sequence[Any]) -> None:
        if len(input_shape) != self.rank + 2:
            raise ValueError(
                f"{self.name}: the input must have {self.rank + 2} axes, a batch axis, a channel "
                f"axis and {self.rank} between; got shape {tuple(input_shape)}"
            )

    def _known_channels(self, input_shape: Sequence[Any]) -> int:
        """The number of channels.

        Raises:
            ValueError: If it is open, or the shape has not as many axes as it must.
        """
        self._check_rank(input_shape)
        channels = input_shape[self._channel_axis]
        if channels is None:
            raise ValueError(
                f"{self.name}: the channel axis of the input must have a fixed size; got shape "
                f"{tuple(input_shape)} with data_format='{self.data_format}'"
            )
        return int(channels)

    def _windowed_sizes(
        self,
        input_shape: Sequence[Any],
        window: Sizes,
        strides: Sizes,
        padding: str,
        dilation: Sizes | None = None,
    ) -> list[int | None]:
        """The number of windows along each axis, None where the size is open.

        Raises:
            ValueError: If no window fits, or the shape has not as many axes as it must.
        """
        self._check_rank(input_shape)
        spread = dilation or (1,) * len(window)
        axes = zip(self._sizes(input_shape), window, strides, spread, strict=True)
        sizes = [out_size(padding, *axis) for axis in axes]
        if any(n is not None and n < 1 for n in sizes):
            raise ValueError(
                f"{self.name}: the computed output size would be zero or negative: no window of "
                f"{window} with dilation {spread} fits into an input of shape "
                f"{tuple(input_shape)} with padding='{padding}'. Use padding='same', a smaller "
                "window or larger inputs"
            )
        return sizes
