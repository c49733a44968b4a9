"""Models written to ONNX files."""

from __future__ import annotations

import os
from typing import Any

from trimtab.batchnorm.call_graph import CallGraph, CallNode, Output
from trimtab.batchnorm.onnx_activations import NotExportable
from trimtab.batchnorm.onnx_graph import GraphBuilder, onnx
from trimtab.batchnorm.onnx_layers import emit
from trimtab.core.recording import OpOperation
from trimtab.saving import files
from trimtab.version import __version__


def export_onnx(model: Any, path: str | os.PathLike[str]) -> None:
    """Writes a model's inference to an ONNX file.

    The batch stays open. Models within are opened, dropout is left out, layers of channels last get
    transpositions around, which onnxruntime takes out where it can.

    Args:
        model: A built model with a graph.
        path: Name of the file; it appears whole or not at all.

    Raises:
        ImportError: If onnx is not installed (`trimtab[onnx]`).
        ValueError: If a layer has no rule; the message names it.

    Source: ONNX opset 18.
    """
    made = onnx_model(model)
    onnx().checker.check_model(made)
    with files.written(path) as temporary:
        temporary.write_bytes(made.SerializeToString())


def onnx_model(model: Any) -> Any:
    """The model as an `onnx.ModelProto`; see `export_onnx`."""
    builder = GraphBuilder()
    graph = CallGraph(model)
    names: dict[tuple[int, int], str] = {}
    inputs: list[Any] = []
    for node in _needed(graph):
        if not node.inputs:
            _begin(node, names, inputs)
            continue
        if len(node.outputs) != 1:
            raise NotExportable(f"export_onnx: {node.name} gives several tensors")
        operands = [names[(x.node.index, x.position)] for x in node.inputs]
        if isinstance(node.operation, OpOperation):
            operands = _operands(builder, node, names)
        names[(node.index, 0)] = emit(builder, node, operands)
    outputs = []
    for number, output in enumerate(graph.outputs):
        name = "output" if len(graph.outputs) == 1 else f"output_{number}"
        builder.add("Identity", names[(output.node.index, output.position)], output=name)
        outputs.append((name, output.dtype, output.shape))
    order = {x._keras_history.operation.name: n for n, x in enumerate(model.inputs)}
    inputs.sort(key=lambda entry: order.get(entry[0], len(order)))
    return builder.model(inputs, outputs, model.name, __version__)


def _needed(graph: CallGraph) -> list[CallNode]:
    """The calls that the outputs need: what makes masks alone is left out."""
    needed = {id(output.node) for output in graph.outputs}
    for node in reversed(graph.nodes):
        if id(node) in needed or not node.inputs:
            needed.update(id(x.node) for x in node.inputs)
    return [node for node in graph.nodes if id(node) in needed or not node.inputs]


def _begin(node: CallNode, names: dict[tuple[int, int], str], inputs: list[Any]) -> None:
    for position, tensor in enumerate(node.outputs):
        name = node.name if len(node.outputs) == 1 else f"{node.name}_{position}"
        names[(node.index, position)] = name
        inputs.append((name, tensor.dtype, tensor.shape))


def _operands(
    builder: GraphBuilder, node: CallNode, names: dict[tuple[int, int], str]
) -> list[str]:
    """An op's arguments, numbers among them as constants."""
    found: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, Output):
            found.append(names[(value.node.index, value.position)])
        elif isinstance(value, (list, tuple)):
            for part in value:
                collect(part)
        elif value is not None:
            found.append(builder.constant(value, node.outputs[0].dtype))

    collect([*node.args, *node.kwargs.values()])
    return found
