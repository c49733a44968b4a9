"""What makes two graphs the same to the planner."""

from __future__ import annotations

from trimtab.ir.graph import Graph, constant_of, topological_order
from trimtab.passes.fold_constants import uniform_number

# Bytes up to which a constant's content is part of the key; a graph with a larger one is not
# shared.
_LARGEST = 4096


def structure(graph: Graph) -> object | None:
    """A key equal for graphs that differ only in which variables they work on.

    None if there is none.
    """
    number: dict[int, int] = {}
    parts: list[object] = []
    for value in (*graph.inputs, *graph.states):
        number[id(value)] = len(number)
        parts.append(value.spec)
    for node in topological_order(graph.results):
        if id(node.outputs[0]) in number:
            continue
        array = constant_of(node.outputs[0])
        if array is not None:
            single = uniform_number(array)
            if single is None and array.nbytes > _LARGEST:
                return None
            content = (array if single is None else single).tobytes()
            parts.append((content, array.shape, array.dtype.char, single is None))
        else:
            inputs = tuple([number[id(v)] for v in node.inputs])
            parts.append((node.primitive.name, inputs, *node.attrs.items()))
        for value in node.outputs:
            number[id(value)] = len(number)
    parts.append(len(graph.inputs))
    parts.append(tuple([number[id(v)] for v in graph.outputs]))
    parts.append(tuple([(index, number[id(v)]) for index, v in graph.updates]))
    key = tuple(parts)
    try:
        hash(key)
    except TypeError:  # an attribute that cannot be hashed, such as a list
        return None
    return key
