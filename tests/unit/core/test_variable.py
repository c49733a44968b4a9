"""Variables: in-place memory whose views never change under their holder."""

import copy
import pickle

import numpy as np
import pytest

from trimtab import ops
from trimtab.core.tracing import CompiledStep
from trimtab.core.variable import Variable


def _increment(variable):
    def step(x):
        variable.assign_add(ops.sum(x))
        return variable.value

    return CompiledStep(step)


def test_numpy_gives_the_memory_itself():
    variable = Variable(np.arange(3, dtype="float32"))
    assert variable.numpy().base is variable.numpy().base


def test_numpy_is_read_only():
    with pytest.raises(ValueError, match="read-only"):
        Variable(np.zeros(2)).numpy()[0] = 1


def test_a_held_array_keeps_its_numbers_when_the_engine_writes():
    variable = Variable(np.float32(1.0))
    before = variable.numpy()
    _increment(variable)(np.ones(2, "float32"))
    assert (float(before), float(variable)) == (1.0, 3.0)


def test_a_slice_of_a_held_array_keeps_its_numbers_too():
    variable = Variable(np.zeros(4, "float32"))
    piece = variable.numpy()[1:3]
    variable.assign(np.ones(4, "float32"))
    np.testing.assert_array_equal(piece, [0, 0])


def test_memory_stays_where_it_is_while_nobody_looks():
    variable = Variable(np.float32(1.0))
    address = variable.address
    _increment(variable)(np.ones(2, "float32"))
    assert variable.address == address


def test_memory_starts_on_a_cache_line():
    assert all(Variable(np.zeros(n, "float32")).address % 64 == 0 for n in range(1, 9))


def test_assign_of_another_shape_names_the_variable_and_changes_nothing():
    variable = Variable(np.zeros(2, "float32"), name="kernel")
    with pytest.raises(
        ValueError, match=r"kernel: the new value must have the variable's shape \(2,\); got \(3,\)"
    ):
        variable.assign(np.ones(3))
    np.testing.assert_array_equal(variable.numpy(), [0, 0])


def test_assign_converts_to_the_variables_type():
    variable = Variable(np.zeros(2, "float32"))
    variable.assign(np.array([1, 2], "int64"))
    assert variable.numpy().dtype == np.float32


def test_an_open_shape_is_refused():
    with pytest.raises(ValueError, match="fully-defined"):
        Variable(lambda shape, dtype: np.zeros(shape, dtype), shape=(None, 2))


def test_a_name_with_a_slash_is_refused():
    with pytest.raises(ValueError, match="without '/'"):
        Variable(0.0, name="a/b")


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_have_memory_of_their_own(clone):
    variable = Variable(np.float32(1.0), name="rate")
    other = clone(variable)
    other.assign(2.0)
    assert (float(variable), float(other), other.name) == (1.0, 2.0, "rate")


def test_operators_take_variables_on_either_side():
    variable = Variable(np.array([1.0, 2.0], "float32"))
    np.testing.assert_array_equal(np.asarray(2.0 * variable - variable / 2.0), [1.5, 3.0])


def test_numpy_arrays_leave_operators_to_the_variable():
    variable = Variable(np.array([1.0, 2.0], "float32"))
    np.testing.assert_array_equal(np.asarray(np.array([1.0, 1.0], "float32") + variable), [2, 3])
