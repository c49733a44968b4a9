"""Transposes between channels first and last are moved down until two of them cancel.

Convolutions and poolings work on channels last. A network with its channels first has a transpose
in front of each and another behind; what stands between two of them (bias, Batch Normalization,
activation, sums) is computed on channels last instead, and both are gone. Sums over several axes
are then taken in another order; all else is the same bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trimtab.ir.graph import Graph, Node, Value, constant_of, topological_order
from trimtab.passes.fold_constants import repeated, uniform_number
from trimtab.primitives.layout import reshape, transpose
from trimtab.primitives.reduction import broadcast_to

Axes = tuple[int, ...]


def moves_channels(axes: Axes) -> bool:
    """Whether a transpose takes the channels from last to first or back, the rest in order."""
    rank = len(axes)
    last, first = (0, rank - 1, *range(1, rank - 1)), (0, *range(2, rank), 1)
    return rank > 2 and axes in (last, first)


def has_channel_moves(graph: Graph) -> bool:
    """Whether there is a transpose of channels at all."""
    return any(_moved(node.outputs[0]) for node in topological_order(graph.results))


def sink_transposes(node: Node) -> Sequence[Value] | None:
    """The node before its operands' common transpose, and the transpose behind it."""
    axes = next((found for v in node.inputs if (found := _moved(v))), None)
    if axes is None:
        return None
    name = node.primitive.name
    rule = _elementwise if node.primitive.is_elementwise else _RULES.get(name)
    return None if rule is None else rule(node, axes)


def transposed_broadcast(node: Node) -> Sequence[Value] | None:
    """A transpose of repeated numbers as the transposed numbers, repeated."""
    if node.primitive.name != "transpose" or not moves_channels(node.attrs["axes"]):
        return None
    value = _broadcast_in_order(node.inputs[0], node.attrs["axes"])
    return None if value is None else (value,)


def _moved(value: Value) -> Axes | None:
    """The axes of the transpose that gave `value`, if it moved channels."""
    node = value.node
    if node.primitive.name != "transpose" or not moves_channels(node.attrs["axes"]):
        return None
    return node.attrs["axes"]  # type: ignore[no-any-return]


def _inverse(axes: Axes) -> Axes:
    return tuple(int(a) for a in np.argsort(axes))


def _before(value: Value, axes: Axes) -> Value | None:
    """What a transpose by `axes` makes `value` of, if that costs nothing."""
    if _moved(value) == axes:
        return value.node.inputs[0]
    return _broadcast_in_order(value, _inverse(axes))


def _broadcast_in_order(value: Value, order: Axes) -> Value | None:
    """`value` transposed by `order`, if it repeats fewer numbers."""
    shape = tuple(value.shape[a] for a in order)
    array = constant_of(value)
    number = None if array is None else uniform_number(array)
    if number is not None:
        return repeated(number, shape)
    if value.node.primitive.name != "broadcast_to":
        return None
    (x,) = value.node.inputs
    if x.size == value.size:
        return None
    full = (1,) * (len(shape) - len(x.shape)) + x.shape
    small = tuple(full[a] for a in order)
    kept = [a for a in order if full[a] != 1]
    if kept == sorted(kept):
        moved = reshape(x, shape=small)
    else:
        moved = transpose(reshape(x, shape=full), axes=order)
    return broadcast_to(moved, shape=shape)  # type: ignore[no-any-return]


def _all_before(values: Sequence[Value], axes: Axes) -> list[Value] | None:
    found = [_before(v, axes) for v in values]
    return None if any(v is None for v in found) else found  # type: ignore[return-value]


def _behind(value: Value, axes: Axes) -> Value:
    return transpose(value, axes=axes)  # type: ignore[no-any-return]


def _elementwise(node: Node, axes: Axes) -> Sequence[Value] | None:
    inputs = _all_before(node.inputs, axes)
    return None if inputs is None else (_behind(node.primitive(*inputs, **node.attrs), axes),)


def _normalization(node: Node, axes: Axes) -> Sequence[Value] | None:
    """`batch_norm` and its gradient: one or two operands of full shape, then numbers a channel."""
    full = 2 if node.primitive.name == "batch_norm_gradient" else 1
    inputs = _all_before(node.inputs[:full], axes)
    if inputs is None:
        return None
    attrs = {**node.attrs, "axis": axes[node.attrs["axis"]]}
    first, *rest = node.primitive(*inputs, *node.inputs[full:], **attrs)
    return (_behind(first, axes), *rest)


def _reduction(node: Node, axes: Axes) -> Sequence[Value] | None:
    reduced = node.attrs["axes"]
    kept = [a for i, a in enumerate(axes) if i not in reduced]
    if kept != sorted(kept):
        return None
    (x,) = node.inputs
    return (node.primitive(x.node.inputs[0], axes=tuple(sorted(axes[i] for i in reduced))),)


def _by_axis(node: Node, axes: Axes) -> Sequence[Value] | None:
    """`pad` and `slice`, whose attributes have a number for each axis."""
    back = _inverse(axes)
    attrs = {key: tuple(value[a] for a in back) for key, value in node.attrs.items()}
    return (_behind(node.primitive(node.inputs[0].node.inputs[0], **attrs), axes),)


def _concatenation(node: Node, axes: Axes) -> Sequence[Value] | None:
    inputs = _all_before(node.inputs, axes)
    if inputs is None:
        return None
    return (_behind(node.primitive(*inputs, axis=axes[node.attrs["axis"]]), axes),)


_RULES: dict[str, Callable[[Node, Axes], Any]] = {
    "batch_norm": _normalization,
    "batch_norm_gradient": _normalization,
    "reduce_sum": _reduction,
    "reduce_max": _reduction,
    "reduce_min": _reduction,
    "pad": _by_axis,
    "slice": _by_axis,
    "concatenate": _concatenation,
}
