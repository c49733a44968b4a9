"""The rules that every graph must keep, checked after passes in tests."""

from __future__ import annotations

from trimtab.ir.graph import Graph, Node, Spec, Value, constant_of, is_leaf, topological_order
from trimtab.ir.printer import signature


def verify(graph: Graph) -> None:
    """Checks that a graph is legal, so that engines need not.

    Every node's outputs have the specs that its primitive infers from its inputs; every placeholder
    is among the inputs and states, each once; every update fits its state, which has one at most.

    Raises:
        ValueError: If a rule is broken; the message shows the node.
    """
    given = [*graph.inputs, *graph.states]
    known = {id(value) for value in given}
    if len(known) != len(given):
        raise ValueError("graph: inputs and states must be different placeholders; got one twice")
    for value in given:
        if value.node.primitive.name != "placeholder":
            raise ValueError(f"graph: inputs and states must be placeholders; got {value!r}")
    for node in topological_order(graph.results):
        _verify_node(node, known)
    _verify_updates(graph)


def _verify_node(node: Node, known: set[int]) -> None:
    for index, value in enumerate(node.outputs):
        if value.node is not node or value.index != index:
            raise ValueError(
                f"graph: output {index} must belong to its node; got {signature(node)}"
            )
    if is_leaf(node):
        value = node.outputs[0]
        array = constant_of(value)
        if array is None and id(value) not in known:
            raise ValueError(f"graph: a placeholder must be an input or a state; got {value!r}")
        if array is not None and Spec(array.shape, array.dtype.name) != value.spec:
            raise ValueError(f"graph: a constant must have its array's spec; got {signature(node)}")
        return
    inferred = node.primitive.infer(*[value.spec for value in node.inputs], **node.attrs)
    expected = tuple(inferred) if node.primitive.multiple else (inferred,)
    if expected != tuple(value.spec for value in node.outputs):
        listed = ", ".join(map(str, expected))
        raise ValueError(f"graph: outputs must be {listed}; got {signature(node)}")


def _verify_updates(graph: Graph) -> None:
    indices = [index for index, _ in graph.updates]
    if len(set(indices)) != len(indices):
        raise ValueError(f"graph: a state must have one update at most; got {sorted(indices)}")
    for index, value in graph.updates:
        if not 0 <= index < len(graph.states):
            raise ValueError(
                f"graph: an update must name one of {len(graph.states)} states; got {index}"
            )
        state: Value = graph.states[index]
        if state.spec != value.spec:
            raise ValueError(
                f"graph: the update of state {index} must be {state.spec}; got {value.spec}"
            )
