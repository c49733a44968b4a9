"""What a part of a model is, as far as Batch Normalization is concerned."""

from __future__ import annotations

from typing import Any

from trimtab import activations
from trimtab.core.recording import OpOperation
from trimtab.layers.activation import Activation
from trimtab.layers.base import Layer
from trimtab.layers.batch_normalization import BatchNormalization

# Layers of a kernel: linear up to their bias and their own activation. A subclass of one's own may
# compute anything, so only these very classes count.
KERNEL_LAYERS = frozenset(
    {
        "Conv1D",
        "Conv1DTranspose",
        "Conv2D",
        "Conv2DTranspose",
        "Conv3D",
        "Conv3DTranspose",
        "Dense",
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "SeparableConv1D",
        "SeparableConv2D",
    }
)
_ACTIVATION_LAYERS = frozenset({"ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax"})
_ACTIVATION_OPS = frozenset(
    {
        "celu",
        "elu",
        "gelu",
        "glu",
        "hard_shrink",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
        "leaky_relu",
        "log_sigmoid",
        "log_softmax",
        "mish",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "soft_shrink",
        "softmax",
        "softplus",
        "softsign",
        "sparse_plus",
        "sparsemax",
        "squareplus",
        "swish",
        "tanh",
        "tanh_shrink",
        "threshold",
    }
)
_DISTRIBUTIONS = frozenset({"softmax", "log_softmax", "sparsemax", "Softmax"})


def class_name(operation: Any) -> str:
    """The name of this library's class or op, empty for anything else."""
    if isinstance(operation, OpOperation):
        return operation.function.__name__
    kind = type(operation)
    return kind.__name__ if kind.__module__.startswith("trimtab.") else ""


def is_kernel_layer(operation: Any) -> bool:
    """Whether it is a Dense or a convolution of any sort."""
    return class_name(operation) in KERNEL_LAYERS


def is_batchnorm(operation: Any) -> bool:
    """Whether it is a `BatchNormalization`."""
    return isinstance(operation, BatchNormalization)


def is_add(operation: Any) -> bool:
    """Whether it adds tensors, as the end of a residual branch does."""
    return class_name(operation) in ("Add", "add")


def is_multiply(operation: Any) -> bool:
    """Whether it multiplies tensors."""
    return class_name(operation) in ("Multiply", "multiply")


def fused_activation(operation: Any) -> Any:
    """The activation that a kernel layer applies itself; None if it applies none."""
    if not is_kernel_layer(operation) or operation.activation is activations.linear:
        return None
    return operation.activation


def is_activation(operation: Any) -> bool:
    """Whether it is an activation on its own, a layer or an op, and not the identity."""
    if isinstance(operation, Activation):
        return operation.activation is not activations.linear
    if isinstance(operation, OpOperation):
        return operation.function.__name__ in _ACTIVATION_OPS
    return class_name(operation) in _ACTIVATION_LAYERS


def activation_label(operation: Any) -> str:
    """The name of an activation, or of the one that a kernel layer applies."""
    activation = getattr(operation, "activation", None)
    if activation is None:
        return class_name(operation) or type(operation).__name__
    return getattr(activation, "__name__", None) or type(activation).__name__


def makes_distribution(operation: Any) -> bool:
    """Whether its outputs are the weights of a distribution, as softmax's are."""
    return activation_label(operation) in _DISTRIBUTIONS


def channel_axis(layer: Any) -> int:
    """The axis of the channels that a layer gives: 1 for channels first, otherwise -1."""
    return 1 if getattr(layer, "data_format", None) == "channels_first" else -1


def has_kernel(operation: Any) -> bool:
    """Whether it mixes its inputs by weights: a kernel layer, or a layer that may hold one."""
    if not isinstance(operation, Layer) or isinstance(operation, BatchNormalization):
        return False
    return bool(operation.weights) and class_name(operation) != "PReLU"
