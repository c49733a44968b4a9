"""Models made from models by changes to their graph: layers replaced, put in, left out."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from trimtab.core import tree
from trimtab.core.config import _safe_mode_scope
from trimtab.core.function import Function
from trimtab.core.operation import Node, origin
from trimtab.ir.tensor import KerasTensor
from trimtab.layers.base import Layer
from trimtab.layers.batch_normalization import BatchNormalization
from trimtab.layers.blocks import Block
from trimtab.layers.input_layer import Input, InputLayer
from trimtab.models.model import Model
from trimtab.models.sequential import Sequential


def graph_of(model: Any, owner: str) -> Function:
    """The graph of a model's layers.

    Raises:
        TypeError: If it is no model.
        ValueError: If it has no graph: not built, or a subclass with a `call` of its own.
    """
    if not isinstance(model, Model):
        raise TypeError(f"{owner}: needs a model; got an object of type {type(model).__name__}")
    if model._function is not None:
        return model._function
    if isinstance(model, Sequential):
        raise ValueError(
            f"{owner}: {model.name} is not built yet, so the sizes of its layers are not known; "
            "begin it with an Input, or call build(input_shape)"
        )
    raise ValueError(
        f"{owner}: needs a Sequential model or one of KerasTensors; {model.name} is a "
        f"{type(model).__name__}, whose `call` alone knows how its layers are connected; write it "
        "as Model(inputs, outputs)"
    )


def inner_graph(operation: Any) -> Function | None:
    """The graph of a model that is a part of another, None for anything else."""
    return operation._function if isinstance(operation, Model) else None


def data_inputs(node: Node) -> list[KerasTensor]:
    """The tensors that a node takes, masks left out."""
    named = [v for name, v in node.kwargs.items() if name != "mask" and not name.endswith("_mask")]
    return [x for x in tree.flatten([list(node.args), named]) if isinstance(x, KerasTensor)]


class Wiring:
    """Who uses what in one graph. What only makes masks is no part of it.

    Attributes:
        nodes: The uses of operations, each after those it needs.
    """

    def __init__(self, function: Function) -> None:
        self._outputs = {origin(x) for x in function.outputs}
        self.nodes = _data_nodes(function, self._outputs)
        self._known = {id(node) for node in self.nodes}
        self._users: dict[Any, list[Node]] = {}
        for node in self.nodes:
            for x in dict.fromkeys(origin(x) for x in data_inputs(node)):
                self._users.setdefault(x, []).append(node)
        self._uses: dict[int, list[Node]] = {}
        for node in self.nodes:
            self._uses.setdefault(id(node.operation), []).append(node)

    def users(self, node: Node) -> list[Node]:
        """The nodes that take what `node` gives."""
        return [user for x in node.outputs for user in self._users.get(origin(x), [])]

    def uses(self, operation: Any) -> list[Node]:
        """The nodes at which an operation is used."""
        return self._uses.get(id(operation), [])

    def sources(self, node: Node) -> list[Node | None]:
        """The nodes that give what `node` takes; None for an input of the model."""
        return [
            parent if id(parent) in self._known else None
            for x in data_inputs(node)
            for parent in [_producer(x)]
        ]

    def source(self, node: Node) -> Node | None:
        """The node that gives the only thing that `node` takes; None if there is none such."""
        sources = self.sources(node)
        return sources[0] if len(sources) == 1 else None

    def is_output(self, node: Node) -> bool:
        """Whether what `node` gives is an output of the model."""
        return any(origin(x) in self._outputs for x in node.outputs)


def _data_nodes(function: Function, outputs: set[Any]) -> list[Node]:
    """The nodes that the outputs need, masks left out."""
    needed = set(outputs)
    found: list[Node] = []
    for node in reversed(function.nodes):
        if not node.is_input and any(origin(x) in needed for x in node.outputs):
            needed.update(origin(x) for x in data_inputs(node))
            found.append(node)
    return found[::-1]


def _producer(x: KerasTensor) -> Node | None:
    history = x._keras_history
    node: Node | None = None
    if history is not None:
        node = history.operation._inbound_nodes[history.node_index]
    return node


def copied(layer: Any, **changes: Any) -> Any:
    """A layer like another, not built yet, with some arguments changed."""
    # Code in a configuration is warned of and refused, but this layer runs here already.
    with _safe_mode_scope(False), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "a Python lambda is written as code")
        return type(layer).from_config({**layer.get_config(), **changes})


@dataclasses.dataclass
class Edit:
    """Changes to a graph and the graphs of the models within, by identity.

    Attributes:
        replaced: New layers by the operation that they stand for.
        dropped: Nodes that hand on their input as it is; layers behind them stay.
        before: Layers that a node's only input goes through first.
        behind: Layers that a node's output goes through, for all that use it.
        values: What variables of new layers begin with, by layer and name of the variable.
    """

    replaced: dict[int, Layer] = dataclasses.field(default_factory=dict)
    dropped: set[int] = dataclasses.field(default_factory=set)
    before: dict[int, list[Layer]] = dataclasses.field(default_factory=dict)
    behind: dict[int, list[Layer]] = dataclasses.field(default_factory=dict)
    values: dict[int, dict[str, Any]] = dataclasses.field(default_factory=dict)
    _kept: list[Any] = dataclasses.field(default_factory=list)

    def replace(self, layer: Layer, values: Mapping[str, Any] | None = None, **config: Any) -> Any:
        """Has `layer` replaced by one of its class, some arguments changed; returns that one.

        Args:
            layer: The layer; its variables go over by name.
            values: Variables that get other values.
            **config: Arguments that change.
        """
        own = {v.name: np.asarray(v) for v in layer.variables}
        new = copied(layer, **config)
        self.values[id(new)] = {**own, **(values or {})}
        self.replaced[id(layer)] = new
        return new

    def begin(self, layer: Layer, **values: Any) -> None:
        """Has variables of a new layer begin with `values`, by name."""
        self.values.setdefault(id(layer), {}).update(values)
        self._kept.append(layer)


def rewritten(model: Any, edit: Edit, name: str | None = None) -> Any:
    """A new model: `model` with the changes of `edit`, weights copied, compiled as it was.

    The models within are made anew too, Sequential ones as Sequential ones.
    """
    rewriter = _Rewriter(edit)
    new = rewriter.model(model, name)
    rewriter.finish()
    if model.compiled:
        new.compile_from_config(model.get_compile_config())
    return new


class _Rewriter:
    def __init__(self, edit: Edit) -> None:
        self._edit = edit
        self._made: dict[int, Any] = {}
        self._pairs: list[tuple[Any, Any]] = []
        # An inserted layer that several users see is called once on each tensor.
        self._calls: dict[tuple[int, Any], Any] = {}

    def model(self, model: Any, name: str | None = None) -> Any:
        position = len(self._pairs)
        chain: list[Any] = []
        function = graph_of(model, model.name)
        inputs = [_like(x) for x in function.inputs]
        tensors = dict(zip(map(origin, function.inputs), inputs, strict=True))
        for node in function.nodes:
            if not node.is_input:
                self._node(node, tensors, chain)
        if isinstance(model, Sequential):
            first = [Input(batch_shape=inputs[0].shape, dtype=inputs[0].dtype)]
            if isinstance(model._layers[0], InputLayer):
                first = [InputLayer.from_config(model._layers[0].get_config())]
            for layer in chain:
                # The Sequential calls its layers itself; the first use is the one that counts.
                layer._inbound_nodes.clear()
            # It makes the ops of masks anew.
            chain = [layer for layer in chain if isinstance(layer, Layer)]
            new: Any = Sequential([*first, *chain], name=name or model.name)
        else:
            outputs = tree.map_structure(lambda x: tensors[origin(x)], function.output_structure)
            structure = tree.pack_sequence_as(function.input_structure, inputs)
            new = Model(structure, outputs, name=name or model.name)
        self._pairs.insert(position, (model, new))
        return new

    def _node(self, node: Node, tensors: dict[Any, Any], chain: list[Any]) -> None:
        if id(node) in self._edit.dropped:
            x = tensors[origin(node.input_tensors[0])]
            for layer in self._edit.behind.get(id(node), ()):
                x = self._through(layer, x, chain)
            tensors[origin(node.outputs[0])] = x
            return
        if id(node) in self._edit.before:
            source = origin(node.input_tensors[0])
            local = dict(tensors)
            for layer in self._edit.before[id(node)]:
                local[source] = self._through(layer, local[source], chain)
            tensors = _Overlay(tensors, {source: local[source]})
        args, kwargs = node.fill(tensors)
        operation = self._operation(node.operation)
        if isinstance(operation, Layer) and type(operation) is not type(node.operation):
            # Another class in its place may know nothing of a mask or of training.
            known = operation.call_signature().all_names
            kwargs = {name: value for name, value in kwargs.items() if name in known}
        results = operation(*args, **kwargs)
        chain.append(operation)
        flat = [x for x in tree.flatten(results) if isinstance(x, KerasTensor)]
        for layer in self._edit.behind.get(id(node), ()):
            flat[0] = self._through(layer, flat[0], chain)
        for old, new in zip(node.outputs, flat, strict=True):
            tensors[origin(old)] = new

    def _through(self, layer: Layer, x: Any, chain: list[Any]) -> Any:
        key = (id(layer), origin(x))
        if key not in self._calls:
            self._calls[key] = layer(x)
            chain.append(layer)
        return self._calls[key]

    def _operation(self, operation: Any) -> Any:
        if id(operation) in self._edit.replaced:
            return self._edit.replaced[id(operation)]
        if not isinstance(operation, Layer):
            return operation.clone()
        if id(operation) not in self._made:
            if inner_graph(operation) is not None:
                self._made[id(operation)] = self.model(operation)
            else:
                new = copied(operation)
                self._pairs.append((operation, new))
                self._made[id(operation)] = new
        return self._made[id(operation)]

    def finish(self) -> None:
        """Copies weights, and which layers train."""
        for old, new in self._pairs:
            if not isinstance(old, Model):
                copy_state(old, new)
            if new.trainable != old.trainable:
                new.trainable = old.trainable
        edit = self._edit
        inserted = [
            *edit.replaced.values(),
            *(
                x
                for group in (edit.before, edit.behind)
                for layers in group.values()
                for x in layers
            ),
        ]
        for layer in inserted:
            for variable in layer.variables:
                value = edit.values.get(id(layer), {}).get(variable.name)
                if value is not None:
                    variable.assign(np.broadcast_to(value, variable.shape))


class _Overlay(dict[Any, Any]):
    """A dictionary with some values of its own; what is set goes to the one beneath."""

    def __init__(self, beneath: dict[Any, Any], own: dict[Any, Any]) -> None:
        super().__init__(own)
        self._beneath = beneath

    def __missing__(self, key: Any) -> Any:
        return self._beneath[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._beneath[key] = value


def _like(x: KerasTensor) -> Any:
    history = x._keras_history
    assert history is not None  # noqa: S101 - an Input always has one
    layer = history.operation
    optional = isinstance(layer, InputLayer) and layer.optional
    return Input(batch_shape=x.shape, dtype=x.dtype, name=layer.name, optional=optional)


def opened(model: Any, owner: str) -> Any:
    """The model with each `ConvBlock` and `DenseBlock` replaced by its parts; itself without any.

    Raises:
        TypeError: If it is no model.
        ValueError: If it has no graph.
    """
    edit = Edit()
    parts: dict[int, list[Layer]] = {}
    for node in _nodes(model, owner):
        block = node.operation
        if isinstance(block, Block):
            edit.dropped.add(id(node))
            edit.behind[id(node)] = parts.setdefault(id(block), _parts(block, edit))
    return rewritten(model, edit) if parts else model


def _parts(block: Block, edit: Edit) -> list[Layer]:
    """Copies of a block's parts, which begin with its weights."""
    copies = []
    for part in block.layers:
        copy = copied(part, name=f"{block.name}_{part.name}", **_own_bias(part))
        edit.begin(copy, **{variable.name: np.asarray(variable) for variable in part.variables})
        copies.append(copy)
    return copies


def _own_bias(part: Any) -> dict[str, Any]:
    # A block decides about the bias when it is built, behind the configuration's back.
    return {"use_bias": part.use_bias} if hasattr(part, "use_bias") else {}


def why_hidden(model: Any, norm: Any) -> str:
    """Why a Batch Normalization of a model is not in its graph, for a report."""
    for node in _nodes(model, model.name):
        layer = node.operation
        is_closed = isinstance(layer, Layer) and inner_graph(layer) is None
        if is_closed and any(one is norm for one in layer._flatten_layers(include_self=False)):
            return f"it is inside {layer.name} ({type(layer).__name__}), which is not opened"
    return "no output depends on it"


def _nodes(model: Any, owner: str) -> Iterator[Node]:
    """The nodes of a model's graph and of those of the models inside, of each once."""
    pending, seen = [graph_of(model, owner)], set()
    while pending:
        for node in Wiring(pending.pop()).nodes:
            inner = inner_graph(node.operation)
            if inner is not None and id(inner) not in seen:
                seen.add(id(inner))
                pending.append(inner)
            yield node


def copy_state(old: Layer, new: Layer) -> None:
    """Gives a layer the variables of another of its class, and its count of updates."""
    for source, target in zip(old.variables, new.variables, strict=True):
        target.assign(source)
    for one, other in zip(batchnorms(old), batchnorms(new), strict=True):
        other._updates.assign(one._updates)


def batchnorms(model: Any) -> list[BatchNormalization]:
    """All `BatchNormalization` layers in a layer or model, each once."""
    layers: Iterable[Any] = model._flatten_layers()
    return list(
        {id(layer): layer for layer in layers if isinstance(layer, BatchNormalization)}.values()
    )
