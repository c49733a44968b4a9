"""Convolutions over one to three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import activations, checks, constraints, initializers, ops, regularizers
from trimtab.core.config import keras_export
from trimtab.layers.input_spec import InputSpec
from trimtab.layers.windows import Spatial
from trimtab.ops.convolution import convolved
from trimtab.ops.dispatch import convert
from trimtab.ops.windows import PADDINGS, numbers, padding_name


def positive(owner: str, name: str, value: Any) -> int:
    """`value` as an int.

    Raises:
        ValueError: If it is no positive whole number.
    """
    try:
        return checks.whole(owner, name, value, 1)
    except (TypeError, ValueError):
        raise ValueError(
            f"{owner}: Invalid value for argument `{name}`. Expected a strictly positive value. "
            f"Received {name}={value!r}."
        ) from None


class Convolutional(Spatial):
    """What convolutional layers share: windows, bias and activation.

    Args:
        kernel_size: Size of the window: one number, or one an axis.
        strides: Elements from one window to the next.
        padding: "valid", "same" or, over one axis, "causal" where `paddings` allows it.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        dilation_rate: Elements from one tap of the window to the next.
        activation: Function or its name; none if None.
        use_bias: Whether there is a bias.
        bias_initializer: First value of the bias.
        bias_regularizer: Loss of the bias.
        bias_constraint: Applied to the bias after updates.
        **kwargs: Arguments of `Layer`.
    """

    paddings: tuple[str, ...] = ("valid", "same")
    bias: Any

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        activation: Any,
        use_bias: bool,
        bias_initializer: Any,
        bias_regularizer: Any,
        bias_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format, **kwargs)
        self.kernel_size = numbers(self.name, "kernel_size", kernel_size, self.rank)
        self.strides = numbers(self.name, "strides", strides, self.rank)
        self.dilation_rate = numbers(self.name, "dilation_rate", dilation_rate, self.rank)
        self.padding = padding_name(self.name, padding, self.paddings)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.bias_initializer = initializers.get(bias_initializer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=self.rank + 2)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{self.name}: either `strides` or `dilation_rate` must be 1; got strides "
                f"{self.strides} and dilation_rate {self.dilation_rate}"
            )

    def get_config(self) -> dict[str, Any]:
        """As every layer's, with `activity_regularizer` also where there is none."""
        return {"activity_regularizer": None, **super().get_config()}

    def _fix_channels(self, input_shape: Sequence[Any]) -> int:
        """The number of channels, which inputs must have from now on."""
        channels = self._known_channels(input_shape)
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={self._channel_axis: channels})
        return channels

    def _add_bias(self, channels: int) -> None:
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(channels,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _finished(self, outputs: Any) -> Any:
        """`outputs` with bias and activation."""
        if self.bias is not None:
            bias = self.bias
            if self.data_format == "channels_first":
                bias = ops.reshape(bias, (-1,) + (1,) * self.rank)
            outputs = ops.add(outputs, bias)
        return outputs if self.activation is None else self.activation(outputs)


class Conv(Convolutional):
    """Products of windows with a kernel; `Conv2D` describes the arguments."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
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
        self.groups = positive(self.name, "groups", groups)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        if self.filters % self.groups:
            raise ValueError(
                f"{self.name}: the number of groups must divide `filters`; got {self.groups} "
                f"groups and {self.filters} filters"
            )

    def build(self, input_shape: Any) -> None:
        """Makes kernel and bias."""
        self.compute_output_shape(input_shape)
        channels = self._known_channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"{self.name}: the number of groups must divide the channels of the input; got "
                f"{self.groups} groups and {channels} channels (input shape {tuple(input_shape)})"
            )
        self._fix_channels(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels // self.groups, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._add_bias(self.filters)

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """The convolution without bias and activation; a subclass may override it."""
        w = convert(kernel)
        # Integers, such as the bytes of images, take the kernel's type.
        return convolved(
            convert(inputs, w.dtype),
            w,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
            self.groups,
            self.name,
        )

    def call(self, inputs: Any) -> Any:
        """The outputs, `(batch, *out, filters)` or channels first."""
        return self._finished(self.convolution_op(inputs, self.kernel))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The input's shape with the number of windows and the filters in it."""
        sizes = self._windowed_sizes(
            input_shape, self.kernel_size, self.strides, self.padding, self.dilation_rate
        )
        return self._shape(input_shape[0], sizes, self.filters)


@keras_export("keras.layers.Conv1D", "keras.layers.Convolution1D")
class Conv1D(Conv):
    """A convolution over the steps of `(batch, steps, channels)`.

    The arguments are those of `Conv2D`; `padding` may also be "causal": then no output sees a later
    input.

    Source: Keras 3 `keras.layers.Conv1D`, without LoRA and quantization.
    """

    rank = 1
    paddings = PADDINGS


@keras_export("keras.layers.Conv2D", "keras.layers.Convolution2D")
class Conv2D(Conv):
    """A convolution of images: products of windows with a kernel, then bias and activation.

    Args:
        filters: Number of output channels.
        kernel_size: Size of the window: one number, or one an axis.
        strides: Elements from one window to the next: one number, or one an axis.
        padding: "valid" (none) or "same" (`ceil(size / stride)` outputs).
        data_format: "channels_last" or "channels_first"; the global setting if None.
        dilation_rate: Elements from one tap of the window to the next; 1 where a stride is not.
        groups: Into how many groups, convolved separately, the channels are divided.
        activation: Function or its name; none if None.
        use_bias: Whether there is a bias.
        kernel_initializer: First value of the kernel, `(*kernel_size, channels / groups, filters)`.
        bias_initializer: First value of the bias, `(filters,)`.
        kernel_regularizer: Loss of the kernel.
        bias_regularizer: Loss of the bias.
        activity_regularizer: Loss of the output.
        kernel_constraint: Applied to the kernel after updates.
        bias_constraint: Applied to the bias after updates.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is not as described, or `groups` does not divide `filters` or the
            channels of the inputs.

    Source: Keras 3 `keras.layers.Conv2D`, without LoRA and quantization.
    """

    rank = 2


@keras_export("keras.layers.Conv3D", "keras.layers.Convolution3D")
class Conv3D(Conv):
    """A convolution of volumes; the arguments are those of `Conv2D`.

    Source: Keras 3 `keras.layers.Conv3D`, without LoRA and quantization.
    """

    rank = 3


Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
