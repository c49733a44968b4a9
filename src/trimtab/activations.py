"""Activation functions by name; those that are operations too come from `trimtab.ops`."""

from __future__ import annotations

import types
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export, serialize_keras_object
from trimtab.core.identifiers import Identifiers
from trimtab.ir.tensor import Tensor
from trimtab.ops import celu as celu
from trimtab.ops import elu as elu
from trimtab.ops import glu as glu
from trimtab.ops import hard_shrink as hard_shrink
from trimtab.ops import hard_sigmoid as hard_sigmoid
from trimtab.ops import hard_silu as hard_silu
from trimtab.ops import hard_tanh as hard_tanh
from trimtab.ops import leaky_relu as leaky_relu
from trimtab.ops import log_sigmoid as log_sigmoid
from trimtab.ops import log_softmax as log_softmax
from trimtab.ops import relu6 as relu6
from trimtab.ops import selu as selu
from trimtab.ops import sigmoid as sigmoid
from trimtab.ops import silu as silu
from trimtab.ops import soft_shrink as soft_shrink
from trimtab.ops import softmax as softmax
from trimtab.ops import softplus as softplus
from trimtab.ops import softsign as softsign
from trimtab.ops import sparse_plus as sparse_plus
from trimtab.ops import sparse_sigmoid as sparse_sigmoid
from trimtab.ops import sparsemax as sparsemax
from trimtab.ops import squareplus as squareplus
from trimtab.ops import tanh as tanh
from trimtab.ops import tanh_shrink as tanh_shrink
from trimtab.ops import threshold as threshold

hard_swish = hard_silu
swish = silu


def relu(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Tensor:
    """Rectified linear unit: the positive part of `x`, with optional slope, ceiling and threshold.

    `max_value` where `x >= max_value`, `x` where `threshold < x < max_value`, and
    `negative_slope * (x - threshold)` below.

    Args:
        x: Any shape.
        negative_slope: Slope below the threshold.
        max_value: Largest output; no ceiling if None.
        threshold: The value at and below which an input is cut.

    Returns:
        A tensor of the shape of `x`.

    Source: Keras 3 `keras.activations.relu`.
    """
    x = ops.convert_to_tensor(x)
    if threshold == 0 and max_value is None:
        return ops.leaky_relu(x, negative_slope) if negative_slope else ops.relu(x)
    kept = ops.where(x > threshold, x, 0) if threshold else ops.relu(x)
    if max_value is not None:
        kept = ops.clip(kept, 0, max_value)
    return kept - negative_slope * ops.relu(threshold - x) if negative_slope else kept


def gelu(x: Any, approximate: bool = False) -> Tensor:
    """Gaussian error linear unit: `x * P(X <= x)` for a standard normal X.

    Args:
        x: Any shape.
        approximate: Whether to use the tanh approximation; the exact form uses erf.

    Returns:
        A tensor of the shape of `x`.

    Source: Keras 3 `keras.activations.gelu`; Hendrycks and Gimpel 2016. `ops.gelu` approximates by
    default.
    """
    return ops.gelu(x, approximate=approximate)


def exponential(x: Any) -> Tensor:
    """Exponential function `e**x`, of the shape of `x`."""
    return ops.exp(x)


def linear(x: Any) -> Any:
    """Identity: `x` itself."""
    return x


def mish(x: Any) -> Tensor:
    """Self-regularised activation `x * tanh(softplus(x))`, of the shape of `x`.

    Source: Keras 3 `keras.activations.mish`; Misra 2019.
    """
    tensor = ops.convert_to_tensor(x)
    return tensor * ops.tanh(ops.softplus(tensor))


_FUNCTIONS = (
    celu,
    elu,
    exponential,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
for _function in _FUNCTIONS:
    keras_export(f"keras.activations.{_function.__name__}")(_function)

_IDENTIFIERS = Identifiers(
    "activation",
    {function.__name__: function for function in _FUNCTIONS}
    | {"swish": silu, "hard_swish": hard_silu},
)


def get(identifier: Any) -> Any:
    """The activation function meant by `identifier`.

    Args:
        identifier: None, which means `linear`; a name; a configuration; or any callable, kept as it
            is.

    Raises:
        ValueError: If the name is unknown or the identifier is not callable.

    Source: Keras 3 `keras.activations.get`.
    """
    if identifier is None:
        return linear
    if callable(identifier):
        return identifier
    return _IDENTIFIERS.get(identifier)


def serialize(activation: Any) -> Any:
    """The name of an activation of this module, the configuration of any other callable.

    Source: Keras 3 `keras.activations.serialize`.
    """
    if isinstance(activation, types.FunctionType):
        name = activation.__name__
        if _IDENTIFIERS.names.get(name) is activation:
            return name
    return serialize_keras_object(activation)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The activation described by a name or configuration; the reverse of `serialize`.

    Args:
        config: What `serialize` returned.
        custom_objects: Name -> function that the configuration may mention.

    Raises:
        ValueError: If the name is unknown.
    """
    return _IDENTIFIERS.deserialize(config, custom_objects)
