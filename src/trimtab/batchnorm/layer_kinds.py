"""What a layer call does, as far as Batch Normalization has to do with it.

Kinds go by the names of layer classes and ops, so that a class need not be imported to be known,
and a subclass counts as its base unless it computes something else.
"""

from __future__ import annotations

from typing import Any

from trimtab.core.recording import OpOperation
from trimtab.layers.base import Layer

# Kind -> the layer classes of that kind. "linear" ones have weights and are affine in their input.
_CLASSES: dict[str, str] = {
    "input": "InputLayer",
    "batch_norm": "BatchNormalization",
    "linear": "Dense EinsumDense Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose "
    "Conv3DTranspose SeparableConv1D SeparableConv2D",
    "depthwise": "DepthwiseConv1D DepthwiseConv2D",
    "activation": "Activation ReLU LeakyReLU PReLU ELU Softmax",
    "dropout": "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout "
    "AlphaDropout",
    "noise": "GaussianNoise",
    "identity": "Identity ActivityRegularization",
    "reshape": "Flatten Reshape Permute",
    "max_pool": "MaxPooling1D MaxPooling2D MaxPooling3D GlobalMaxPooling1D GlobalMaxPooling2D "
    "GlobalMaxPooling3D",
    "average_pool": "AveragePooling1D AveragePooling2D AveragePooling3D GlobalAveragePooling1D "
    "GlobalAveragePooling2D GlobalAveragePooling3D",
    "padding": "ZeroPadding1D ZeroPadding2D ZeroPadding3D",
    "resize": "UpSampling1D UpSampling2D UpSampling3D Cropping1D Cropping2D Cropping3D "
    "RepeatVector Resizing CenterCrop",
    "add": "Add Average Subtract",
    "concatenate": "Concatenate",
    "merge": "Multiply Maximum Minimum Dot",
    "norm": "LayerNormalization GroupNormalization RMSNormalization UnitNormalization "
    "Normalization",
    "embedding": "Embedding",
    "masking": "Masking",
    "rescale": "Rescaling",
}
_KIND_OF_CLASS = {name: kind for kind, names in _CLASSES.items() for name in names.split()}

# The same for ops that a functional model may hold.
_OPS: dict[str, str] = {
    "add": "add subtract average",
    "concatenate": "concatenate",
    "merge": "multiply maximum minimum dot matmul einsum",
    "activation": "relu relu6 leaky_relu elu selu celu gelu silu hard_silu swish hard_swish tanh "
    "sigmoid hard_sigmoid hard_tanh softmax log_softmax softplus softsign log_sigmoid mish glu "
    "tanh_shrink soft_shrink hard_shrink sparse_plus sparsemax squareplus threshold",
    "reshape": "reshape transpose squeeze expand_dims",
    "identity": "identity copy stop_gradient cast convert_to_tensor",
    "max_pool": "max_pool max amax",
    "average_pool": "average_pool mean",
    "padding": "pad",
}
_KIND_OF_OP = {name: kind for kind, names in _OPS.items() for name in names.split()}

# Activations that are the identity, and those whose output is a probability.
LINEAR_ACTIVATIONS = frozenset({"linear"})
PROBABILITY_ACTIVATIONS = frozenset({"softmax", "sigmoid", "log_softmax", "log_sigmoid"})
# Activations f with f(c x) = c f(x) for c > 0, so that a positive factor passes through them.
HOMOGENEOUS_ACTIVATIONS = frozenset({"linear", "relu", "leaky_relu", "prelu"})

# The activation that a layer class stands for.
_ACTIVATION_OF_CLASS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "Softmax": "softmax",
}


def kind_of(operation: Any) -> str:
    """The kind of a layer or op: "linear", "batch_norm", "activation", "dropout" and so on.

    Returns:
        "op" for an op that is of no known kind, "custom" for such a layer (the user's own, and
        those of this library whose effect on a normalisation is not simple, recurrent ones say).
    """
    if isinstance(operation, OpOperation):
        return _KIND_OF_OP.get(operation.function.__name__, "op")
    if not isinstance(operation, Layer):
        return "input" if getattr(operation, "begins_model", False) else "op"
    name = known_class(operation)
    return "custom" if name is None else _KIND_OF_CLASS[name]


def known_class(layer: Any) -> str | None:
    """The name of the known class that `layer` is or inherits its `call` from; None without one."""
    for base in type(layer).__mro__:
        if base.__name__ in _KIND_OF_CLASS and base.__module__.startswith("trimtab."):
            return base.__name__
        if "call" in base.__dict__ and not base.__module__.startswith("trimtab."):
            # A subclass with a computation of its own may be anything.
            return None
    return None


def activation_of(operation: Any) -> str | None:
    """The name of the activation that a layer or op applies to its output.

    Returns:
        "linear" for a layer that could have one and has none; the function's name for one of the
        user's; None for a layer or op that has nothing to do with activations.
    """
    if isinstance(operation, OpOperation):
        function = str(operation.function.__name__)
        return function if _KIND_OF_OP.get(function) == "activation" else None
    name = known_class(operation)
    if name in _ACTIVATION_OF_CLASS:
        return _activation_of_class(operation, str(name))
    activation = getattr(operation, "activation", None)
    if activation is None:
        return "linear" if kind_of(operation) in ("linear", "depthwise") else None
    if isinstance(activation, Layer):
        return activation_of(activation)
    return str(getattr(activation, "__name__", type(activation).__name__))


def _activation_of_class(layer: Any, name: str) -> str:
    if name != "ReLU":
        return _ACTIVATION_OF_CLASS[name]
    if layer.max_value is not None or layer.threshold:
        return "relu6" if layer.max_value == 6 else "clipped_relu"
    return "leaky_relu" if layer.negative_slope else "relu"


def is_batch_norm(operation: Any) -> bool:
    """Whether `operation` is a BatchNormalization layer."""
    return kind_of(operation) == "batch_norm"
