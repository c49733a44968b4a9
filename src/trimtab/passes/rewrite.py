"""The walk that all rules share: each node is rebuilt on its rewritten inputs, rules first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trimtab.ir.graph import Graph, Node, Value, is_leaf, topological_order

# (node on rewritten inputs) -> the values that replace its outputs, None to keep the node.
Rule = Callable[[Node], Sequence[Value] | None]


def rewrite(
    graph: Graph, rules: Sequence[Rule], note: Callable[[Node, Node], None] | None = None
) -> Graph:
    """`graph` with every node replaced by what the first rule that knows it gives.

    `note(old, new)` is told of each node that is rebuilt. Nodes that no result needs any more are
    gone, since a graph is what its results reach.
    """
    mapped: dict[int, Value] = {}
    for node in topological_order(graph.results):
        if not is_leaf(node):
            inputs = tuple(mapped.get(id(v), v) for v in node.inputs)
            if any(new is not old for new, old in zip(inputs, node.inputs, strict=True)):
                rebuilt = Node(node.primitive, inputs, node.attrs, [v.spec for v in node.outputs])
                if note is not None:
                    note(node, rebuilt)
            else:
                rebuilt = node
        else:
            rebuilt = node
        outputs: Sequence[Value] = rebuilt.outputs
        for rule in rules:
            replaced = rule(rebuilt)
            if replaced is not None:
                outputs = replaced
                break
        for old, new in zip(node.outputs, outputs, strict=True):
            if new is not old:
                mapped[id(old)] = new
    return graph._replace(
        outputs=tuple(mapped.get(id(v), v) for v in graph.outputs),
        updates=tuple((index, mapped.get(id(v), v)) for index, v in graph.updates),
    )
