"""Batch Normalizations of another axis than the one where the convolution has its channels."""

from __future__ import annotations

from typing import Any, NamedTuple

from trimtab.ir.tensor import KerasTensor
from trimtab.layers.activation import ELU, Activation, LeakyReLU, PReLU, ReLU
from trimtab.layers.batch_normalization import BatchNormalization
from trimtab.layers.blocks import ConvBlock
from trimtab.layers.convolution import Convolutional
from trimtab.layers.dropout import Dropout
from trimtab.layers.function_layers import Identity
from trimtab.layers.global_pooling import GlobalPooling
from trimtab.layers.noise import AlphaDropout, GaussianDropout, GaussianNoise
from trimtab.layers.windows import Spatial

# Layers that leave the channels where they are; poolings, padding and their like are `Spatial`.
_PASSING = (
    *(Activation, ReLU, LeakyReLU, PReLU, ELU, Identity, BatchNormalization),
    *(Dropout, GaussianDropout, AlphaDropout, GaussianNoise, Spatial),
)
# What the axes between batch and channels are called, by how many there are.
_AXES = {1: ["steps"], 2: ["rows", "columns"], 3: ["planes", "rows", "columns"]}


class MisplacedAxis(NamedTuple):
    """A Batch Normalization, and the convolution before it whose channels it does not normalise."""

    layer: BatchNormalization
    convolution: Convolutional
    # Of the normalization's input.
    shape: tuple[Any, ...]

    def describe(self) -> str:
        """The finding in a sentence, with the way out."""
        conv, ndim = self.convolution, len(self.shape)
        axis, channel_axis = self.layer.axis % ndim, conv._channel_axis % ndim
        spatial = [i for i in range(1, ndim) if i != channel_axis]
        names = dict(zip(spatial, _AXES[len(spatial)], strict=True)) | {0: "examples"}
        size = "" if self.shape[axis] is None else f"{self.shape[axis]} "
        return (
            f"BatchNormalization '{self.layer.name}' normalises {size}{names[axis]}; the layer "
            f"'{conv.name}' before it has {self.shape[channel_axis]} channels, on axis "
            f"{channel_axis} ({conv.data_format}). Use BatchNormalization(axis={channel_axis})"
        )


def misplaced_axes(model: Any) -> list[MisplacedAxis]:
    """The Batch Normalizations of `model` that normalise no channels.

    Looked at are those inside of a ConvBlock and, in functional parts, the convolution before each,
    past layers that leave the axes where they are.
    """
    pairs = [p for layer in model._flatten_layers() if (p := _pair(layer)) is not None]
    return [
        pair
        for pair in pairs
        if (pair.layer.axis - pair.convolution._channel_axis) % len(pair.shape)
    ]


def _pair(layer: Any) -> MisplacedAxis | None:
    """A Batch Normalization and the convolution before it, if there are both."""
    if isinstance(layer, ConvBlock) and isinstance(layer.norm_layer, BatchNormalization):
        shapes = layer._build_shapes
        if not shapes:
            return None
        shape = layer.linear.compute_output_shape(next(iter(shapes.values())))
        return MisplacedAxis(layer.norm_layer, layer.linear, tuple(shape))
    if not isinstance(layer, BatchNormalization) or not layer._inbound_nodes:
        return None
    x = layer._inbound_nodes[0].input_tensors[0]
    convolution = _convolution_before(x)
    return None if convolution is None else MisplacedAxis(layer, convolution, tuple(x.shape))


def _convolution_before(x: KerasTensor) -> Convolutional | None:
    while x._keras_history is not None:
        operation, index, _ = x._keras_history
        if isinstance(operation, ConvBlock):
            return operation.linear  # type: ignore[no-any-return]
        if isinstance(operation, Convolutional):
            return operation
        inputs = operation._inbound_nodes[index].input_tensors
        is_passing = isinstance(operation, _PASSING) and not isinstance(operation, GlobalPooling)
        if not is_passing or len(inputs) != 1:
            return None
        x = inputs[0]
    return None
