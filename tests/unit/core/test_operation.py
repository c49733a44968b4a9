import numpy as np
import pytest

import trimtab
from trimtab import layers, ops
from trimtab.core.operation import Operation
from trimtab.core.recording import class_label


def test_an_op_on_a_keras_tensor_is_recorded_under_its_name():
    trimtab.utils.clear_session()
    x = trimtab.Input((4,))
    history = ops.leaky_relu(x, 0.1)._keras_history
    assert (history.operation.name, history.node_index, history.tensor_index) == (
        "leaky_relu",
        0,
        0,
    )
    assert history.operation.config == {"negative_slope": 0.1}


def test_operators_are_recorded_as_ops():
    trimtab.utils.clear_session()
    x = trimtab.Input((4,))
    names = [y._keras_history.operation.name for y in (x + 1, 2 * x, x[:, 0], -x, x > 0)]
    assert names == ["add", "multiply", "get_item", "negative", "greater"]


def test_shapes_of_ops_keep_open_sizes_open():
    x = trimtab.Input((None, 6))
    assert ops.reshape(x, (-1, 3)).shape == (None, 3)
    assert ops.sum(x, axis=-1).shape == (None, None)
    assert ops.concatenate([x, x], axis=-1).shape == (None, None, 12)


def test_types_of_ops_are_those_of_numbers():
    x = trimtab.Input((4,))
    assert (ops.argmax(x, axis=-1).dtype, (x > 0).dtype, ops.cast(x, "float16").dtype) == (
        "int32",
        "bool",
        "float16",
    )


def test_each_use_of_a_layer_is_a_node():
    dense = layers.Dense(4)
    first, second = dense(trimtab.Input((4,))), dense(trimtab.Input((4,)))
    assert (first._keras_history.node_index, second._keras_history.node_index) == (0, 1)
    assert dense.output is first


def test_an_unused_operation_has_no_output():
    with pytest.raises(AttributeError, match="has no output yet"):
        _ = layers.Dense(3).output


def test_an_operation_of_ones_own_runs_on_numbers_and_tensors():
    class Twice(Operation):
        def call(self, x):
            return x * 2

    assert Twice()(trimtab.Input((3,))).shape == (None, 3)
    np.testing.assert_array_equal(Twice()(ops.ones(2)), [2, 2])


def test_an_op_that_does_not_fit_is_refused_when_the_model_is_made():
    with pytest.raises(ValueError, match="matmul"):
        ops.matmul(trimtab.Input((4,)), ops.ones((3, 2)))


@pytest.mark.parametrize(
    ("name", "label"),
    [("add", "Add"), ("one_hot", "OneHot"), ("get_item", "GetItem"), ("isin", "IsIn")],
)
def test_ops_have_the_class_names_of_keras(name, label):
    assert class_label(name) == label


def test_a_function_of_tensors_runs_on_numbers():
    x = trimtab.Input((2,))
    function = trimtab.Function(x, {"a": x + 1.0, "b": x * 2.0})
    outputs = function(ops.ones((1, 2)))
    np.testing.assert_array_equal(outputs["b"], [[2, 2]])


def test_a_function_needs_keras_tensors():
    with pytest.raises(ValueError, match="`outputs` must be KerasTensors"):
        trimtab.Function(trimtab.Input((2,)), [3.0])


def test_deep_models_need_no_deep_stack():
    x = inputs = trimtab.Input((2,))
    for _ in range(1500):
        x = x + 1.0
    model = trimtab.Model(inputs, x)
    np.testing.assert_array_equal(model.call(ops.zeros((1, 2))), [[1500, 1500]])
