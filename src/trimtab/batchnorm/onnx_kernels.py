"""Dense layers and convolutions in ONNX's operators, and the windows of poolings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trimtab.batchnorm.call_graph import CallNode
from trimtab.batchnorm.onnx_activations import Rule, activation
from trimtab.batchnorm.onnx_graph import GraphBuilder, as_array
from trimtab.ops.convolution import _transposed_pads
from trimtab.ops.windows import pads


def _dense(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    layer = node.operation
    x = builder.add("MatMul", inputs[0], builder.constant(as_array(layer.kernel)))
    if layer.bias is not None:
        x = builder.add("Add", x, builder.constant(as_array(layer.bias)))
    return activation(builder, node, x, layer.activation)


def is_last(layer: Any) -> bool:
    """Whether a layer has its channels last."""
    return bool(layer.data_format == "channels_last")


def _sizes(node: CallNode) -> tuple[Any, ...]:
    """The sizes of the input between batch and channels."""
    shape = node.input_shape
    return tuple(shape[1:-1] if is_last(node.operation) else shape[2:])


def window_attributes(node: CallNode, window: Sequence[int], dilation: Any) -> dict[str, Any]:
    """Window, strides and padding of a convolution or pooling."""
    layer = node.operation
    found: dict[str, Any] = {"kernel_shape": list(window), "strides": list(layer.strides)}
    if dilation is not None:
        found["dilations"] = list(dilation)
    if layer.padding == "valid":
        return found
    sizes = _sizes(node)
    spread = tuple(dilation or (1,) * len(window))
    if None in sizes and layer.padding == "same":
        return {**found, "auto_pad": "SAME_UPPER"}
    known = tuple(size or 1 for size in sizes)
    low, high = pads(layer.padding, known, tuple(window), tuple(layer.strides), spread)
    return {**found, "pads": [*low, *high]}


def in_channels_first(
    builder: GraphBuilder, node: CallNode, x: str, compute: Callable[[str], str]
) -> str:
    """What `compute` gives for a tensor of channels first, in the layer's own format."""
    rank = len(node.input_shape)
    if not is_last(node.operation):
        return compute(x)
    return builder.channels_last(compute(builder.channels_first(x, rank)), rank)


def _kernel_first(kernel: Any) -> Any:
    """A kernel (*window, inputs, outputs) as (outputs, inputs, *window)."""
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def _convolved(
    builder: GraphBuilder, node: CallNode, inputs: list[str], kernels: list[tuple[Any, int]]
) -> str:
    """One or two convolutions by (kernel, groups), bias and activation behind the last."""
    layer = node.operation

    def compute(x: str) -> str:
        for number, (kernel, groups) in enumerate(kernels):
            is_first, is_end = number == 0, number == len(kernels) - 1
            attributes: dict[str, Any] = {"kernel_shape": list(kernel.shape[2:])}
            if is_first:
                attributes = window_attributes(node, kernel.shape[2:], layer.dilation_rate)
            operands = [x, builder.constant(kernel)]
            if is_end and layer.bias is not None:
                operands.append(builder.constant(as_array(layer.bias)))
            x = builder.add("Conv", *operands, group=groups, **attributes)
        return x

    x = in_channels_first(builder, node, inputs[0], compute)
    return activation(builder, node, x, layer.activation)


def _convolution(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    layer = node.operation
    return _convolved(
        builder, node, inputs, [(_kernel_first(as_array(layer.kernel)), layer.groups)]
    )


def _depthwise_kernel(kernel: Any) -> Any:
    """(*window, channels, multiplier) as (channels * multiplier, 1, *window)."""
    merged = kernel.reshape(*kernel.shape[:-2], 1, -1)
    return _kernel_first(merged)


def _depthwise(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    kernel = as_array(node.operation.kernel)
    return _convolved(builder, node, inputs, [(_depthwise_kernel(kernel), kernel.shape[-2])])


def _separable(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    depthwise = as_array(node.operation.depthwise_kernel)
    pointwise = _kernel_first(as_array(node.operation.pointwise_kernel))
    kernels = [(_depthwise_kernel(depthwise), depthwise.shape[-2]), (pointwise, 1)]
    return _convolved(builder, node, inputs, kernels)


def _transposed(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    layer = node.operation
    window = tuple(layer.kernel.shape[:-2])
    extra = layer.output_padding or (None,) * len(window)
    axes = zip(window, layer.strides, layer.dilation_rate, extra, strict=True)
    around = [_transposed_pads(layer.padding, *axis) for axis in axes]
    beyond = [max(-high, 0) for _, high in around]
    inside = [min(b, s - 1) for b, s in zip(beyond, layer.strides, strict=True)]
    rest = [b - i for b, i in zip(beyond, inside, strict=True)]

    def compute(x: str) -> str:
        operands = [x, builder.constant(_kernel_first(as_array(layer.kernel)))]
        x = builder.add(
            "ConvTranspose",
            *operands,
            kernel_shape=list(window),
            strides=list(layer.strides),
            dilations=list(layer.dilation_rate),
            pads=[*(low for low, _ in around), *(max(high, 0) for _, high in around)],
            output_padding=inside,
        )
        if any(rest):
            x = builder.add("Pad", x, builder.integers([0] * (4 + len(window)) + rest))
        if layer.bias is not None:
            shape = (-1, *(1,) * len(window))
            x = builder.add("Add", x, builder.constant(as_array(layer.bias).reshape(shape)))
        return x

    x = in_channels_first(builder, node, inputs[0], compute)
    return activation(builder, node, x, layer.activation)


KERNEL_LAYERS: dict[str, Rule] = {
    "Dense": _dense,
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), _convolution),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _separable),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), _transposed),
}
