"""Rounded values lie in memory as bfloat16 between convolutions, and in float32 elsewhere."""

import pytest

import trimtab
from trimtab import ops
from trimtab.core.tracing import trace
from trimtab.ir.graph import Spec, topological_order
from trimtab.passes import narrow_bfloat16, optimize, widen_bfloat16

pytest.importorskip("ml_dtypes")

IMAGE = (2, 8, 8, 16)
KERNEL = (3, 3, 16, 16)


def _half(x):
    return ops.cast(x, "bfloat16")


def _graph(function):
    trimtab.dtype_policies.get("mixed_bfloat16")
    specs = [Spec(IMAGE, "float32"), Spec(KERNEL, "float32")]
    wide = widen_bfloat16(trace(function, specs).graph)
    return narrow_bfloat16(optimize(wide))


def _nodes(graph, name):
    return [n for n in topological_order(graph.results) if n.primitive.name == name]


def _convolutions(x, kernel):
    y = ops.relu(ops.conv(_half(x), _half(kernel), padding="same"))
    return ops.cast(ops.conv(y, _half(kernel), padding="same"), "float32")


def test_convolutions_read_what_is_kept_as_bfloat16():
    graph = _graph(_convolutions)
    for node in _nodes(graph, "convolution"):
        for value in node.inputs:
            assert value.node.primitive.name == "cast"
            assert value.node.inputs[0].dtype == "bfloat16"
    assert not _nodes(graph, "round_bfloat16")


def test_arithmetic_stays_in_float32():
    graph = _graph(_convolutions)
    halves = [
        n for n in topological_order(graph.results) if any(v.dtype == "bfloat16" for v in n.outputs)
    ]
    assert {n.primitive.name for n in halves} == {"cast"}


def test_what_moves_elements_moves_bfloat16():
    def function(x, kernel):
        y = ops.conv(_half(x), _half(kernel), padding="same")
        return ops.conv(ops.pad(y, ((0, 0), (1, 1), (1, 1), (0, 0))), _half(kernel))

    (pad,) = _nodes(_graph(function), "pad")
    assert pad.outputs[0].dtype == "bfloat16"


def test_a_graph_without_convolutions_is_left_alone():
    trimtab.dtype_policies.get("mixed_bfloat16")
    graph = optimize(
        widen_bfloat16(trace(lambda x: ops.relu(_half(x) * 2), [Spec(IMAGE, "float32")]).graph)
    )
    assert narrow_bfloat16(graph) is graph
