"""Convolutions and their transpose, over one to three axes."""

from __future__ import annotations

from typing import Any

from trimtab import dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops.core import cast
from trimtab.ops.data_format import channel_axis, from_last, standardize_data_format, to_last
from trimtab.ops.dispatch import common_type, convert, op
from trimtab.ops.layout import reshape
from trimtab.ops.repetition import pad
from trimtab.ops.windows import Sizes, numbers, padding_name, pads, span, spatial_rank
from trimtab.primitives.convolution import convolution, convolution_input_gradient


def _computed(x: Tensor) -> Tensor:
    """`x` in a type that products are summed in: kernels have none for integers and float16."""
    if not dtypes.is_float(x.dtype):
        return convert(x, "float64")
    return convert(x, "float32") if x.dtype == "float16" else x


def _check_kernel(owner: str, x: Tensor, kernel: Tensor) -> None:
    if kernel.ndim != x.ndim:
        raise ValueError(
            f"{owner}: the kernel must have as many axes as the inputs; got a kernel of shape "
            f"{kernel.shape} and inputs of shape {x.shape}"
        )


def _check_channels(owner: str, channels: int, expected: int, data_format: str) -> None:
    if channels != expected:
        raise ValueError(
            f"{owner}: the input channels must match the kernel's {expected}; got {channels} "
            f"with data_format='{data_format}'"
        )


def convolved(
    x: Tensor,
    kernel: Tensor,
    strides: Any,
    padding: str,
    data_format: str,
    dilation_rate: Any,
    groups: int,
    owner: str,
) -> Tensor:
    """The convolution, as one node; `padding` may be "causal".

    Args:
        x: `(batch, *spatial, channels)` or, channels first, `(batch, channels, *spatial)`.
        kernel: `(*kernel, channels / groups, filters)`.
        strides: One number, or one an axis.
        padding: "valid", "same" or "causal".
        data_format: "channels_last" or "channels_first".
        dilation_rate: One number, or one an axis.
        groups: Into how many groups, convolved separately, the channels are divided.
        owner: What an error names.
    """
    rank = spatial_rank(owner, x)
    steps = numbers(owner, "strides", strides, rank)
    dilation = numbers(owner, "dilation_rate", dilation_rate, rank)
    images, w = to_last(_computed(x), data_format), _computed(kernel)
    low, high = pads(padding, images.shape[1:-1], w.shape[:-2], steps, dilation)
    y = convolution(images, w, strides=steps, low=low, high=high, dilation=dilation, groups=groups)
    return from_last(cast(y, kernel.dtype), data_format)


@op
def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """The correlation of images with a kernel, as networks call a convolution.

    Inputs with n times the kernel's channels are convolved in n groups.

    Args:
        inputs: `(batch, *spatial, channels)` or `(batch, channels, *spatial)`.
        kernel: `(*kernel, channels, filters)`.
        strides: Elements from one window to the next: one number, or one an axis.
        padding: "valid" (none) or "same" (`ceil(size / stride)` outputs).
        data_format: "channels_last" or "channels_first"; the global setting if None.
        dilation_rate: Elements from one tap of the kernel to the next.

    Returns:
        `(batch, *out, filters)`, or channels first, in the kernel's type.

    Raises:
        ValueError: If the channels do not fit, or no window fits into the inputs.

    Source: Keras 3 `keras.ops.conv`.

    >>> conv([[[1.0], [2.0], [3.0]]], [[[1.0]], [[10.0]]]).numpy().tolist()
    [[[21.0], [32.0]]]
    """
    name, layout = padding_name("conv", padding), standardize_data_format(data_format)
    w = convert(kernel)
    x = convert(inputs, w.dtype)
    _check_kernel("conv", x, w)
    channels, own = x.shape[channel_axis(layout)], w.shape[-2]
    if channels % own:
        raise ValueError(
            f"conv: the input channels must match the kernel, a multiple of its {own}; got "
            f"{channels} with data_format='{layout}'"
        )
    return convolved(x, w, strides, name, layout, dilation_rate, channels // own, "conv")


def depthwise_convolved(
    x: Tensor, kernel: Tensor, strides: Any, padding: str, data_format: str, dilation_rate: Any
) -> Tensor:
    """Each channel convolved with kernels of its own; arguments as for `depthwise_conv`."""
    owner = "depthwise_conv"
    _check_kernel(owner, x, kernel)
    channels = x.shape[channel_axis(data_format)]
    _check_channels(owner, channels, kernel.shape[-2], data_format)
    w = reshape(kernel, (*kernel.shape[:-2], 1, channels * kernel.shape[-1]))
    return convolved(x, w, strides, padding, data_format, dilation_rate, channels, owner)


@op
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Each channel convolved with `multiplier` kernels of its own.

    Args:
        inputs: As for `conv`.
        kernel: `(*kernel, channels, multiplier)`.
        strides: As for `conv`.
        padding: As for `conv`.
        data_format: As for `conv`.
        dilation_rate: As for `conv`.

    Returns:
        `(batch, *out, channels * multiplier)`, or channels first; those of one channel lie
        together.

    Raises:
        ValueError: If the channels do not fit, or no window fits into the inputs.

    Source: Keras 3 `keras.ops.depthwise_conv`.
    """
    name, layout = padding_name("depthwise_conv", padding), standardize_data_format(data_format)
    dtype = common_type(inputs, kernel)
    x, w = convert(inputs, dtype), convert(kernel, dtype)
    return depthwise_convolved(x, w, strides, name, layout, dilation_rate)


@op
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """`depthwise_conv`, then a convolution of one tap that mixes the channels.

    Args:
        inputs: As for `conv`.
        depthwise_kernel: `(*kernel, channels, multiplier)`.
        pointwise_kernel: `(*ones, channels * multiplier, filters)`.
        strides: As for `conv`.
        padding: As for `conv`.
        data_format: As for `conv`.
        dilation_rate: As for `conv`.

    Returns:
        `(batch, *out, filters)`, or channels first.

    Raises:
        ValueError: If the channels do not fit, or no window fits into the inputs.

    Source: Keras 3 `keras.ops.separable_conv`.
    """
    owner = "separable_conv"
    name, layout = padding_name(owner, padding), standardize_data_format(data_format)
    dtype = common_type(inputs, depthwise_kernel, pointwise_kernel)
    x, depthwise, pointwise = (
        convert(t, dtype) for t in (inputs, depthwise_kernel, pointwise_kernel)
    )
    middle = depthwise_convolved(x, depthwise, strides, name, layout, dilation_rate)
    _check_channels(owner, middle.shape[channel_axis(layout)], pointwise.shape[-2], layout)
    return convolved(middle, pointwise, 1, "valid", layout, 1, 1, owner)


def transposed_size(
    padding: str, size: int, taps: int, stride: int, dilation: int, output_padding: int | None
) -> int:
    """Outputs along an axis of a transposed convolution of `size` inputs.

    Without `output_padding` they are as many as the inputs of the smallest convolution that gives
    `size` outputs and uses every input: `size * stride` with "same".
    """
    reach = span(taps, dilation)
    if padding == "same":
        if output_padding is None:
            return size * stride
        return (size - 1) * stride + reach % 2 + output_padding
    beyond = max(stride - reach, 0) if output_padding is None else output_padding
    return (size - 1) * stride + reach + beyond


def _transposed_pads(
    padding: str, taps: int, stride: int, dilation: int, output_padding: int | None
) -> tuple[int, int]:
    """The padding (before, behind) of the convolution that is transposed; behind may be negative.

    A negative number stands for outputs that no input reaches.
    """
    reach = span(taps, dilation)
    full = 2 * (reach - 1)
    if padding == "valid":
        return 0, -(max(stride - reach, 0) if output_padding is None else output_padding)
    if output_padding is None:
        # In all reach + stride - 2 zeros around the spread inputs, the odd one in front.
        around = reach + stride - 2
    else:
        around = reach + reach % 2 - 2 + output_padding
    low = reach - 1 - min(around - around // 2, reach - 1)
    return low, full - around - low


@op
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """The transpose of a convolution: every input spreads over the outputs that its window meets.

    Args:
        inputs: `(batch, *spatial, channels)` or `(batch, channels, *spatial)`.
        kernel: `(*kernel, filters, channels)`.
        strides: Outputs from one input's window to the next.
        padding: "valid" or "same"; see `output_padding`.
        output_padding: Added to `(size - 1) * stride + kernel` outputs with "valid", to
            `(size - 1) * stride + kernel % 2` with "same"; if None, chosen so that there are at
            least `size * stride`.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        dilation_rate: Outputs from one tap of the kernel to the next.

    Returns:
        `(batch, *out, filters)`, or channels first.

    Raises:
        ValueError: If the channels do not fit, or nothing is left.

    Source: Keras 3 `keras.ops.conv_transpose`.

    >>> conv_transpose([[[1.0], [2.0]]], [[[1.0]], [[10.0]]], strides=2).numpy().tolist()
    [[[1.0], [10.0], [2.0], [20.0]]]
    """
    owner = "conv_transpose"
    name, layout = padding_name(owner, padding), standardize_data_format(data_format)
    dtype = common_type(inputs, kernel)
    x, w = convert(inputs, dtype), convert(kernel, dtype)
    rank = spatial_rank(owner, x)
    _check_kernel(owner, x, w)
    _check_channels(owner, x.shape[channel_axis(layout)], w.shape[-1], layout)
    steps = numbers(owner, "strides", strides, rank)
    dilation = numbers(owner, "dilation_rate", dilation_rate, rank)
    extra: tuple[int | None, ...] = (None,) * rank
    if output_padding is not None:
        extra = numbers(owner, "output_padding", output_padding, rank, 0)
    images = to_last(_computed(x), layout)
    axes = list(zip(w.shape[:-2], steps, dilation, extra, strict=True))
    sizes = [
        transposed_size(name, n, *axis) for n, axis in zip(images.shape[1:-1], axes, strict=True)
    ]
    if min(sizes) < 1:
        raise ValueError(
            f"{owner}: a kernel of shape {w.shape} with strides {steps}, padding '{name}' and "
            f"output_padding {output_padding} leaves nothing of inputs of shape {x.shape}"
        )
    y = _spread(images, _computed(w), sizes, axes, name, steps, dilation)
    return from_last(cast(y, dtype), layout)


def _spread(
    x: Tensor,
    w: Tensor,
    sizes: list[int],
    axes: list[Any],
    padding: str,
    strides: Sizes,
    dilation: Sizes,
) -> Tensor:
    """The transposed convolution, channels last, with `sizes` outputs."""
    around = [_transposed_pads(padding, *axis) for axis in axes]
    # The last stride - 1 outputs may be met by no window; zeros farther out are added afterwards.
    beyond = [max(-high - (s - 1), 0) for (_, high), s in zip(around, strides, strict=True)]
    y = convolution_input_gradient(
        x,
        w,
        sizes=tuple(n - b for n, b in zip(sizes, beyond, strict=True)),
        strides=strides,
        low=tuple(low for low, _ in around),
        high=tuple(max(high, 0) for _, high in around),
        dilation=dilation,
        groups=1,
    )
    return pad(y, [(0, 0), *[(0, b) for b in beyond], (0, 0)]) if any(beyond) else y
