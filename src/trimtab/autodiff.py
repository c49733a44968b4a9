"""Reverse-mode differentiation, graph to graph."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from trimtab import dtypes
from trimtab.ir.graph import Node, Value
from trimtab.ir.tensor import Tensor
from trimtab.primitives import elementwise
from trimtab.primitives.source import filled_like

_BY_NUMBER = operator.attrgetter("number")


def _path(output: Value, wrt: Sequence[Value]) -> list[Node]:
    """The nodes through which `wrt` reaches `output`, each after its inputs."""
    found = {output.node}
    stack = [output.node]
    while stack:
        for value in stack.pop().inputs:
            node = value.node
            if node not in found:
                found.add(node)
                stack.append(node)
    reached = {value.node for value in wrt}
    path = []
    # A node's inputs were made before it: numbers are a topological order.
    for node in sorted(found, key=_BY_NUMBER):
        for value in node.inputs:
            if value.node in reached:
                reached.add(node)
                path.append(node)
                break
    return path


def gradients(
    output: Tensor, wrt: Sequence[Value], cotangent: Tensor | None = None
) -> list[Tensor | None]:
    """Cotangents of `wrt` for a cotangent of `output`.

    Args:
        output: The value differentiated, usually a scalar loss.
        wrt: The values to differentiate with respect to.
        cotangent: Cotangent of `output`, of its shape; ones if None.

    Returns:
        One tensor per value in `wrt`, of its shape; None where `output` does not depend on it.

    Raises:
        ValueError: If `output` is not of a floating type, or a primitive on the way has
            no gradient.
    """
    if not dtypes.is_float(output.dtype):
        raise ValueError(f"gradients: the output must be floating; got {output.dtype}")
    if not isinstance(output, Value):
        return [None] * len(wrt)
    path = _path(output, wrt)
    reached = {value.node for value in wrt}.union(path)
    cotangents: dict[int, Tensor] = {
        id(output): filled_like(output, 1) if cotangent is None else cotangent
    }
    for node in reversed(path):
        incoming = [cotangents.get(id(v)) for v in node.outputs]
        if all(g is None for g in incoming):
            continue
        for value, g in zip(node.inputs, _pull_back(node, incoming), strict=True):
            if g is None or value.node not in reached:
                continue
            known = cotangents.get(id(value))
            cotangents[id(value)] = g if known is None else elementwise.add(known, g)
    return [cotangents.get(id(v)) for v in wrt]


def _pull_back(node: Node, incoming: list[Tensor | None]) -> Sequence[Any]:
    vjp = node.primitive.vjp
    if vjp is None:
        if all(not dtypes.is_float(v.dtype) for v in node.outputs):
            return (None,) * len(node.inputs)
        raise ValueError(f"gradients: primitive {node.primitive.name} has no gradient")
    if node.primitive.multiple:
        result = vjp(tuple(incoming), node.outputs, *node.inputs, **node.attrs)
    else:
        result = vjp(incoming[0], node.outputs[0], *node.inputs, **node.attrs)
    return result  # type: ignore[no-any-return]
