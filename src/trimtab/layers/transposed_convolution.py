"""Transposed convolutions, which make larger outputs of smaller inputs."""

from __future__ import annotations

from typing import Any

from trimtab import constraints, initializers, ops, regularizers
from trimtab.core.config import keras_export
from trimtab.layers.convolution import Convolutional, positive
from trimtab.ops.convolution import transposed_size
from trimtab.ops.windows import numbers


class ConvTranspose(Convolutional):
    """A convolution's transpose; `Conv2DTranspose` describes the arguments."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
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
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = numbers(self.name, "output_padding", output_padding, self.rank, 0)
            if any(p >= s for p, s in zip(self.output_padding, self.strides, strict=True)):
                raise ValueError(
                    f"{self.name}: `output_padding` must be less than `strides` along every axis; "
                    f"got output_padding {self.output_padding} and strides {self.strides}"
                )

    def build(self, input_shape: Any) -> None:
        """Makes kernel and bias."""
        self.compute_output_shape(input_shape)
        channels = self._fix_channels(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, self.filters, channels),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._add_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        """The outputs, `(batch, *out, filters)` or channels first."""
        outputs = ops.conv_transpose(
            inputs,
            self.kernel,
            self.strides,
            self.padding,
            self.output_padding,
            self.data_format,
            self.dilation_rate,
        )
        return self._finished(outputs)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The input's shape with the number of outputs and the filters in it."""
        self._check_rank(input_shape)
        extra = self.output_padding or (None,) * self.rank
        axes = zip(self.kernel_size, self.strides, self.dilation_rate, extra, strict=True)
        sizes = [
            None if size is None else transposed_size(self.padding, size, *axis)
            for size, axis in zip(self._sizes(input_shape), axes, strict=True)
        ]
        return self._shape(input_shape[0], sizes, self.filters)


@keras_export("keras.layers.Conv1DTranspose", "keras.layers.Convolution1DTranspose")
class Conv1DTranspose(ConvTranspose):
    """The transpose of `Conv1D`; the arguments are those of `Conv2DTranspose`.

    Source: Keras 3 `keras.layers.Conv1DTranspose`.
    """

    rank = 1


@keras_export("keras.layers.Conv2DTranspose", "keras.layers.Convolution2DTranspose")
class Conv2DTranspose(ConvTranspose):
    """The transpose of `Conv2D`: every input spreads over the outputs that its window meets.

    Args:
        filters: Number of output channels.
        kernel_size: Size of the window: one number, or one an axis.
        strides: Outputs from one input's window to the next: one number, or one an axis.
        padding: "valid" or "same"; see `output_padding`.
        output_padding: Added to `(size - 1) * stride + kernel_size` outputs with "valid", to
            `(size - 1) * stride + kernel_size % 2` with "same"; less than the stride. If None, so
            much that there are at least `size * stride`.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        dilation_rate: Outputs from one tap of the window to the next; 1 where a stride is not.
        activation: Function or its name; none if None.
        use_bias: Whether there is a bias.
        kernel_initializer: First value of the kernel, `(*kernel_size, filters, channels)`.
        bias_initializer: First value of the bias, `(filters,)`.
        kernel_regularizer: Loss of the kernel.
        bias_regularizer: Loss of the bias.
        activity_regularizer: Loss of the output.
        kernel_constraint: Applied to the kernel after updates.
        bias_constraint: Applied to the bias after updates.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is not as described.

    Source: Keras 3 `keras.layers.Conv2DTranspose`.
    """

    rank = 2


@keras_export("keras.layers.Conv3DTranspose", "keras.layers.Convolution3DTranspose")
class Conv3DTranspose(ConvTranspose):
    """The transpose of `Conv3D`; the arguments are those of `Conv2DTranspose`.

    By position, `data_format` comes before `output_padding`, as in Keras.

    Source: Keras 3 `keras.layers.Conv3DTranspose`.
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Any = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            output_padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            **kwargs,
        )


Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
