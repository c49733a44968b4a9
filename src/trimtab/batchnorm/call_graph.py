"""The graph of a model's layer calls.

A model's list of layers does not tell how data flow: a shared layer is there once and used twice,
a nested model hides its layers, and a residual connection is nowhere in it. This graph has a node
for each *call* of a layer, with nested models opened, and keeps ops (`ops.add`, `x + y`) as nodes
too. Of a subclassed model, or of a layer made of layers, it follows one symbolic run of `call`,
without running anything on numbers and without leaving a trace in the model.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from trimtab.batchnorm import layer_kinds
from trimtab.batchnorm.recorded_call import (
    Given,
    Recording,
    call_arguments,
    has_own_call,
    recording,
)
from trimtab.core import tree
from trimtab.core.operation import Node, origin
from trimtab.ir.tensor import KerasTensor
from trimtab.layers.base import Layer
from trimtab.layers.wrapping import Wrapper
from trimtab.models.inputs import in_model_order
from trimtab.models.model import Model


class Output(NamedTuple):
    """One of the tensors that a call gives."""

    node: CallNode
    position: int = 0

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Its shape, None where open."""
        return self.node.outputs[self.position].shape

    @property
    def dtype(self) -> str:
        """Its element type."""
        return self.node.outputs[self.position].dtype


class CallNode:
    """One call of a layer, or one use of an op.

    Attributes:
        index: Its place in the graph's order, in which data flow.
        operation: The layer, or the op (a `core.recording.OpOperation`).
        args: Its positional arguments; an `Output` stands for each tensor.
        kwargs: Its keyword arguments, likewise; "training" among them if the call gives it.
        inputs: The outputs of other calls that it takes, flat; not the mask.
        mask: The mask that it takes, None if it takes none.
        outputs: The tensors that it gives, as KerasTensors: shapes and types.
        consumers: The calls that take one of its outputs, each once, in order.
        path: Names of the models and composite layers around it, the outermost first; the model
            that the graph is of is not among them.
        owners: Those models and composite layers themselves.
        call_index: Number of this call among those of the same layer, from 0.
        training: What the layer's `training` is while the model is in `fit`: True, but where a
            `call` of the user's passes False. (What a functional model was told when it was made is
            overridden by `fit`, as in Keras 3.)
        told_training: What the call, or that of a model around it, says of `training`; None if
            nothing is said. Beside `training` it shows where `fit` overrides it.
        source: The node of the functional model that it comes from.
    """

    __slots__ = (
        "args",
        "call_index",
        "consumers",
        "index",
        "inputs",
        "kwargs",
        "mask",
        "operation",
        "outputs",
        "owners",
        "path",
        "source",
        "told_training",
        "training",
    )

    def __init__(
        self,
        index: int,
        operation: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        source: Node,
        owners: tuple[Any, ...],
    ) -> None:
        self.index = index
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.source = source
        self.outputs: list[KerasTensor] = source.outputs
        self.owners = owners
        self.path = tuple(str(owner.name) for owner in owners)
        self.consumers: list[CallNode] = []
        self.call_index = 0
        self.training = True
        self.told_training: bool | None = None
        masks = {name for name in kwargs if name == "mask" or name.endswith("_mask")}
        given = [*args, *(value for name, value in kwargs.items() if name not in masks)]
        self.inputs: list[Output] = [x for x in tree_leaves(given) if isinstance(x, Output)]
        mask = kwargs.get("mask")
        self.mask: Output | None = mask if isinstance(mask, Output) else None

    @property
    def is_layer(self) -> bool:
        """Whether it is the call of a layer, not the use of an op."""
        return isinstance(self.operation, Layer)

    @property
    def kind(self) -> str:
        """The kind of its layer or op; see `layer_kinds.kind_of`."""
        return layer_kinds.kind_of(self.operation)

    @property
    def activation(self) -> str | None:
        """The activation that it applies; see `layer_kinds.activation_of`."""
        return layer_kinds.activation_of(self.operation)

    @property
    def producers(self) -> list[CallNode]:
        """The calls whose outputs it takes, each once, in the order of its arguments."""
        return list(dict.fromkeys(x.node for x in self.inputs))

    @property
    def name(self) -> str:
        """The layer's name."""
        return str(self.operation.name)

    @property
    def label(self) -> str:
        """The name with those of the models around it, and the number of the call from the second.

        For example "encoder/batch_normalization" and "encoder/batch_normalization (call 2)".
        """
        name = "/".join([*self.path, self.name])
        return f"{name} (call {self.call_index + 1})" if self.call_index else name

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of the first input."""
        return self.inputs[0].shape

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The shape of the first output."""
        return self.outputs[0].shape

    def __repr__(self) -> str:
        return f"<CallNode {self.index} {self.label} ({type(self.operation).__name__})>"


def tree_leaves(structure: Any) -> list[Any]:
    """As `tree.flatten`, but an `Output`, which is a tuple too, is a leaf."""
    if isinstance(structure, Output):
        return [structure]
    if isinstance(structure, dict):
        return [leaf for value in structure.values() for leaf in tree_leaves(value)]
    if isinstance(structure, (list, tuple)):
        return [leaf for value in structure for leaf in tree_leaves(value)]
    return [structure]


class CallGraph:
    """The calls of a model's layers and how their outputs and inputs hang together.

    Attributes:
        model: The model.
        nodes: All calls between the model's inputs and outputs, in an order in which data flow.
        outputs: The tensors that the model gives, flat.
        notes: A sentence for each part that could not be opened; such a layer is one node.

    Args:
        model: A built Sequential, functional or subclassed model, or a layer made of layers.

    Raises:
        TypeError: If it is no layer.
        ValueError: If it is not built, or its `call` cannot be followed.

    >>> from trimtab import Input, Sequential, layers
    >>> norm = layers.BatchNormalization(name="bn")
    >>> net = Sequential([Input((4,)), layers.Dense(3, name="a"), norm])
    >>> graph = CallGraph(net)
    >>> [node.kind for node in graph.nodes]
    ['input', 'linear', 'batch_norm']
    >>> graph.calls_of(norm)[0].producers
    [<CallNode 1 a (Dense)>]
    """

    def __init__(self, model: Any) -> None:
        _check(model)
        self.model = model
        self.nodes: list[CallNode] = []
        self.outputs: list[Output] = []
        self.notes: list[str] = []
        self._calls: dict[int, list[CallNode]] = {}
        builder = _Builder(self)
        function = getattr(model, "_function", None)
        if function is not None and not has_own_call(model):
            flat = builder.follow(function.nodes, function.outputs, {}, (), True)
        else:
            with recording(model, call_arguments(model), None) as recorded:
                flat = builder.follow(recorded.nodes, recorded.outputs, {}, (), True, True)
        self.outputs = [x for x in flat if x is not None]

    @property
    def inputs(self) -> list[CallNode]:
        """The nodes that data enter by."""
        return [node for node in self.nodes if not node.inputs]

    @property
    def batch_norms(self) -> list[CallNode]:
        """The calls of BatchNormalization layers."""
        return [node for node in self.nodes if node.kind == "batch_norm"]

    @property
    def opaque(self) -> list[CallNode]:
        """The calls of layers made of layers that were not opened."""
        return [
            node
            for node in self.nodes
            if node.is_layer and node.operation._flatten_layers(include_self=False)
        ]

    def calls_of(self, layer: Any) -> list[CallNode]:
        """The calls of a layer; none if it lies on no path from an input to an output."""
        return self._calls.get(id(layer), [])

    def is_output(self, node: CallNode) -> bool:
        """Whether the model gives one of the node's outputs."""
        return any(output.node is node for output in self.outputs)

    def only_consumer(self, node: CallNode) -> CallNode | None:
        """The one call that takes the node's outputs; None if there are none or several.

        What the model gives is taken by the caller, so an output node has none.
        """
        if self.is_output(node) or len(node.consumers) != 1:
            return None
        return node.consumers[0]

    def __iter__(self) -> Iterator[CallNode]:
        return iter(self.nodes)

    def __repr__(self) -> str:
        return f"<CallGraph of {self.model.name}: {len(self.nodes)} calls>"


def _check(model: Any) -> None:
    if not isinstance(model, Layer):
        raise TypeError(f"CallGraph: `model` must be a model or a layer; got {model!r}")
    if not model.built:
        raise ValueError(
            f"CallGraph: '{model.name}' is not built, so the shapes in it are not known; begin it "
            "with an Input, call it on data, or call build(input_shape)"
        )


class _Builder:
    """Adds the calls of functions, and of the models called in them, to a graph."""

    def __init__(self, graph: CallGraph) -> None:
        self.graph = graph
        self._is_recorded = False
        self._told: bool | None = None

    def _training(self, kwargs: dict[str, Any], training: bool) -> bool:
        """What a call's `training` is in `fit`, if the model or layer around it has `training`."""
        # A functional model hands its own to all its layers, whatever they were told when it was
        # made; where a user's `call` passes one, that counts.
        given = kwargs.get("training") if self._is_recorded else None
        return training if given is None else bool(given)

    def _telling(self, kwargs: dict[str, Any]) -> bool | None:
        """What is said of `training` by a call or, if it says nothing, by those around it."""
        given = kwargs.get("training")
        # In a recorded run every call is told what `training` is: only False was said by someone.
        is_said = given is not None and not (self._is_recorded and given)
        return bool(given) if is_said else self._told

    def follow(
        self,
        nodes: list[Node],
        outputs: list[KerasTensor],
        given: dict[Any, Output | None],
        owners: tuple[Any, ...],
        training: bool,
        is_recorded: bool = False,
    ) -> list[Output | None]:
        """Adds `nodes`, whose inputs from outside are `given`; returns what `outputs` are.

        `is_recorded` tells a run of a user's `call` from a functional model's graph.
        """
        outer, self._is_recorded = self._is_recorded, is_recorded
        try:
            return self._follow(nodes, outputs, dict(given), owners, training)
        finally:
            self._is_recorded = outer

    def _follow(
        self,
        nodes: list[Node],
        outputs: list[KerasTensor],
        tensors: dict[Any, Output | None],
        owners: tuple[Any, ...],
        training: bool,
    ) -> list[Output | None]:
        for node in nodes:
            if node.is_input and (
                all(origin(x) in tensors for x in node.outputs)
                # The mask that came with a tensor into a layer made of layers.
                or (owners and isinstance(node.operation, Given))
            ):
                continue
            args = _replaced(node.args, tensors)
            kwargs = {name: _replaced(value, tensors) for name, value in node.kwargs.items()}
            results = self._call(node, args, kwargs, owners, training)
            tensors.update(zip(map(origin, node.outputs), results, strict=False))
        return [tensors.get(origin(x)) for x in outputs]

    def _call(
        self, node: Node, args: Any, kwargs: dict[str, Any], owners: tuple[Any, ...], training: bool
    ) -> list[Output | None]:
        operation = node.operation
        if not node.is_input and isinstance(operation, Layer):
            if isinstance(operation, Model) and not has_own_call(operation):
                return self._open_function(node, args, kwargs, owners, training)
            if _is_composite(operation):
                opened = self._open_call(node, args, kwargs, owners, training)
                if opened is not None:
                    return opened
            elif isinstance(operation, Wrapper):
                self._note_closed(operation)
        return self._add(node, args, kwargs, owners, training)

    def _note_closed(self, wrapper: Wrapper) -> None:
        within = wrapper._flatten_layers(include_self=False)
        norms = [str(layer.name) for layer in within if layer_kinds.is_batch_norm(layer)]
        note = (
            f"'{wrapper.name}' ({type(wrapper).__name__}) is not opened, so what is around "
            f"{', '.join(norms)} in it is not looked at; health(model, x, y) measures it"
        )
        if norms and note not in self.graph.notes:
            self.graph.notes.append(note)

    @contextlib.contextmanager
    def _inside(self, kwargs: dict[str, Any]) -> Iterator[None]:
        outer, self._told = self._told, self._telling(kwargs)
        try:
            yield
        finally:
            self._told = outer

    def _add(
        self, node: Node, args: Any, kwargs: dict[str, Any], owners: tuple[Any, ...], training: bool
    ) -> list[Output | None]:
        graph = self.graph
        made = CallNode(len(graph.nodes), node.operation, args, kwargs, node, owners)
        made.training = self._training(kwargs, training)
        made.told_training = self._telling(kwargs)
        calls = graph._calls.setdefault(id(node.operation), [])
        made.call_index = len(calls)
        calls.append(made)
        graph.nodes.append(made)
        for producer in made.producers:
            producer.consumers.append(made)
        return [Output(made, index) for index in range(len(made.outputs))]

    def _open_function(
        self, node: Node, args: Any, kwargs: dict[str, Any], owners: tuple[Any, ...], training: bool
    ) -> list[Output | None]:
        model: Any = node.operation
        function = model._function
        first = args[0] if args else kwargs.get("inputs")
        structure = _restored(first)
        flat = [_unwrapped(x) for x in in_model_order(function, structure, model.name)]
        given = dict(zip(map(origin, function.inputs), flat, strict=False))
        inner = self._training(kwargs, training)
        with self._inside(kwargs):
            return self.follow(function.nodes, function.outputs, given, (*owners, model), inner)

    def _open_call(
        self, node: Node, args: Any, kwargs: dict[str, Any], owners: tuple[Any, ...], training: bool
    ) -> list[Output | None] | None:
        layer: Any = node.operation
        training = self._training(kwargs, training)
        try:
            with (
                self._inside(kwargs),
                recording(layer, (node.args, node.kwargs), training) as recorded,
            ):
                given = _outer(recorded, args, kwargs)
                return self.follow(
                    recorded.nodes, recorded.outputs, given, (*owners, layer), training, True
                )
        except ValueError as error:
            self.graph.notes.append(str(error))
            return None


def _is_composite(layer: Any) -> bool:
    """Whether a layer is a call of other layers, to be opened."""
    within = layer._flatten_layers(include_self=False)
    if not within or layer_kinds.known_class(layer) is not None or isinstance(layer, Wrapper):
        # A wrapper calls the layer within once a step, past the layer's own `__call__`.
        return False
    is_own = type(layer).__module__.startswith("trimtab.") and not isinstance(layer, Model)
    return not is_own or any(layer_kinds.is_batch_norm(inner) for inner in within)


def _replaced(structure: Any, tensors: dict[Any, Output | None]) -> Any:
    return tree.map_structure(
        lambda x: tensors.get(origin(x)) if isinstance(x, KerasTensor) else x, structure
    )


class _Held:
    """An `Output` where a tuple would be taken apart."""

    def __init__(self, output: Output) -> None:
        self.output = output


def _restored(structure: Any) -> Any:
    if isinstance(structure, Output):
        return _Held(structure)
    if isinstance(structure, dict):
        return {key: _restored(value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return [_restored(value) for value in structure]
    return structure


def _unwrapped(x: Any) -> Output | None:
    return x.output if isinstance(x, _Held) else None


def _outer(recorded: Recording, args: Any, kwargs: dict[str, Any]) -> dict[Any, Output | None]:
    """What the tensors that a recording began with are in the graph."""
    outside = tree_leaves([list(args), kwargs])
    return {
        origin(inner): value if isinstance(value, Output) else None
        for inner, value in zip(recorded.given, outside, strict=True)
        if isinstance(inner, KerasTensor)
    }
