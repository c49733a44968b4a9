import numpy as np
import pytest

from trimtab import ops
from trimtab.core.tracing import CompiledStep
from trimtab.core.variable import Variable
from trimtab.ir.graph import placeholder

FLOAT16 = np.array([1.0, 2.0], "float16")


@pytest.mark.parametrize(
    ("x", "dtype"),
    [
        (1.5, "float32"),
        (2, "int32"),
        (True, "bool"),
        ([1.5, 2], "float32"),
        ([[1, 2]], "int32"),
        ([2**40], "int64"),
        (np.float64(1.5), "float64"),
        (np.array([1, 2], "uint8"), "uint8"),
        ([np.float64(1.5)], "float32"),
    ],
)
def test_numbers_take_the_type(x, dtype):
    assert ops.convert_to_tensor(x).dtype == dtype


@pytest.mark.parametrize("number", [2, 2.5, np.float64(2.5), np.int64(2)])
def test_a_number_promotes_no_float_tensor(number):
    assert ops.multiply(FLOAT16, number).dtype == "float16"


@pytest.mark.parametrize("other", [np.float32(2.5), np.array(2.5, "float32"), [2.5, 3.0]])
def test_a_typed_operand_promotes_a_smaller_tensor(other):
    assert ops.multiply(FLOAT16, other).dtype == "float32"


def test_an_int_beyond_the_tensors_type_is_refused():
    with pytest.raises(OverflowError, match="300"):
        ops.add(np.array([1], "uint8"), 300)


@pytest.mark.parametrize("x", ["text", [None], object(), [[1], [1, 2]], np.array(["a"])])
def test_what_is_no_number_is_refused(x):
    with pytest.raises(ValueError, match="cannot make a tensor"):
        ops.convert_to_tensor(x)


def test_a_missing_operand_is_named():
    with pytest.raises(ValueError, match="an argument is missing"):
        ops.add(None, 1.0)


def test_bytes_of_the_other_order_are_turned():
    x = np.array([1.0, 2.0], ">f4")
    np.testing.assert_array_equal(CompiledStep(lambda y: ops.add(y, x))(np.zeros(2, "f4")), [1, 2])


def test_a_tensor_does_not_follow_the_array_it_was_made_of():
    array = np.zeros(2)
    tensor = ops.convert_to_tensor(array)
    array[0] = 1
    np.testing.assert_array_equal(tensor, [0, 0])


def test_a_traced_step_does_not_follow_the_array_it_captured():
    array = np.zeros(2, "float32")
    step = CompiledStep(lambda x: ops.add(x, array))
    step(np.ones(2, "float32"))
    array[0] = 5
    np.testing.assert_array_equal(step(np.ones(2, "float32")), [1, 1])


def test_a_list_of_tensors_is_stacked():
    rows = [ops.ones(2), ops.zeros(2)]
    np.testing.assert_array_equal(ops.convert_to_tensor(rows), [[1, 1], [0, 0]])


def test_a_list_of_traced_tensors_is_stacked():
    step = CompiledStep(lambda x: ops.convert_to_tensor([[x[0], 2.0], [x[1], x[0]]]))
    np.testing.assert_array_equal(step(np.array([5, 7], "float32")), [[5, 2], [7, 5]])


def test_a_variable_is_read_as_a_tensor():
    variable = Variable(np.array([1.0, 2.0], "float32"))
    np.testing.assert_array_equal(ops.add(variable, [variable, variable]), [[2, 4], [2, 4]])


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"add: shapes \(2, 3\), \(4,\) cannot be broadcast"):
        ops.add(np.ones((2, 3)), np.ones(4))


@pytest.mark.parametrize("axis", [2, -3])
def test_an_axis_that_is_not_there_is_refused(axis):
    with pytest.raises(ValueError, match=r"sum: `axis` must lie in \[-2, 2\) for 2 axes"):
        ops.sum(np.ones((2, 3)), axis)


def test_an_axis_named_twice_is_refused():
    with pytest.raises(ValueError, match="names an axis twice"):
        ops.sum(np.ones((2, 3)), (0, -2))


def test_a_tensor_is_not_none():
    assert (ops.ones(2) == None) is False  # noqa: E711 - the operator is what is tested


def test_two_traced_operands_of_one_spec_make_one_node():
    x = placeholder((2,), "float32")
    assert ops.add(x, x).node.inputs == (x, x)


def test_the_package_lists_keras_names_only():
    assert {"dispatch", "np", "Any"}.isdisjoint(dir(ops))
