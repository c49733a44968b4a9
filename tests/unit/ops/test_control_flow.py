import numpy as np
import pytest

from trimtab import Input, Model, ops
from trimtab.core.tracing import CompiledStep
from trimtab.core.variable import Variable
from trimtab.ir.tensor import KerasTensor

ONES = np.ones(2, "float32")


def test_a_known_condition_runs_one_branch():
    ran = []
    ops.cond(True, lambda: ran.append("true"), lambda: ran.append("false"))
    assert ran == ["true"]


def test_a_traced_condition_chooses_at_run_time():
    step = CompiledStep(lambda x: ops.cond(ops.sum(x) > 1, lambda: {"y": x}, lambda: {"y": -x}))
    np.testing.assert_array_equal(step(ONES)["y"], [1, 1])
    np.testing.assert_array_equal(step(-ONES)["y"], [1, 1])


def test_branches_under_a_traced_condition_must_be_alike():
    step = CompiledStep(lambda x: ops.cond(ops.sum(x) > 1, lambda: x, lambda: ops.sum(x)))
    with pytest.raises(ValueError, match=r"equal shapes and dtypes; got float32\[2\] and float32"):
        step(ONES)


def test_branches_under_a_traced_condition_must_nest_alike():
    step = CompiledStep(lambda x: ops.cond(ops.sum(x) > 1, lambda: (x, x), lambda: [x]))
    with pytest.raises(ValueError, match="branches must return the same structure"):
        step(ONES)


def test_a_branch_under_a_traced_condition_must_not_assign():
    total = Variable(np.zeros(2, "float32"))
    step = CompiledStep(lambda x: ops.cond(ops.sum(x) > 1, lambda: total.assign(x), lambda: x))
    with pytest.raises(ValueError, match="must not assign variables"):
        step(ONES)


def functional(function):
    """A functional model of a function of rows of two numbers, run on ONES above its negative."""
    inputs = Input((2,))
    model = Model(inputs, function(inputs))
    return np.asarray(model(np.stack([ONES, -ONES])))


def test_a_functional_model_chooses_a_branch_at_run_time():
    def function(x):
        return ops.cond(ops.sum(x) > 1, lambda: x * 2, lambda: x + 1)

    np.testing.assert_array_equal(functional(function), [[2, 2], [0, 0]])


def test_a_functional_model_switches_at_run_time():
    def function(x):
        place = ops.cast(ops.max(x), "int32")
        return ops.switch(place, [lambda v: v, lambda v: v * 2, lambda v: v * 3], x)

    np.testing.assert_array_equal(functional(function), [[2, 2], [-2, -2]])


def test_a_functional_model_loops_at_run_time():
    def function(x):
        return ops.while_loop(lambda v: ops.max(v) < 5, lambda v: v * 2, x, maximum_iterations=9)

    np.testing.assert_array_equal(functional(function), [[8, 8], [-8, -8]])


def test_a_condition_of_several_bools_is_refused_of_a_functional_model_too():
    with pytest.raises(ValueError, match="the condition must be one bool"):
        ops.cond(KerasTensor((None,), "bool"), lambda: 1, lambda: 2)


def test_a_loop_with_a_traced_condition_needs_a_bound():
    step = CompiledStep(lambda x: ops.while_loop(lambda v: ops.sum(v) < 9, lambda v: v * 2, x))
    with pytest.raises(ValueError, match="give `maximum_iterations`"):
        step(ONES)


def test_a_loop_with_a_traced_condition_stops_at_run_time():
    def function(x):
        return ops.while_loop(lambda v: ops.sum(v) < 9, lambda v: v * 2, x, maximum_iterations=10)

    np.testing.assert_array_equal(CompiledStep(function)(ONES), [8, 8])
    np.testing.assert_array_equal(CompiledStep(function)(9 * ONES), [9, 9])


def test_a_loop_stops_at_its_bound():
    state = ops.while_loop(lambda i, x: True, lambda i, x: (i + 1, x * 2), (0, 1), 3)
    assert [int(v) for v in state] == [3, 8]


def test_a_traced_bound_of_a_counted_loop_is_refused():
    step = CompiledStep(lambda n: ops.fori_loop(0, n, lambda i, v: v + i, 0))
    with pytest.raises(ValueError, match="`lower` and `upper` must be known"):
        step(np.array(3))


def test_scan_without_length_or_slices_is_refused():
    with pytest.raises(ValueError, match="give `xs` or `length`"):
        ops.scan(lambda c, x: (c, x), 0)


def test_scan_of_another_length_is_refused():
    with pytest.raises(ValueError, match="`length` must be the 2 slices"):
        ops.scan(lambda c, x: (c, x), 0, ONES, length=3)


def test_scan_counts_without_slices():
    state, outputs = ops.scan(lambda c, x: (c + 1, c), 0, length=3)
    assert int(state) == 3
    np.testing.assert_array_equal(outputs, [0, 1, 2])


def test_map_goes_through_structures():
    mapped = ops.map(lambda row: {"sum": row[0] + row[1]}, (ONES, 2 * ONES))
    np.testing.assert_array_equal(mapped["sum"], [3, 3])


def test_map_of_unequal_lengths_is_refused():
    with pytest.raises(ValueError, match="a first axis of one size"):
        ops.map(lambda row: row[0], (ONES, np.ones(3)))


def test_switch_needs_a_branch():
    with pytest.raises(ValueError, match="at least one branch"):
        ops.switch(0, [])


def test_a_traced_switch_moves_its_index_into_range():
    step = CompiledStep(lambda i, x: ops.switch(i, [ops.negative, ops.square], x))
    found = [step(np.array(i, "int32"), 3 * ONES)[0] for i in (-4, 0, 1, 7)]
    assert found == [-3, -3, 9, 9]
