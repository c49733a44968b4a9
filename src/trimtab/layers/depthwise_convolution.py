"""Convolutions of each channel by itself, and those that then mix the channels."""

from __future__ import annotations

from typing import Any

from trimtab import constraints, initializers, ops, regularizers
from trimtab.core.config import keras_export
from trimtab.layers.convolution import Convolutional, positive


class DepthwiseConv(Convolutional):
    """Each channel convolved by itself; `DepthwiseConv2D` describes the arguments."""

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            bias_initializer,
            bias_regularizer,
            bias_constraint,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.depth_multiplier = positive(self.name, "depth_multiplier", depth_multiplier)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build(self, input_shape: Any) -> None:
        """Makes kernel and bias."""
        self.compute_output_shape(input_shape)
        channels = self._fix_channels(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self._add_bias(channels * self.depth_multiplier)

    def call(self, inputs: Any) -> Any:
        """The outputs, `(batch, *out, channels * depth_multiplier)` or channels first."""
        outputs = ops.depthwise_conv(
            inputs, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate
        )
        return self._finished(outputs)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The input's shape with the number of windows and of output channels in it."""
        sizes = self._windowed_sizes(
            input_shape, self.kernel_size, self.strides, self.padding, self.dilation_rate
        )
        channels = self._known_channels(input_shape)
        return self._shape(input_shape[0], sizes, channels * self.depth_multiplier)


@keras_export("keras.layers.DepthwiseConv1D")
class DepthwiseConv1D(DepthwiseConv):
    """Each channel of sequences convolved by itself; the arguments are those of `DepthwiseConv2D`.

    Source: Keras 3 `keras.layers.DepthwiseConv1D`.
    """

    rank = 1


@keras_export("keras.layers.DepthwiseConv2D")
class DepthwiseConv2D(DepthwiseConv):
    """Each channel of images convolved by itself, with `depth_multiplier` kernels.

    Args:
        kernel_size: Size of the window: one number, or one an axis.
        strides: Elements from one window to the next: one number, or one an axis.
        padding: "valid" (none) or "same" (`ceil(size / stride)` outputs).
        depth_multiplier: Output channels for each input channel; they lie together.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        dilation_rate: Elements from one tap of the window to the next; 1 where a stride is not.
        activation: Function or its name; none if None.
        use_bias: Whether there is a bias.
        depthwise_initializer: First value of the kernel, `(*kernel_size, channels,
            depth_multiplier)`.
        bias_initializer: First value of the bias, `(channels * depth_multiplier,)`.
        depthwise_regularizer: Loss of the kernel.
        bias_regularizer: Loss of the bias.
        activity_regularizer: Loss of the output.
        depthwise_constraint: Applied to the kernel after updates.
        bias_constraint: Applied to the bias after updates.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is not as described.

    Source: Keras 3 `keras.layers.DepthwiseConv2D`.
    """

    rank = 2


class SeparableConv(Convolutional):
    """Channels convolved by themselves, then mixed; `SeparableConv2D` describes the arguments."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            bias_initializer,
            bias_regularizer,
            bias_constraint,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.filters = positive(self.name, "filters", filters)
        self.depth_multiplier = positive(self.name, "depth_multiplier", depth_multiplier)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build(self, input_shape: Any) -> None:
        """Makes both kernels and the bias."""
        self.compute_output_shape(input_shape)
        channels = self._fix_channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            name="depthwise_kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            name="pointwise_kernel",
            shape=(*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self._add_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        """The outputs, `(batch, *out, filters)` or channels first."""
        outputs = ops.separable_conv(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )
        return self._finished(outputs)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The input's shape with the number of windows and the filters in it."""
        sizes = self._windowed_sizes(
            input_shape, self.kernel_size, self.strides, self.padding, self.dilation_rate
        )
        return self._shape(input_shape[0], sizes, self.filters)


@keras_export("keras.layers.SeparableConv1D", "keras.layers.SeparableConvolution1D")
class SeparableConv1D(SeparableConv):
    """A separable convolution of sequences; the arguments are those of `SeparableConv2D`.

    Source: Keras 3 `keras.layers.SeparableConv1D`.
    """

    rank = 1


@keras_export("keras.layers.SeparableConv2D", "keras.layers.SeparableConvolution2D")
class SeparableConv2D(SeparableConv):
    """A depthwise convolution of images, then one of a single tap that mixes the channels.

    Bias and activation come behind both.

    Args:
        filters: Number of output channels.
        kernel_size: Size of the depthwise window: one number, or one an axis.
        strides: Elements from one window to the next: one number, or one an axis.
        padding: "valid" (none) or "same" (`ceil(size / stride)` outputs).
        data_format: "channels_last" or "channels_first"; the global setting if None.
        dilation_rate: Elements from one tap of the window to the next; 1 where a stride is not.
        depth_multiplier: Channels between the two for each input channel.
        activation: Function or its name; none if None.
        use_bias: Whether there is a bias.
        depthwise_initializer: First value of the first kernel, `(*kernel_size, channels,
            depth_multiplier)`.
        pointwise_initializer: First value of the second, `(1, 1, channels * depth_multiplier,
            filters)`.
        bias_initializer: First value of the bias, `(filters,)`.
        depthwise_regularizer: Loss of the first kernel.
        pointwise_regularizer: Loss of the second.
        bias_regularizer: Loss of the bias.
        activity_regularizer: Loss of the output.
        depthwise_constraint: Applied to the first kernel after updates.
        pointwise_constraint: Applied to the second after updates.
        bias_constraint: Applied to the bias after updates.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is not as described.

    Source: Keras 3 `keras.layers.SeparableConv2D`.
    """

    rank = 2


SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
