"""Common subexpressions: nodes that compute the same are one node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trimtab.ir.graph import Node, Value
from trimtab.passes.fold_constants import uniform_number

# Bytes up to which equal constants are recognised by content.
_LARGEST = 256


def _key(node: Node) -> Any:
    if node.primitive.name == "constant":
        array = node.attrs["array"]
        number = uniform_number(array)
        if number is not None:
            return ("uniform", number.tobytes(), array.shape, array.dtype.char)
        if array.nbytes <= _LARGEST:
            return ("constant", array.tobytes(), array.shape, array.dtype.char)
        return None
    if node.primitive.name == "placeholder":
        return None
    return (node.primitive.name, *map(id, node.inputs), *node.attrs.items())


def share_common() -> Callable[[Node], Sequence[Value] | None]:
    """A rule that remembers the nodes of one graph and gives an equal one's outputs."""
    seen: dict[Any, Node] = {}

    def rule(node: Node) -> Sequence[Value] | None:
        key = _key(node)
        if key is None:
            return None
        try:
            first = seen.setdefault(key, node)
        except TypeError:  # an attribute that cannot be hashed, such as a list: left as it is
            return None
        return None if first is node else first.outputs

    return rule
