"""What relu lets pass is read from its result, so that its operand can be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trimtab.ir.graph import Node, Value, constant_of
from trimtab.passes.fold_constants import uniform_number


def _is_zero(value: Value) -> bool:
    array = constant_of(value)
    return array is not None and uniform_number(array) == 0


def read_relu() -> Callable[[Node], Sequence[Value] | None]:
    """A rule that makes `x > 0` of `relu(x) > 0` where both are computed.

    They are equal for every x, NaN included. The gradient of relu asks for the former, and kept the
    operand beside the result in memory.
    """
    relus: dict[int, Value] = {}

    def rule(node: Node) -> Sequence[Value] | None:
        name = node.primitive.name
        if name not in ("maximum", "greater") or not _is_zero(node.inputs[1]):
            return None
        x = node.inputs[0]
        if name == "maximum":
            relus.setdefault(id(x), node.outputs[0])
            return None
        result = relus.get(id(x))
        if result is None:
            return None
        inputs = (result, node.inputs[1])
        return Node(node.primitive, inputs, node.attrs, [node.outputs[0].spec]).outputs

    return rule
