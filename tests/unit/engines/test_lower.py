"""Lowering: chains become one step, updates happen in place, unknown types go to NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab import ops
from trimtab.core.tracing import CompiledStep, trace
from trimtab.core.variable import Variable
from trimtab.engines.cpu.elementwise import collapse
from trimtab.engines.cpu.engine import _OPCODES
from trimtab.engines.cpu.lower import lower
from trimtab.engines.cpu.structure import structure
from trimtab.ir.graph import Spec
from trimtab.passes import optimize


def _plan(function, *specs):
    return lower(optimize(trace(function, [Spec(*s) for s in specs]).graph), _OPCODES)


def _kernels(plan):
    return [step[0] for step in plan.steps]


def test_a_chain_of_elementwise_ops_is_one_step():
    plan = _plan(lambda x: ops.tanh(x * 2.0 + 1.0) * x, ((8, 4), "float32"))
    assert _kernels(plan) == ["elementwise"]


def test_a_bias_is_part_of_the_product():
    plan = _plan(
        lambda x, w, b: ops.matmul(x, w) + b,
        ((8, 4), "float32"),
        ((4, 2), "float32"),
        ((2,), "float32"),
    )
    assert _kernels(plan) == ["matmul"]


def test_a_product_used_twice_keeps_its_bias_apart():
    def function(x, w, b):
        product = ops.matmul(x, w)
        return product + b, product

    plan = _plan(function, ((8, 4), "float32"), ((4, 2), "float32"), ((2,), "float32"))
    assert _kernels(plan) == ["matmul", "elementwise"]


def test_a_decaying_mean_is_updated_in_place():
    mean = Variable(np.zeros(4, "float32"))

    def function(x):
        mean.assign(mean * 0.9 + ops.mean(x, axis=0) * 0.1)
        return ops.sum(x)

    plan = _plan(function, ((8, 4), "float32"))
    assert "copy" not in _kernels(plan)
    assert plan.arena_bytes <= 64 * 2


def test_an_update_whose_old_value_is_broadcast_elsewhere_goes_through_a_copy():
    row = Variable(np.ones((1, 3), "float32"))

    def function(x):
        result = ops.sum(x * row.value, axis=0, keepdims=True)
        row.assign(result)
        return x + row.value

    x = np.arange(6, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(CompiledStep(function)(x), x + x.sum(0))


def test_float16_runs_on_numpy():
    plan = _plan(lambda x: x * 2.0, ((3,), "float16"))
    assert _kernels(plan) == ["host"]


def test_float16_gives_numpys_result():
    x = np.array([0.1, 3000.0], "float16")
    np.testing.assert_array_equal(CompiledStep(lambda x: x * 2.0)(x), x * np.float16(2))


def test_two_graphs_of_one_structure_share_their_key():
    def model():
        weight = Variable(np.ones(3, "float32"))
        return lambda x: x * weight + 1.0

    a, b = (trace(model(), [Spec((2, 3), "float32")]).graph for _ in range(2))
    assert structure(a) == structure(b)


@pytest.mark.parametrize(
    "other",
    [
        lambda x: x * 2.0 + 2.0,
        lambda x: (x + 1.0) * 2.0,
        lambda x: x - 1.0,
        lambda x: (x * 2.0 + 1.0)[:1],
    ],
)
def test_graphs_that_differ_have_other_keys(other):
    spec = [Spec((2, 3), "float32")]
    one = trace(lambda x: x * 2.0 + 1.0, spec).graph
    assert structure(one) != structure(trace(other, spec).graph)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_broadcasting_in_any_axes_agrees_with_numpy(shape, data):
    kept = data.draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    small = tuple(d if k else 1 for d, k in zip(shape, kept, strict=True))
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    y = np.random.default_rng(1).normal(size=small).astype("float32")
    got = CompiledStep(lambda a, b: ops.tanh(a) * b - 1.0)(x, y)
    np.testing.assert_allclose(got, np.tanh(x) * y - 1, rtol=1e-5, atol=1e-6)


def test_neighbouring_axes_walked_alike_are_one():
    assert collapse((2, 3, 4), [(12, 4, 1), (0, 0, 0)]) == ([24], [[1], [0]])


def test_axes_walked_differently_stay_apart():
    assert collapse((2, 3), [(3, 1), (0, 1)]) == ([2, 3], [[3, 1], [0, 1]])


def test_a_broadcast_read_by_a_product_is_given_memory():
    def function(x, row):
        scaled = ops.tanh(row)
        return ops.matmul(x, ops.broadcast_to(scaled, (3, 2)))

    x, row = np.ones((4, 3), "float32"), np.array([[0.5, -1.0]], "float32")
    expected = np.broadcast_to(3 * np.tanh(row), (4, 2))
    np.testing.assert_allclose(CompiledStep(function)(x, row), expected, rtol=1e-6)
