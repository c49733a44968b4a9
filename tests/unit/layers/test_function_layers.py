import numpy as np
import pytest

import trimtab
from trimtab import layers, ops
from trimtab.core import settings
from trimtab.core.config import deserialize_keras_object

X = np.array([[1.0, -2.0]], "float32")


def doubled(x, by=2.0):
    return x * by


def test_a_lambda_runs_its_function_with_its_arguments():
    layer = layers.Lambda(doubled, arguments={"by": 3.0})
    np.testing.assert_array_equal(layer(X), [[3.0, -6.0]])


def test_a_lambda_is_told_whether_it_trains():
    layer = layers.Lambda(lambda x, training=None: x * (2.0 if training else 1.0))
    np.testing.assert_array_equal(layer(X, training=True), 2 * X)


def test_the_shape_of_a_lambda_is_found():
    inputs = layers.Input((4,))
    assert layers.Lambda(lambda x: ops.reshape(x, (-1, 2, 2)))(inputs).shape == (None, 2, 2)


@pytest.mark.parametrize("shape", [(2, 2), lambda given: (given[0], 2, 2)])
def test_the_shape_of_a_lambda_may_be_given(shape):
    layer = layers.Lambda(lambda x: ops.reshape(x, (-1, 2, 2)), output_shape=shape)
    assert layer(layers.Input((4,))).shape == (None, 2, 2)


def test_a_registered_function_survives_a_round_trip():
    trimtab.saving.register_keras_serializable("test")(doubled)
    layer = layers.Lambda(doubled, arguments={"by": 5.0}, output_shape=(2,))
    twin = layers.deserialize(layers.serialize(layer))
    np.testing.assert_array_equal(twin(X), 5 * X)


def lambda_config():
    by = 3.0
    with pytest.warns(UserWarning, match="written as code"):
        return layers.Lambda(lambda x, more=1.0: x * by + more).get_config()


def test_the_code_of_a_lambda_is_refused():
    with pytest.raises(ValueError, match="`safe_mode=False`"):
        layers.Lambda.from_config(lambda_config())


def test_a_trusted_lambda_is_the_same_function():
    config = {"class_name": "Lambda", "module": "keras.layers", "config": lambda_config()}
    twin = deserialize_keras_object(config, None, False)
    np.testing.assert_array_equal(twin(X), X * 3.0 + 1.0)


def test_the_setting_trusts_all_code(monkeypatch):
    monkeypatch.setitem(settings._SETTINGS, "unsafe_deserialization", False)
    config = lambda_config()
    trimtab.config.enable_unsafe_deserialization()
    np.testing.assert_array_equal(layers.Lambda.from_config(config)(X), X * 3.0 + 1.0)


@pytest.mark.parametrize("code", ["", "AAAA", "gibberish!", "aQAAAAA="])
def test_trusted_code_that_is_none_is_an_error(code):
    config = {"class_name": "__lambda__", "config": {"value": [code, None, None]}}
    with pytest.raises(ValueError, match="the code of a lambda"):
        deserialize_keras_object(config, None, False)


def test_identity_takes_any_structure():
    outputs = layers.Identity()({"a": X, "b": [X, X]})
    np.testing.assert_array_equal(outputs["b"][1], X)


def test_time_distributed_applies_its_layer_to_each_step():
    dense = layers.Dense(2, kernel_initializer="ones")
    layer = layers.TimeDistributed(dense)
    x = np.arange(12.0, dtype="float32").reshape(2, 3, 2)
    np.testing.assert_array_equal(layer(x), np.repeat(x.sum(-1, keepdims=True), 2, -1))
    assert [w.name for w in layer.weights] == ["kernel", "bias"]


def test_time_distributed_hands_training_and_masks_down():
    layer = layers.TimeDistributed(layers.BatchNormalization(momentum=0.0))
    x = np.array([[[[1.0], [9.0]]], [[[3.0], [9.0]]]], "float32")
    masked = np.array([[[True, False]], [[True, False]]])
    layer(x, training=True, mask=masked)
    np.testing.assert_allclose(layer.layer.moving_mean, [2.0], rtol=1e-6)


def test_time_distributed_needs_steps():
    with pytest.raises(ValueError, match="at least 3; got shape"):
        layers.TimeDistributed(layers.Dense(1))(X)


def test_time_distributed_survives_a_round_trip():
    layer = layers.TimeDistributed(layers.Dense(2), name="steps")
    layer(np.ones((2, 3, 4)))
    twin = layers.deserialize(layers.serialize(layer))
    assert twin.layer.kernel.shape == (4, 2)


def test_a_wrapper_takes_layers_only():
    with pytest.raises(ValueError, match="Layer 3 supplied to Wrapper isn't"):
        layers.Wrapper(3)


def test_a_mask_on_one_tensor_of_ones_is_on_no_other():
    first = ops.ones((2, 3))
    first._keras_mask = ops.ones((2,), "bool")
    assert getattr(ops.ones((2, 3)), "_keras_mask", None) is None
    assert getattr(ops.ones_like(first), "_keras_mask", None) is None
