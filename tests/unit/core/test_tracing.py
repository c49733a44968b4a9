"""Traces: what a function reads and writes becomes a graph; the compiled step does the same."""

import threading

import numpy as np
import pytest

from trimtab import autodiff, ops
from trimtab.core.tracing import CompiledStep, trace
from trimtab.core.variable import Variable
from trimtab.ir.graph import Spec

VECTOR = [Spec((2,), "float32")]


@pytest.fixture
def ones():
    return np.ones(2, "float32")


def test_tracing_leaves_variables_unchanged():
    variable = Variable(np.float32(1.0))
    trace(lambda x: variable.assign_add(ops.sum(x)), VECTOR)
    assert float(variable) == 1.0


def test_a_variable_read_after_its_assignment_has_the_new_value(ones):
    variable = Variable(np.float32(1.0))

    def step(x):
        variable.assign(ops.sum(x) * 10.0)
        return variable + 1.0

    assert float(CompiledStep(step)(ones)) == 21.0


def test_two_variables_can_swap_their_contents(ones):
    a, b = Variable(np.array([1.0, 2.0], "float32")), Variable(np.array([3.0, 4.0], "float32"))

    def step(x):
        old = a.value
        a.assign(b.value)
        b.assign(old)
        return ops.sum(x)

    CompiledStep(step)(ones)
    np.testing.assert_array_equal([a.numpy(), b.numpy()], [[3, 4], [1, 2]])


def test_an_old_value_returned_is_the_value_before_the_update(ones):
    variable = Variable(np.float32(1.0))

    def step(x):
        old = variable.value
        variable.assign_add(ops.sum(x))
        return old

    step = CompiledStep(step)
    assert [float(step(ones)), float(step(ones))] == [1.0, 3.0]


def test_an_old_value_used_after_its_update_is_the_value_before_the_update(ones):
    weights = Variable(np.array([[1.0, 2.0], [3.0, 4.0]], "float32"))

    def step(x):
        old = weights.value
        weights.assign(old * 2.0)
        return ops.matmul(ops.reshape(x, (1, 2)), ops.matmul(old, weights.value))

    result = CompiledStep(step)(ones)
    before = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(result, np.ones((1, 2)) @ before @ (2 * before))


def test_one_value_assigned_to_two_variables_reaches_both(ones):
    a, b = Variable(np.float32(0)), Variable(np.float32(0))

    def step(x):
        total = ops.sum(x)
        a.assign(total)
        b.assign(total)
        return total

    result = CompiledStep(step)(ones)
    assert [float(result), float(a), float(b)] == [2.0, 2.0, 2.0]


def test_the_structure_of_the_result_is_kept(ones):
    result = CompiledStep(lambda x: {"a": x, "b": [x * 2.0, None]})(ones)
    assert result["b"][1] is None
    np.testing.assert_array_equal(result["b"][0], [2, 2])


def test_an_input_returned_as_it_is_is_copied(ones):
    result = CompiledStep(lambda x: x)(ones)
    ones[:] = 5
    np.testing.assert_array_equal(result, [1, 1])


def test_each_shape_is_traced_once():
    shapes = []

    def step(x):
        shapes.append(x.shape)
        return x + 1.0

    step = CompiledStep(step)
    for n in (2, 3, 2, 3):
        step(np.zeros(n, "float32"))
    assert shapes == [(2,), (3,)]


def test_numpy_on_a_traced_tensor_is_refused_with_the_way_out():
    with pytest.raises(TypeError, match=r"Use trimtab\.ops instead of NumPy"):
        trace(lambda x: np.tanh(np.asarray(x)), VECTOR)


def test_a_trace_belongs_to_its_thread(ones):
    variable = Variable(np.float32(0))
    seen = []

    def step(x):
        thread = threading.Thread(target=lambda: seen.append(float(variable)))
        thread.start()
        thread.join()
        variable.assign_add(1.0)
        return x

    CompiledStep(step)(ones)
    assert seen == [0.0]


def test_run_batches_gathers_rows_in_the_given_order():
    total = Variable(np.zeros(3, "float32"))
    seen = Variable(np.float32(0))

    def step(x):
        seen.assign_add(1.0)
        total.assign(total * 10.0 + ops.sum(x, axis=0))
        return x

    rows = np.arange(12, dtype="int64").reshape(4, 3)
    order = np.array([3, 0, 1, 2])
    result = np.zeros((4, 3), "float32")
    done = CompiledStep(step).run_batches(
        [rows], ["float32"], 2, order=order, results=[result], count=2
    )
    assert (done, float(seen)) == (2, 2.0)
    np.testing.assert_array_equal(result, rows[order])
    np.testing.assert_array_equal(total.numpy(), (rows[3] + rows[0]) * 10 + rows[1] + rows[2])


def test_gradients_of_a_value_used_twice_add_up():
    def step(x):
        return autodiff.gradients(ops.sum(x * x * x), [x])

    np.testing.assert_allclose(
        CompiledStep(step)(np.array([1, 2], "float32"))[0], [3, 12], rtol=1e-6
    )


def test_a_value_without_influence_has_no_gradient():
    def step(x, y):
        return autodiff.gradients(ops.sum(x), [x, y])

    one = np.ones(2, "float32")
    assert CompiledStep(step)(one, one)[1] is None
