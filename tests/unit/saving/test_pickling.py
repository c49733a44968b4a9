"""Pickles and copies of models, in this process and in others."""

import copy
import multiprocessing
import pickle

import joblib
import numpy as np
import pytest

import trimtab
from trimtab import layers

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


@trimtab.saving.register_keras_serializable(package="tests")
class Tripled(layers.Layer):
    def call(self, x):
        return x * 3.0


class Unregistered(layers.Layer):
    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(units, activation=activation)

    def call(self, x):
        return self.inner(x)


def halved(x):
    return x / 2


def predicted(model):
    return np.asarray(model.predict(X, verbose=0))


def fitted_weights(model):
    model.fit(X, Y, epochs=1, shuffle=False, verbose=0)
    return model.get_weights()


def test_pickle_keeps_numbers_optimizer_and_compilation(model, assert_same):
    restored = pickle.loads(pickle.dumps(model))

    assert_same(model, restored)
    assert restored.loss == "mse"


def test_copy_shares_no_memory(model):
    copied = copy.deepcopy(model)
    before = model.get_weights()

    copied.fit(X, Y, epochs=1, verbose=0)

    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_pickle_holds_the_weights_of_its_moment(model):
    kept = pickle.dumps(model)
    expected = predicted(model)

    model.fit(X, Y, epochs=1, verbose=0)

    np.testing.assert_array_equal(predicted(pickle.loads(kept)), expected)


def test_copy_trains_on_as_the_original_does(model):
    model.fit(X, Y, epochs=2, verbose=0)
    copied = copy.deepcopy(model)

    for a, b in zip(fitted_weights(model), fitted_weights(copied), strict=True):
        np.testing.assert_array_equal(a, b)


def test_classes_and_functions_need_no_registration():
    model = trimtab.Sequential([trimtab.Input((4,)), Tripled(), Unregistered(2, activation=halved)])

    restored = pickle.loads(pickle.dumps(model))

    np.testing.assert_array_equal(predicted(restored), predicted(model))


def test_deep_functional_model_is_no_deep_recursion():
    inputs = x = trimtab.Input((2,))
    for _ in range(300):
        x = layers.Activation("tanh")(x)
    model = trimtab.Model(inputs, x)

    assert len(pickle.loads(pickle.dumps(model)).layers) == 301


def test_no_package_is_needed(model, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)

    np.testing.assert_array_equal(predicted(pickle.loads(pickle.dumps(model))), predicted(model))


def in_child(queue, model):
    queue.put(predicted(model))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
# Python 3.12 warns of every fork beside threads.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning", "ignore:.*fork:RuntimeWarning")
def test_model_works_in_another_process(method, model):
    expected = predicted(model)
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    process = context.Process(target=in_child, args=(queue, model))
    process.start()

    result = queue.get(timeout=60)
    process.join(60)

    assert process.exitcode == 0
    np.testing.assert_array_equal(result, expected)


@pytest.mark.slow
def test_joblib_trains_copies_in_two_processes(model):
    results = joblib.Parallel(n_jobs=2)(joblib.delayed(fitted_weights)(model) for _ in range(2))

    for ours, first, second in zip(fitted_weights(model), *results, strict=True):
        np.testing.assert_array_equal(first, second)
        np.testing.assert_allclose(first, ours, rtol=1e-6, atol=1e-6)
