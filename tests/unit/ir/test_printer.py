import numpy as np

from trimtab.ir.graph import Graph, constant, placeholder
from trimtab.ir.printer import signature, to_text
from trimtab.primitives import elementwise, reduction
from trimtab.primitives.source import filled


def test_a_graph_is_printed_in_the_order_of_execution():
    x, total = placeholder((2, 3), "float32"), placeholder((), "float32")
    doubled = elementwise.multiply(x, filled((2, 3), 2.0, "float32"))
    summed = reduction.reduce_sum(doubled, axes=(0, 1))
    graph = Graph((x,), (total,), (summed,), ((0, elementwise.add(total, summed)),))
    assert to_text(graph).splitlines() == [
        "input %0: float32[2, 3]",
        "state %1: float32[]",
        "%2: float32[2, 3] = multiply(%0, float32[2, 3] of 2.0)",
        "%3: float32[] = reduce_sum(%2, axes=(0, 1))",
        "%4: float32[] = add(%1, %3)",
        "output %3",
        "update %1 <- %4",
    ]


def test_a_short_constant_is_shown_whole():
    graph = Graph((), (), (constant(np.array([1, 2], "int32")),), ())
    assert to_text(graph) == "output int32[2] [1, 2]"


def test_a_long_constant_is_shown_by_its_size():
    graph = Graph((), (), (constant(np.arange(100, dtype="int32")),), ())
    assert to_text(graph) == "output int32[100]"


def test_a_signature_shows_specs_and_attributes():
    x = placeholder((2, 3), "float32")
    node = reduction.argmax(x, axis=1).node
    assert signature(node) == "argmax(float32[2, 3], axis=1) -> int32[2]"
