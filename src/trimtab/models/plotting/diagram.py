"""What a drawing of a model shows: a box a layer, an arrow a connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from trimtab.core import tree
from trimtab.core.function import Function
from trimtab.layers.batch_normalization import BatchNormalization
from trimtab.layers.input_layer import InputLayer
from trimtab.layers.shapes import map_shapes
from trimtab.layers.wrapping import Wrapper


class Details(NamedTuple):
    """What is written into the boxes."""

    shapes: bool = False
    dtype: bool = False
    names: bool = False
    activations: bool = False
    trainable: bool = False
    expand_nested: bool = False


class Box(NamedTuple):
    """A layer in the drawing.

    Attributes:
        lines: Its text, the title first.
        kind: "input", "normalization" or "layer", for its colour.
        groups: Names of the models within models that hold it, the outermost first.
    """

    lines: list[str]
    kind: str = "layer"
    groups: tuple[str, ...] = ()


class Diagram:
    """Boxes, and arrows as pairs of their numbers."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.arrows: list[tuple[int, int]] = []

    def add(self, box: Box) -> int:
        """The number of a new box."""
        self.boxes.append(box)
        return len(self.boxes) - 1

    def connect(self, start: int, end: int) -> None:
        """Draws an arrow, once."""
        if (start, end) not in self.arrows:
            self.arrows.append((start, end))


def diagram_of(model: Any, details: Details) -> Diagram:
    """The boxes and arrows of a model; one box if it has no graph and no list of layers.

    Raises:
        ValueError: If a model is not built that must be.
    """
    diagram = Diagram()
    function = _function_of(model)
    if function is not None:
        _Drawer(diagram, details).function(function, (), None)
    elif _layers_of(model):
        _Drawer(diagram, details).chain(_layers_of(model), (), None)
    else:
        diagram.add(_box(model, details, ()))
    return diagram


def _function_of(model: Any) -> Function | None:
    return getattr(model, "_function", None)


def _layers_of(model: Any) -> list[Any]:
    return list(model.layers) if type(model).__name__ == "Sequential" else []


class _Drawer:
    def __init__(self, diagram: Diagram, details: Details) -> None:
        self.diagram = diagram
        self.details = details

    def function(
        self, function: Function, groups: tuple[str, ...], sources: Sequence[int] | None
    ) -> list[int]:
        """Draws a graph; `sources` are the boxes that feed it; returns those of its outputs."""
        made: dict[int, list[int]] = {}
        for number, tensor in enumerate(function.inputs):
            if sources is not None:
                made[id(tensor._keras_history.operation)] = [sources[min(number, len(sources) - 1)]]
        for node in function.nodes:
            operation = node.operation
            if node.is_input:
                if id(operation) not in made:
                    box = _box(operation, self.details, groups)
                    made[id(operation)] = [self.diagram.add(box)]
                continue
            parents = [
                box for x in node.input_tensors for box in made[id(x._keras_history.operation)]
            ]
            made[id(operation)] = self.operation(operation, groups, parents, made)
        ends = [box for x in function.outputs for box in made[id(x._keras_history.operation)]]
        return list(dict.fromkeys(ends))

    def operation(
        self,
        operation: Any,
        groups: tuple[str, ...],
        parents: list[int],
        made: dict[int, list[int]],
    ) -> list[int]:
        """Draws one layer, or what is in it; returns the boxes that its outputs come from."""
        inner, layers = _function_of(operation), _layers_of(operation)
        if self.details.expand_nested and inner is not None:
            return self.function(inner, (*groups, operation.name), parents)
        if self.details.expand_nested and layers:
            return self.chain(layers, (*groups, operation.name), parents)
        found = made.get(id(operation))
        if found is None:
            found = [self.diagram.add(_box(operation, self.details, groups))]
        for parent in parents:
            self.diagram.connect(parent, found[0])
        return found

    def chain(
        self, layers: Sequence[Any], groups: tuple[str, ...], parents: list[int] | None
    ) -> list[int]:
        """Draws layers that follow one another."""
        last = list(parents or [])
        for layer in layers:
            last = self.operation(layer, groups, last, {})
        return last


def _box(layer: Any, details: Details, groups: tuple[str, ...]) -> Box:
    kind = "layer"
    if isinstance(layer, InputLayer):
        kind = "input"
    elif isinstance(layer, BatchNormalization):
        kind = "normalization"
    label = getattr(layer, "class_label", type(layer).__name__)
    if isinstance(layer, Wrapper):
        label = f"{label}({type(layer.layer).__name__})"
    lines = [f"{layer.name} ({label})" if details.names else label]
    activation = getattr(layer, "activation", None)
    if details.activations and activation is not None:
        lines.append(f"Activation: {getattr(activation, '__name__', activation)}")
    if details.dtype:
        lines.append(f"Output dtype: {_of_outputs(layer, 'dtype')}")
    if details.shapes:
        lines.append(f"Input shape: {_shapes(layer, 'input')}")
        lines.append(f"Output shape: {_shapes(layer, 'output')}")
    if details.trainable and getattr(layer, "weights", None):
        lines.append("Trainable" if layer.trainable else "Not trainable")
    return Box(lines, kind, groups)


def _of_outputs(layer: Any, name: str) -> str:
    nodes = layer._inbound_nodes
    found = [str(getattr(x, name)) for x in nodes[0].outputs] if nodes else ["?"]
    return ", ".join(found)


def _shapes(layer: Any, side: str) -> str:
    nodes = layer._inbound_nodes
    if not nodes:
        return "?"
    node = nodes[0]
    tensors = node.outputs if side == "output" else node.input_tensors or node.outputs
    texts = map_shapes(lambda shape: f"({', '.join(map(str, shape))})", [x.shape for x in tensors])
    return ", ".join(tree.flatten(texts))
