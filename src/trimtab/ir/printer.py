"""A graph as text, for errors, tests and curiosity."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.ir.graph import Graph, Node, Value, constant_of, topological_order

# Elements up to which a constant is shown, not only its size.
_SHOWN = 6


def signature(node: Node) -> str:
    """One node with the specs of its operands, such as "add(float32[2], float32[2])"."""
    operands = [str(value.spec) for value in node.inputs]
    outputs = ", ".join(str(value.spec) for value in node.outputs)
    return f"{node.primitive.name}({', '.join(operands + _attrs(node))}) -> {outputs}"


def _attrs(node: Node) -> list[str]:
    return [f"{name}={_shown(value)}" for name, value in node.attrs.items() if name != "array"]


def _shown(attr: Any) -> str:
    return str(attr.__qualname__) if callable(attr) else repr(attr)


def _constant(array: np.ndarray[Any, Any]) -> str:
    spec = f"{array.dtype.name}{list(array.shape)}"
    if array.size and not any(array.strides):
        return f"{spec} of {array.flat[0]}"
    if array.size <= _SHOWN:
        return f"{spec} {array.tolist()}"
    return spec


def to_text(graph: Graph) -> str:
    """The graph, a line a node in the order of execution.

    Values are numbered in that order: `%0`, `%1`, ... Constants stand where they are used; a
    uniform one is shown as "float32[2, 3] of 1.0".

    Example:
        >>> from trimtab.ir.graph import Graph, placeholder
        >>> from trimtab.primitives import elementwise
        >>> x = placeholder((2,), "float32")
        >>> print(to_text(Graph((x,), (), (elementwise.tanh(x),), ())))
        input %0: float32[2]
        %1: float32[2] = tanh(%0)
        output %1
    """
    names: dict[int, str] = {}

    def name(value: Value) -> str:
        array = constant_of(value)
        if array is not None:
            return _constant(array)
        return names.setdefault(id(value), f"%{len(names)}")

    lines = [f"input {name(value)}: {value.spec}" for value in graph.inputs]
    lines += [f"state {name(value)}: {value.spec}" for value in graph.states]
    for node in topological_order(graph.results):
        if not node.inputs and node.primitive.name in ("constant", "placeholder"):
            continue
        operands = [name(value) for value in node.inputs]
        results = ", ".join(f"{name(value)}: {value.spec}" for value in node.outputs)
        call = ", ".join(operands + _attrs(node))
        lines.append(f"{results} = {node.primitive.name}({call})")
    lines += [f"output {name(value)}" for value in graph.outputs]
    lines += [f"update {name(graph.states[i])} <- {name(value)}" for i, value in graph.updates]
    return "\n".join(lines)
