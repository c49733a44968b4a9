import gc

import numpy as np
import pytest

import trimtab
from trimtab import layers, ops
from trimtab.ir.tensor import Array

X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def chain(*inner):
    return trimtab.Sequential([trimtab.Input((4,)), layers.Dense(3), *inner])


def eagerly(model, x, **arguments):
    """The outputs layer by layer, which no compiled step takes part in."""
    for layer in model.layers:
        own = arguments if layer.call_signature().has_training else {}
        x = layer(x, **own)
    return np.asarray(x)


def test_a_compiled_call_gives_what_the_layers_give():
    model = chain(layers.BatchNormalization(), layers.Activation("tanh"))
    np.testing.assert_allclose(model(X), eagerly(model, X), rtol=1e-5, atol=1e-6)
    assert model._call_cache


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32", "int8", "uint8", "bool"])
def test_arrays_of_any_number_type_are_taken(dtype):
    model = chain()
    x = (10 * np.abs(X)).astype(dtype)
    np.testing.assert_allclose(model(x), eagerly(model, x.astype("float32")), rtol=1e-5)


def test_arrays_that_are_not_contiguous_are_taken():
    model = chain()
    x = np.asfortranarray(np.repeat(X, 2, axis=1))[:, ::2]
    np.testing.assert_allclose(model(x), eagerly(model, X), rtol=1e-5)


def test_tensors_are_taken():
    model = chain()
    np.testing.assert_array_equal(model(Array(X)), model(X))


def test_results_of_two_calls_are_two_arrays():
    model = chain()
    first = np.asarray(model(X))
    kept = first.copy()
    model(-X)
    np.testing.assert_array_equal(first, kept)


def test_new_weights_are_seen():
    model = chain()
    model(X)
    model.set_weights([2 * w for w in model.get_weights()])
    np.testing.assert_allclose(model(X), eagerly(model, X), rtol=1e-5, atol=1e-6)


def test_a_changed_attribute_is_seen():
    bn = layers.BatchNormalization()
    model = chain(bn)
    before = np.asarray(model(X))
    bn.epsilon = 3.0
    np.testing.assert_allclose(model(X), before / 2 * np.sqrt(1.001), rtol=1e-5)


def test_a_layer_frozen_within_is_seen():
    bn = layers.BatchNormalization()
    model = chain(bn)
    model(X, training=True)
    bn.trainable = False
    model(X, training=True)
    assert bn.updates_seen == 1


def test_training_updates_statistics_and_draws_anew():
    model = chain(layers.BatchNormalization(), layers.Dropout(0.5, seed=1))
    first, second = np.asarray(model(X, training=True)), np.asarray(model(X, training=True))
    assert ((first == 0) != (second == 0)).any()
    assert model.layers[1].updates_seen == 2
    assert model.layers[1].moving_mean.numpy().any()


def test_layers_of_the_users_run_as_they_are():
    calls = []

    class Noting(layers.Layer):
        def call(self, x):
            calls.append(x.shape)
            return x

    model = chain(Noting())
    calls.clear()
    model(X), model(X)
    assert calls == [(5, 3), (5, 3)]


def test_lambdas_run_as_they_are():
    factor = [1.0]
    model = chain(layers.Lambda(lambda x: x * factor[0]))
    before = np.asarray(model(X))
    factor[0] = 2.0
    np.testing.assert_array_equal(model(X), 2 * before)


def test_losses_of_a_call_can_be_read():
    model = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(3, activity_regularizer="l2")])
    y = np.asarray(model(X))
    np.testing.assert_allclose(float(model.losses[0]), 0.01 * (y**2).sum() / 5, rtol=1e-5)


def test_nested_models_are_compiled_along():
    inner = chain(layers.BatchNormalization())
    inputs = trimtab.Input((4,))
    model = trimtab.Model(inputs, ops.tanh(inner(inputs)) + 1.0)
    wanted = np.tanh(np.asarray(inner(X))) + 1
    np.testing.assert_allclose(model(X), wanted, rtol=1e-5)
    assert model._call_cache


def test_few_shapes_are_kept():
    model = chain()
    for rows in range(1, 40):
        model(np.ones((rows, 4), "float32"))
    assert len(model._call_cache) == 16


def test_a_model_that_nobody_holds_is_freed():
    shared = layers.Dense(3)
    for _ in range(5):
        trimtab.Sequential([trimtab.Input((4,)), shared])(X)
    gc.collect()
    shared.trainable = True
    trimtab.Sequential([trimtab.Input((4,)), shared])(X)
    assert len(shared._watchers) == 1


def test_a_subclass_with_a_call_of_its_own_runs_as_it_is():
    calls = []

    class Noting(trimtab.Sequential):
        def call(self, inputs, training=None, mask=None):
            calls.append(training)
            return super().call(inputs, training=training, mask=mask)

    model = Noting([trimtab.Input((4,)), layers.Dense(3)])
    model(X), model(X)
    assert len(calls) == 2


def test_what_a_layer_notes_in_its_call_does_not_empty_the_cache():
    class Noting(layers.Layer):
        def call(self, x):
            self.last = x.shape
            return x

    inner = chain()
    inner(X)
    model = trimtab.Sequential([trimtab.Input((4,)), inner, Noting()])
    before = dict(inner._call_cache)
    model(X)
    assert inner._call_cache == before
