"""Activations in ONNX's operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.batchnorm.call_graph import CallNode
from trimtab.batchnorm.layer_kinds import known_class
from trimtab.batchnorm.onnx_graph import GraphBuilder, as_array
from trimtab.core.recording import OpOperation
from trimtab.layers.base import Layer

Rule = Callable[[GraphBuilder, CallNode, list[str]], str]

_SELU = {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}

# Activation -> ONNX operator and its attributes.
_ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "selu": ("Selu", _SELU),
    "elu": ("Elu", {"alpha": 1.0}),
    "celu": ("Celu", {"alpha": 1.0}),
    "exponential": ("Exp", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1.0 / 6.0, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
    "hard_swish": ("HardSwish", {}),
    "mish": ("Mish", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "softmax": ("Softmax", {"axis": -1}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
}


class NotExportable(ValueError):
    """A layer that has no rule here."""


def class_of(operation: Any) -> str:
    """The name of this library's class that a layer is of, or inherits its `call` from."""
    kind = type(operation)
    if kind.__module__.startswith("trimtab."):
        return kind.__name__
    return known_class(operation) or ""


def number(builder: GraphBuilder, node: CallNode, value: Any) -> str:
    """A constant of the type that a call gives."""
    return builder.constant(value, node.outputs[0].dtype)


def activation(builder: GraphBuilder, node: CallNode, x: str, function: Any) -> str:
    """Applies an activation: a function of `activations`, or a layer."""
    if isinstance(function, Layer):
        rule = ACTIVATION_LAYERS.get(class_of(function))
        if rule is None or function.weights:
            raise NotExportable(f"export_onnx: no rule for the activation {function.name}")
        return rule(builder, _Stand(function, node), [x])  # type: ignore[arg-type]
    name = getattr(function, "__name__", "")
    if name == "linear":
        return x
    if name in _ACTIVATIONS:
        kind, attributes = _ACTIVATIONS[name]
        return builder.add(kind, x, **attributes)
    if name == "relu6":
        return _clipped(builder, node, x, 6.0)
    if name in ("silu", "swish"):
        return builder.add("Mul", x, builder.add("Sigmoid", x))
    if name == "gelu":
        return _gelu(builder, node, x, node.operation)
    raise NotExportable(f"export_onnx: no rule for the activation {name or function!r}")


class _Stand:
    """A call of a layer that another layer holds as its activation."""

    def __init__(self, operation: Any, node: CallNode) -> None:
        self.operation = operation
        self.outputs = node.outputs
        self.inputs = node.inputs


def _clipped(builder: GraphBuilder, node: CallNode, x: str, most: float) -> str:
    return builder.add("Clip", x, number(builder, node, 0.0), number(builder, node, most))


def _gelu(builder: GraphBuilder, node: CallNode, x: str, operation: Any) -> str:
    """`x / 2 * (1 + erf(x / sqrt 2))`, or by tanh where the op says so."""
    half = builder.add("Mul", x, number(builder, node, 0.5))
    one = number(builder, node, 1.0)
    approximate = isinstance(operation, OpOperation) and operation.config.get("approximate")
    if approximate:
        cube = builder.add("Mul", builder.add("Mul", x, x), x)
        inner = builder.add("Add", x, builder.add("Mul", cube, number(builder, node, 0.044715)))
        scaled = builder.add("Mul", inner, number(builder, node, np.sqrt(2.0 / np.pi)))
        curve = builder.add("Tanh", scaled)
    else:
        curve = builder.add("Erf", builder.add("Mul", x, number(builder, node, np.sqrt(0.5))))
    return builder.add("Mul", half, builder.add("Add", one, curve))


def _activation_layer(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    return activation(builder, node, inputs[0], node.operation.activation)


def _activation_op(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    config = node.operation.config
    name = node.operation.function.__name__
    if name in ("softmax", "log_softmax"):
        kind, _ = _ACTIVATIONS[name]
        return builder.add(kind, inputs[0], axis=int(config.get("axis", -1)))
    if name == "leaky_relu":
        return builder.add("LeakyRelu", inputs[0], alpha=float(config["negative_slope"]))
    if name in ("elu", "celu"):
        return builder.add(name.capitalize(), inputs[0], alpha=float(config["alpha"]))
    return activation(builder, node, inputs[0], node.operation.function)


def _relu(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    layer = node.operation
    if layer.threshold:
        raise NotExportable(
            f"export_onnx: {layer.name} has a threshold, for which there is no rule"
        )
    x = inputs[0]
    if layer.negative_slope:
        x = builder.add("LeakyRelu", x, alpha=float(layer.negative_slope))
        if layer.max_value is None:
            return x
        return builder.add("Min", x, number(builder, node, layer.max_value))
    if layer.max_value is not None:
        return _clipped(builder, node, x, float(layer.max_value))
    return builder.add("Relu", x)


def _leaky_relu(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    return builder.add("LeakyRelu", inputs[0], alpha=float(node.operation.negative_slope))


def _prelu(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    return builder.add("PRelu", inputs[0], builder.constant(as_array(node.operation.alpha)))


def _elu(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    return builder.add("Elu", inputs[0], alpha=float(node.operation.alpha))


def _softmax(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    axis = node.operation.axis
    if not isinstance(axis, int):
        raise NotExportable(f"export_onnx: {node.name} has several axes, ONNX's Softmax has one")
    return builder.add("Softmax", inputs[0], axis=axis)


ACTIVATION_LAYERS: dict[str, Rule] = {
    "Activation": _activation_layer,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "PReLU": _prelu,
    "ELU": _elu,
    "Softmax": _softmax,
}

ACTIVATION_OPS: dict[str, Rule] = dict.fromkeys(
    (*_ACTIVATIONS, "relu6", "silu", "swish", "gelu"), _activation_op
)
