"""Passes and the CPU engine keep a graph's meaning: random graphs give the reference's numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab import engines
from trimtab.autodiff import gradients
from trimtab.ir.graph import PRIMITIVES, Graph, Value, constant, placeholder
from trimtab.ir.tensor import Array
from trimtab.ir.verify import verify
from trimtab.passes import optimize
from trimtab.primitives import elementwise, fused, indexing, layout, markers, reduction
from trimtab.primitives.source import filled

SHAPE = (4, 3)
NUMBERS = (0.0, -0.0, 1.0, -1.0, 2.0, np.inf, np.nan)


def back(x, **attrs):
    """A slice in the middle, with zeros around it."""
    inner = layout.slice_(x, start=(1, 0), stop=(4, 3), stride=(2, 1))
    return layout.pad(inner, low=(1, 0), high=(0, 0), interior=(1, 0))


def halves(a, b):
    both = layout.concatenate(a, b, axis=0)
    return layout.slice_(both, start=(2, 0), stop=(6, 3), stride=(1, 1))


def turned(x):
    moved = layout.transpose(x, axes=(1, 0))
    return layout.reshape(moved, shape=SHAPE)


def spread(primitive, axis):
    return lambda x: reduction.spread(primitive(x, axes=(axis,)), SHAPE, (axis,))


def rows(x):
    return indexing.gather(x, Array(np.array([3, 0, 0, 2], "int32")), axis=0)


def through(dtype):
    return lambda x: elementwise.cast(elementwise.cast(x, dtype=dtype), dtype=x.dtype)


# Operations from tensors of SHAPE to one. The first group rounds alike on every engine.
EXACT = [
    (elementwise.add, 2),
    (elementwise.subtract, 2),
    (elementwise.multiply, 2),
    (elementwise.divide, 2),
    (elementwise.maximum, 2),
    (elementwise.minimum, 2),
    (lambda a, b: elementwise.where(elementwise.less(a, b), a, b), 2),
    (lambda a, b: elementwise.cast(elementwise.equal(a, b), dtype=a.dtype), 2),
    (elementwise.negative, 1),
    (elementwise.abs, 1),
    (elementwise.sign, 1),
    (elementwise.floor, 1),
    (elementwise.square, 1),
    (elementwise.sqrt, 1),
    (spread(reduction.reduce_max, 0), 1),
    (spread(reduction.reduce_min, 1), 1),
    (lambda x: layout.flip(x, axes=(1,)), 1),
    (through("float64"), 1),
    (markers.stop_gradient, 1),
    (back, 1),
    (halves, 2),
    (turned, 1),
    (rows, 1),
]
ROUNDED = [
    (elementwise.exp, 1),
    (elementwise.tanh, 1),
    (elementwise.log1p, 1),
    (spread(reduction.reduce_sum, 0), 1),
    (lambda x: reduction.cumsum(x, axis=0, reverse=True), 1),
    (lambda x: fused.softmax(x, axis=1, is_log=False), 1),
    (lambda x: fused.softmax(x, axis=0, is_log=True), 1),
]


@st.composite
def graphs(draw, operations):
    """(graph of one or two inputs, arrays for them)."""
    inputs = [placeholder(SHAPE, "float32") for _ in range(draw(st.integers(1, 2)))]
    numbers = st.sampled_from(NUMBERS)
    made = [*inputs, *[filled(SHAPE, n, "float32") for n in draw(st.lists(numbers, max_size=2))]]
    made.append(Array(np.linspace(-2, 2, 12, dtype="float32").reshape(SHAPE)))
    for operation, arity in draw(st.lists(st.sampled_from(operations), min_size=1, max_size=10)):
        # Recent tensors are likelier, so that graphs are deep.
        places = [draw(st.integers(0, min(3, len(made) - 1))) for _ in range(arity)]
        made.append(operation(*[made[-1 - place] for place in places]))
    outputs = [made[-1], draw(st.sampled_from(made))]
    values = tuple(v if isinstance(v, Value) else constant(v.array) for v in outputs)
    seed = draw(st.integers(0, 9))
    arrays = [np.random.default_rng([seed, i]).normal(size=SHAPE) for i in range(len(inputs))]
    return Graph(tuple(inputs), (), values, ()), [a.astype("float32") for a in arrays]


def run(engine, graph, arrays):
    return engines.get(engine).compile(graph).run(arrays, [])


def assert_same_bits(actual, expected):
    """Equal numbers; NaN in the same places; zeros of the same sign."""
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(a, e)
        np.testing.assert_array_equal(np.signbit(a) & (a == 0), np.signbit(e) & (e == 0))


@given(graphs(EXACT + ROUNDED))
def test_optimized_graphs_give_the_same_bits(drawn):
    graph, arrays = drawn
    smaller = optimize(graph)
    verify(smaller)
    assert_same_bits(run("reference", smaller, arrays), run("reference", graph, arrays))


@given(graphs(EXACT))
def test_the_cpu_engine_gives_the_references_numbers(drawn):
    graph, arrays = drawn
    for a, e in zip(
        run("cpu", optimize(graph), arrays), run("reference", graph, arrays), strict=True
    ):
        np.testing.assert_array_equal(a, e)


@settings(max_examples=50)
@given(graphs([(elementwise.add, 2), (elementwise.multiply, 2), *ROUNDED, *EXACT[-7:]]))
def test_optimized_gradients_give_the_same_bits(drawn):
    graph, arrays = drawn
    total = reduction.reduce_sum(graph.outputs[0], axes=(0, 1))
    found = [g for g in gradients(total, graph.inputs) if isinstance(g, Value)]
    graph = graph._replace(outputs=tuple(found))
    smaller = optimize(graph)
    verify(smaller)
    assert_same_bits(run("reference", smaller, arrays), run("reference", graph, arrays))


SAMPLES = [
    pytest.param(PRIMITIVES[name], sample, id=f"{name}-{number}")
    for name in sorted(PRIMITIVES.keys() - {"constant", "placeholder"})
    for number, sample in enumerate(PRIMITIVES[name].samples())
]


@pytest.mark.parametrize(("primitive", "sample"), SAMPLES)
def test_a_primitive_of_constants_is_folded_to_its_value(primitive, sample):
    arrays = [np.asarray(a) for a in sample.inputs]
    made = primitive(*[constant(a) for a in arrays], **sample.attrs)
    outputs = made if primitive.multiple else (made,)
    graph = Graph((), (), outputs, ())
    smaller = optimize(graph)
    verify(smaller)
    assert_same_bits(run("reference", smaller, []), run("reference", graph, []))
