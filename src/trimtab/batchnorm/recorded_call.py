"""Follows one symbolic run of a layer's `call`, and takes back every trace of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from trimtab.core import naming, tree
from trimtab.core.operation import Node, Operation
from trimtab.core.scope import TraceScope, trace_scope
from trimtab.ir.tensor import KerasTensor
from trimtab.layers.call import CALLS
from trimtab.layers.shapes import map_shapes
from trimtab.models.model import Model
from trimtab.models.sequential import Sequential

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

# Stands for an open size where `call` computes with it.
_SIZE = 83


class Given(Operation):
    """Where the tensors come from that a recording begins with."""

    # Read by `layer_kinds.kind_of`.
    begins_model = True

    def __init__(self) -> None:
        super().__init__(name="given")


class Recording:
    """What a run of `call` left behind.

    Attributes:
        nodes: The uses of layers and ops between inputs and outputs, each after its parents.
        outputs: The tensors that `call` returned, flat.
        given: The leaves of the arguments, in their order: KerasTensors of the recording's own
            where there was a tensor, None elsewhere.
    """

    def __init__(self, nodes: list[Node], outputs: list[KerasTensor], given: list[Any]) -> None:
        self.nodes = nodes
        self.outputs = outputs
        self.given = given


def has_own_call(model: Any) -> bool:
    """Whether a model's class computes otherwise than by the graph that it was made of."""
    if getattr(model, "_function", None) is None:
        return True
    return type(model).call not in (Model.call, Sequential.call)


def call_arguments(layer: Any) -> Arguments:
    """Arguments for a call of `layer`, as KerasTensors of the shapes that it was built for.

    Raises:
        ValueError: If the layer does not know them.
    """
    shapes = layer._build_shapes or {}
    if not shapes:
        raise ValueError(
            f"CallGraph: '{layer.name}' does not know the shapes of its inputs; call "
            "build(input_shape), or call it on data once"
        )
    dtype = layer.input_dtype
    named = [map_shapes(lambda s: KerasTensor(s, dtype), shape) for shape in shapes.values()]
    if len(named) == 1:
        return (named[0],), {}
    return (), {
        name.removesuffix("_shape"): value for name, value in zip(shapes, named, strict=True)
    }


@contextlib.contextmanager
def recording(layer: Any, arguments: Arguments, training: bool | None) -> Iterator[Recording]:
    """Runs `layer.call` on KerasTensors like those in `arguments`; the block reads what it did.

    Variables, losses, the counters behind automatic names, and the layers' own records of their
    uses are as before afterwards.

    Args:
        layer: The layer.
        arguments: Positional and keyword arguments.
        training: What `training` is, where `call` takes it; True if None.

    Raises:
        ValueError: If `call` fails on tensors without numbers.
    """
    counts = dict(naming._COUNTS)
    known = [layer, *layer._flatten_layers(include_self=False)]
    uses = {id(one): (one, len(one._inbound_nodes)) for one in known}
    found: list[Node] = []
    try:
        made = _run(layer, arguments, training is None or training)
        found += made.nodes
        yield made
    finally:
        for operation, count in uses.values():
            del operation._inbound_nodes[count:]
        for node in found:
            # Layers that the call takes from elsewhere than the layer's attributes.
            with contextlib.suppress(ValueError):
                node.operation._inbound_nodes.remove(node)
        with naming._LOCK:
            naming._COUNTS.clear()
            naming._COUNTS.update(counts)


def _run(layer: Any, arguments: Arguments, training: bool) -> Recording:
    reason: Exception | None = None
    for size in (None, _SIZE):
        args, kwargs, given = _fresh(arguments, size)
        try:
            outputs = _call(layer, args, kwargs, training)
        except Exception as error:
            # Whatever a user's code raises on tensors without numbers.
            reason = reason or error
            continue
        tensors = [x for x in tree.flatten(outputs) if isinstance(x, KerasTensor)]
        return Recording(_nodes(tensors), tensors, given)
    raise ValueError(
        f"'{layer.name}' ({type(layer).__name__}): its `call` could not be followed, so the layers "
        f"in it are not looked at: {type(reason).__name__}: {reason}"
    ) from reason


def _call(layer: Any, args: Any, kwargs: dict[str, Any], training: bool) -> Any:
    signature = layer.call_signature()
    kwargs = {name: value for name, value in kwargs.items() if name in signature.all_names}
    if signature.has_training:
        kwargs["training"] = training
    if signature.has_mask and "mask" not in kwargs and args:
        kwargs["mask"] = tree.map_structure(lambda x: getattr(x, "_keras_mask", None), args[0])
    outer = CALLS.entry, CALLS.training, CALLS.is_probe
    CALLS.entry, CALLS.training, CALLS.is_probe = layer, training, True
    try:
        # In a trace nothing is written to variables; the names of what is made do not matter.
        with trace_scope(TraceScope()):
            return layer.call(*args, **kwargs)
    finally:
        CALLS.entry, CALLS.training, CALLS.is_probe = outer


def _fresh(arguments: Arguments, size: int | None) -> tuple[Any, dict[str, Any], list[Any]]:
    """The arguments with KerasTensors of their own, and their leaves in order."""
    given: list[Any] = []

    def renew(x: Any) -> Any:
        if not isinstance(x, KerasTensor):
            given.append(None)
            return x
        made = _tensor(x, size)
        given.append(made)
        mask = x._keras_mask
        if isinstance(mask, KerasTensor):
            made._keras_mask = _tensor(mask, size)
        return made

    args, kwargs = arguments
    return (
        tree.map_structure(renew, args),
        {name: tree.map_structure(renew, value) for name, value in kwargs.items()},
        given,
    )


def _tensor(like: KerasTensor, size: int | None) -> KerasTensor:
    shape = tuple(size if dim is None else dim for dim in like.shape)
    made = KerasTensor(shape, like.dtype, name=like.name)
    Node(Given(), (), {}, made)
    return made


def _nodes(outputs: list[KerasTensor]) -> list[Node]:
    """The nodes that the outputs need, each after its parents."""
    order: list[Node] = []
    done: set[int] = set()
    stack: list[tuple[KerasTensor, Node | None]] = [(x, None) for x in reversed(outputs)]
    while stack:
        tensor, finished = stack.pop()
        if finished is not None:
            order.append(finished)
            continue
        history = tensor._keras_history
        if history is None:
            continue
        node = history.operation._inbound_nodes[history.node_index]
        if id(node) in done:
            continue
        done.add(id(node))
        stack.append((tensor, node))
        stack.extend((x, None) for x in reversed(node.input_tensors))
    return order
