"""Layers and ops in ONNX's operators: one rule each."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.batchnorm import affine
from trimtab.batchnorm.call_graph import CallNode
from trimtab.batchnorm.onnx_activations import (
    ACTIVATION_LAYERS,
    ACTIVATION_OPS,
    NotExportable,
    Rule,
    class_of,
    number,
)
from trimtab.batchnorm.onnx_graph import GraphBuilder, as_array
from trimtab.batchnorm.onnx_kernels import (
    KERNEL_LAYERS,
    in_channels_first,
    is_last,
    window_attributes,
)
from trimtab.core import settings
from trimtab.core.recording import OpOperation

_TYPES = frozenset({"float32", "float64", "int32", "int64", "bool"})


def emit(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    """Adds the operators of one call; returns the name of its output.

    Raises:
        NotExportable: If there is no rule for the layer.
    """
    operation = node.operation
    if isinstance(operation, OpOperation):
        rule = _OPS.get(operation.function.__name__)
        name = f"the op {operation.function.__name__}"
    else:
        rule = _LAYERS.get(class_of(operation))
        name = f"{operation.name}, a {type(operation).__name__}"
    if rule is None:
        raise NotExportable(
            f"export_onnx: there is no rule for {name}; replace it, or export the model up to it"
        )
    if getattr(operation, "compute_dtype", "float32") not in _TYPES:
        raise NotExportable(
            f"export_onnx: {name} computes in {operation.compute_dtype}; set its dtype to float32"
        )
    if node.mask is not None and class_of(operation) in ("GlobalAveragePooling1D", "Softmax"):
        raise NotExportable(f"export_onnx: {name} uses a mask, which ONNX does not carry along")
    return rule(builder, node, inputs)


# Normalisation ------------------------------------------------------------------------------------


def _batch_normalization(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    norm = node.operation
    if node.told_training:
        raise NotExportable(f"export_onnx: {norm.name} is called with training=True")
    rank = len(node.input_shape)
    shape = (-1, *(1,) * (rank - 1 - norm.axis % rank))
    scale, shift = (number(builder, node, v.reshape(shape)) for v in affine.affine_of(norm))
    return builder.add("Add", builder.add("Mul", inputs[0], scale), shift)


def _layer_normalization(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    layer = node.operation
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    rank = len(node.input_shape)
    if [axis % rank for axis in axes] != [rank - 1]:
        raise NotExportable(f"export_onnx: {layer.name} must normalise over the last axis alone")
    channels = int(node.input_shape[-1] or 0)
    scale = np.ones(channels) if layer.gamma is None else as_array(layer.gamma)
    operands = [inputs[0], number(builder, node, scale)]
    if layer.beta is not None:
        operands.append(builder.constant(as_array(layer.beta)))
    return builder.add("LayerNormalization", *operands, axis=-1, epsilon=float(layer.epsilon))


def _rescaling(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    layer = node.operation
    scaled = builder.add("Mul", inputs[0], number(builder, node, layer.scale))
    return builder.add("Add", scaled, number(builder, node, layer.offset))


def _normalization(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    layer = node.operation
    if layer.invert:
        raise NotExportable(f"export_onnx: {layer.name} is inverted; there is no rule for it")
    deviation = np.sqrt(np.asarray(layer.variance, np.float64))
    mean = number(builder, node, np.asarray(layer.mean))
    scale = number(builder, node, np.maximum(deviation, settings.epsilon()))
    return builder.add("Div", builder.add("Sub", inputs[0], mean), scale)


class _OneStep:
    """The call of the layer within a `TimeDistributed`, on one step."""

    def __init__(self, node: CallNode) -> None:
        self.operation = node.operation.layer
        self.name = f"{node.name}/{self.operation.name}"
        self.outputs = node.outputs
        self.mask = None
        self.told_training = node.told_training
        self.input_shape = (None, *node.input_shape[2:])
        self.output_shape = (None, *node.output_shape[2:])


def _time_distributed(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    """The layer within takes the steps as rows of a larger batch."""
    sizes, behind = node.input_shape[2:], node.output_shape[1:]
    if None in sizes or None in behind:
        raise NotExportable(f"export_onnx: {node.name} needs inputs of fixed sizes")
    rows = builder.add("Reshape", inputs[0], builder.integers([-1, *sizes]))
    result = emit(builder, _OneStep(node), [rows])  # type: ignore[arg-type]
    return builder.add("Reshape", result, builder.integers([-1, *behind]))


# Pooling, padding, shape --------------------------------------------------------------------------


def _pooling(kind: str, **attributes: Any) -> Rule:
    def rule(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
        own = window_attributes(node, node.operation.pool_size, None)

        def compute(x: str) -> str:
            return builder.add(kind, x, **own, **attributes)

        return in_channels_first(builder, node, inputs[0], compute)

    return rule


def _global_pooling(kind: str) -> Rule:
    def rule(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
        axes = builder.integers(node.operation._axes)
        return builder.add(kind, inputs[0], axes, keepdims=int(node.operation.keepdims))

    return rule


def _pairs(layer: Any, name: str) -> list[tuple[int, int]]:
    value = getattr(layer, name)
    return [value] if isinstance(value[0], int) else list(value)


def _zero_padding(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    rank, first = len(node.input_shape), 1 if is_last(node.operation) else 2
    before, behind = [0] * rank, [0] * rank
    for axis, pair in enumerate(_pairs(node.operation, "padding"), start=first):
        before[axis], behind[axis] = pair
    return builder.add("Pad", inputs[0], builder.integers([*before, *behind]))


def _cropping(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    first = 1 if is_last(node.operation) else 2
    pairs = _pairs(node.operation, "cropping")
    axes = list(range(first, first + len(pairs)))
    ends = [-after if after else np.iinfo(np.int64).max for _, after in pairs]
    starts = [before for before, _ in pairs]
    return builder.add("Slice", inputs[0], *(builder.integers(v) for v in (starts, ends, axes)))


def _up_sampling(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    layer = node.operation
    if getattr(layer, "interpolation", "nearest") != "nearest":
        raise NotExportable(f"export_onnx: {layer.name} must repeat pixels (nearest)")
    size = layer.size if isinstance(layer.size, tuple) else (layer.size,)
    scales = builder.constant([1.0, 1.0, *size], "float32")

    def compute(x: str) -> str:
        return builder.add(
            "Resize",
            *(x, "", scales),
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )

    return in_channels_first(builder, node, inputs[0], compute)


def _flatten(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    x, rank = inputs[0], len(node.input_shape)
    if not is_last(node.operation) and rank > 2:
        x = builder.channels_last(x, rank)
    return builder.add("Flatten", x, axis=1)


def _reshape(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    return builder.add("Reshape", inputs[0], builder.integers([0, *node.operation.target_shape]))


def _permute(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    return builder.add("Transpose", inputs[0], perm=[0, *map(int, node.operation.dims)])


def _repeat_vector(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    long = builder.add("Unsqueeze", inputs[0], builder.integers([1]))
    return builder.add("Tile", long, builder.integers([1, node.operation.n, 1]))


def _embedding(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    rows = builder.add("Cast", inputs[0], to=builder.element_type("int64"))
    return builder.add("Gather", builder.constant(as_array(node.operation.embeddings)), rows)


def _same(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    return inputs[0]


# Merging ------------------------------------------------------------------------------------------


def _joined(kind: str) -> Rule:
    def rule(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
        result = inputs[0]
        for other in inputs[1:]:
            result = builder.add(kind, result, other)
        return result

    return rule


def _average(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    total = _joined("Add")(builder, node, inputs)
    return builder.add("Div", total, number(builder, node, float(len(inputs))))


def _concatenated(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    operation = node.operation
    axis = operation.config["axis"] if isinstance(operation, OpOperation) else operation.axis
    return builder.add("Concat", *inputs, axis=int(axis))


def _unary(kind: str) -> Rule:
    def rule(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
        return builder.add(kind, inputs[0])

    return rule


def _square(builder: GraphBuilder, node: CallNode, inputs: list[str]) -> str:
    return builder.add("Mul", inputs[0], inputs[0])


_LAYERS: dict[str, Rule] = {
    **ACTIVATION_LAYERS,
    **KERNEL_LAYERS,
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
    "Rescaling": _rescaling,
    "Normalization": _normalization,
    "TimeDistributed": _time_distributed,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "RepeatVector": _repeat_vector,
    "Embedding": _embedding,
    "Add": _joined("Add"),
    "Subtract": _joined("Sub"),
    "Multiply": _joined("Mul"),
    "Maximum": _joined("Max"),
    "Minimum": _joined("Min"),
    "Average": _average,
    "Concatenate": _concatenated,
    **{f"MaxPooling{n}D": _pooling("MaxPool") for n in (1, 2, 3)},
    **{f"AveragePooling{n}D": _pooling("AveragePool", count_include_pad=0) for n in (1, 2, 3)},
    **{f"GlobalMaxPooling{n}D": _global_pooling("ReduceMax") for n in (1, 2, 3)},
    **{f"GlobalAveragePooling{n}D": _global_pooling("ReduceMean") for n in (1, 2, 3)},
    **{f"ZeroPadding{n}D": _zero_padding for n in (1, 2, 3)},
    **{f"Cropping{n}D": _cropping for n in (1, 2, 3)},
    **{f"UpSampling{n}D": _up_sampling for n in (1, 2, 3)},
    **dict.fromkeys(
        ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout")
        + ("AlphaDropout", "GaussianNoise", "Identity", "ActivityRegularization", "Masking"),
        _same,
    ),
}

_OPS: dict[str, Rule] = {
    **ACTIVATION_OPS,
    "add": _joined("Add"),
    "subtract": _joined("Sub"),
    "multiply": _joined("Mul"),
    "divide": _joined("Div"),
    "true_divide": _joined("Div"),
    "maximum": _joined("Max"),
    "minimum": _joined("Min"),
    "concatenate": _concatenated,
    "square": _square,
    "absolute": _unary("Abs"),
    "abs": _unary("Abs"),
    "exp": _unary("Exp"),
    "log": _unary("Log"),
    "negative": _unary("Neg"),
    "sqrt": _unary("Sqrt"),
}
