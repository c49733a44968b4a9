"""Algebraic identities that hold bit for bit for every input, NaN and infinity included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trimtab.ir.graph import Node, Value, constant_of
from trimtab.passes.fold_constants import uniform_number


def _number(value: Value) -> Any:
    array = constant_of(value)
    return None if array is None else uniform_number(array)


def _one(node: Node) -> Sequence[Value] | None:
    a, b = node.inputs
    if _number(b) == 1:
        return (a,)
    return (b,) if _number(a) == 1 else None


def _divide(node: Node) -> Sequence[Value] | None:
    return (node.inputs[0],) if _number(node.inputs[1]) == 1 else None


def _subtract(node: Node) -> Sequence[Value] | None:
    # x - 0 is x for every x; x + 0 is not: it turns -0 into 0.
    return (node.inputs[0],) if _number(node.inputs[1]) == 0 else None


def _negative(node: Node) -> Sequence[Value] | None:
    inner = node.inputs[0].node
    return inner.inputs if inner.primitive.name == "negative" else None


def _same(node: Node) -> Sequence[Value] | None:
    return node.inputs if node.inputs[0].spec == node.outputs[0].spec else None


def _reshape(node: Node) -> Sequence[Value] | None:
    x = node.inputs[0]
    if x.spec == node.outputs[0].spec:
        return (x,)
    if x.node.primitive.name == "reshape":
        source = x.node.inputs[0]
        if source.spec == node.outputs[0].spec:
            return (source,)
        return Node(node.primitive, (source,), node.attrs, [node.outputs[0].spec]).outputs
    return None


def _transpose(node: Node) -> Sequence[Value] | None:
    axes = node.attrs["axes"]
    if axes == tuple(range(len(axes))):
        return node.inputs
    inner = node.inputs[0].node
    if inner.primitive.name == "transpose" and tuple(inner.attrs["axes"][a] for a in axes) == tuple(
        range(len(axes))
    ):
        return inner.inputs
    return None


def _where(node: Node) -> Sequence[Value] | None:
    condition = _number(node.inputs[0])
    return None if condition is None else (node.inputs[1 if condition else 2],)


def _stop_gradient(node: Node) -> Sequence[Value] | None:
    return node.inputs


_RULES: dict[str, Callable[[Node], Sequence[Value] | None]] = {
    "multiply": _one,
    "divide": _divide,
    "subtract": _subtract,
    "negative": _negative,
    "cast": _same,
    "broadcast_to": _same,
    "reshape": _reshape,
    "transpose": _transpose,
    "where": _where,
    "stop_gradient": _stop_gradient,
}


def simplify(node: Node) -> Sequence[Value] | None:
    """What the node's outputs are by an identity, None if no identity applies."""
    rule = _RULES.get(node.primitive.name)
    return None if rule is None else rule(node)
