"""Which axis of each tensor in a call graph holds the channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.batchnorm import layer_kinds
from trimtab.batchnorm.call_graph import CallGraph, CallNode

Axes = dict[CallNode, int | None]

# Kinds whose output has its channels where the input has them.
_PASSING = frozenset(
    {"activation", "dropout", "noise", "identity", "batch_norm", "norm", "masking", "rescale"}
    | {"padding", "resize", "op"}
)


def channel_axes(graph: CallGraph) -> Axes:
    """The channels' axis of each call's first output, counted from 0; None where it is not known.

    A layer with a `data_format` says where it puts the channels; Dense and Embedding put them last;
    activations and their like leave them; Permute moves them. Of rows (two axes) it is axis 1. Of
    an Input of images nothing is known.
    """
    axes: Axes = {}
    for node in graph.nodes:
        axes[node] = _axis(node, axes)
    return axes


def _axis(node: CallNode, axes: Axes) -> int | None:
    if not node.outputs:
        return None
    rank = len(node.output_shape)
    if rank == 2:
        return 1
    kind = node.kind
    if kind in _PASSING:
        return _passed(node, axes)
    rule = _RULES.get(kind)
    return None if rule is None else rule(node, axes, rank)


def _passed(node: CallNode, axes: Axes) -> int | None:
    producers = node.producers
    if len(producers) != 1 or len(node.input_shape) != len(node.output_shape):
        return None
    if node.kind == "op" and node.input_shape != node.output_shape:
        return None
    return axes.get(producers[0])


def _by_data_format(node: CallNode, axes: Axes, rank: int) -> int | None:
    data_format = getattr(node.operation, "data_format", None)
    if data_format is None:
        known = layer_kinds.known_class(node.operation) if node.is_layer else None
        return rank - 1 if known == "Dense" else None
    return 1 if data_format == "channels_first" else rank - 1


def _last(node: CallNode, axes: Axes, rank: int) -> int | None:
    return rank - 1


def _joined(node: CallNode, axes: Axes, rank: int) -> int | None:
    """Where the inputs that are known, and have all axes, agree."""
    known = {
        axes.get(x.node)
        for x in node.inputs
        if len(x.shape) == rank and axes.get(x.node) is not None
    }
    return known.pop() if len(known) == 1 else None


def _reshaped(node: CallNode, axes: Axes, rank: int) -> int | None:
    before = axes.get(node.producers[0]) if node.producers else None
    if before is None:
        return None
    order = _order(node)
    if order is not None:
        return order.index(before)
    shape = node.input_shape
    is_last = before == len(shape) - 1 and shape[-1] is not None
    return rank - 1 if is_last and shape[-1] == node.output_shape[-1] else None


def _order(node: CallNode) -> list[int] | None:
    """For a permutation the old axis of each new one."""
    operation: Any = node.operation
    if node.is_layer:
        dims = getattr(operation, "dims", None)
        return None if dims is None else [0, *(int(d) for d in dims)]
    if operation.function.__name__ != "transpose":
        return None
    given = operation.config.get("axes")
    rank = len(node.input_shape)
    return list(range(rank))[::-1] if given is None else [int(a) % rank for a in given]


_RULES: dict[str, Callable[[CallNode, Axes, int], int | None]] = {
    "linear": _by_data_format,
    "depthwise": _by_data_format,
    "max_pool": _by_data_format,
    "average_pool": _by_data_format,
    "embedding": _last,
    "add": _joined,
    "concatenate": _joined,
    "merge": _joined,
    "reshape": _reshaped,
}
