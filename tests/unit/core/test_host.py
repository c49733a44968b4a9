"""Users' losses, metrics, layers and optimizers that NumPy computes, inside a step."""

import warnings

import numpy as np
import pytest

import trimtab
from trimtab import layers, ops
from trimtab.core import host

X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
Y = (X @ [[1.0], [2.0], [-1.0]]).astype("float32")


@pytest.fixture(autouse=True)
def untold():
    host._TOLD.clear()


def net(*middle):
    trimtab.utils.set_random_seed(0)
    first = layers.Dense(4, activation="tanh")
    return trimtab.Sequential([trimtab.Input((3,)), first, *middle, layers.Dense(1)])


def losses_of(model, optimizer="sgd", loss="mse", **kwargs):
    model.compile(optimizer, loss, **kwargs)
    return model.fit(X, Y, epochs=3, batch_size=8, shuffle=False, verbose=0).history


def ops_loss(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), -1)


def traced_loss(y_true, y_pred):
    return np.mean(np.square(y_true - y_pred), axis=-1)


def numpy_loss(y_true, y_pred):
    return np.mean((np.asarray(y_true) - np.asarray(y_pred)) ** 2, axis=-1)


def scalar_loss(y_true, y_pred):
    return float(np.mean((np.asarray(y_true) - np.asarray(y_pred)) ** 2))


def single_loss(y_true, y_pred):
    return numpy_loss(np.asarray(y_true, "float32"), np.asarray(y_pred, "float32"))


def test_functions_of_numpy_are_traced():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert losses_of(net(), loss=traced_loss) == losses_of(net(), loss=ops_loss)


@pytest.mark.parametrize("loss", [numpy_loss, scalar_loss])
def test_a_loss_on_numpy_trains_as_the_same_with_ops(loss):
    with pytest.warns(UserWarning, match=f"loss '{loss.__name__}': needs numbers"):
        found = losses_of(net(), loss=loss)["loss"]
    np.testing.assert_allclose(found, losses_of(net(), loss=ops_loss)["loss"], rtol=1e-6)


@pytest.mark.filterwarnings("ignore:loss 'single_loss'")
def test_a_loss_in_single_precision_trains_alike():
    found = losses_of(net(), loss=single_loss)["loss"]
    np.testing.assert_allclose(found, losses_of(net(), loss=ops_loss)["loss"], rtol=1e-4)


def test_a_loss_is_told_of_once():
    with pytest.warns(UserWarning, match="needs numbers") as told:
        losses_of(net(), loss=numpy_loss)
    assert [notice.filename for notice in told] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses_of(net(), loss=numpy_loss)


@pytest.mark.filterwarnings("ignore:loss 'mixed'")
def test_a_loss_that_mixes_rows_has_its_true_gradient():
    def mixed(y_true, y_pred):
        centred = np.asarray(y_pred) - np.mean(np.asarray(y_pred))
        return np.mean((np.asarray(y_true) - centred) ** 2, axis=-1)

    def same(y_true, y_pred):
        return ops.mean((y_true - (y_pred - ops.mean(y_pred))) ** 2, axis=-1)

    found = losses_of(net(), loss=mixed)["loss"]
    np.testing.assert_allclose(found, losses_of(net(), loss=same)["loss"], rtol=1e-6)


class Distance(trimtab.metrics.Metric):
    """Mean distance, on NumPy if `hard`."""

    def __init__(self, hard=False, name="distance"):
        super().__init__(name=name)
        self.hard = hard
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        if self.hard:
            added = np.abs(np.asarray(y_true) - np.asarray(y_pred)).sum()
        else:
            added = ops.sum(ops.abs(y_true - y_pred))
        self.total.assign(self.total + added)
        self.count.assign(self.count + len(y_true))

    def result(self):
        if self.hard:
            return np.float32(self.total) / np.float32(self.count)
        return self.total / self.count


@pytest.mark.filterwarnings("ignore:metric 'distance'")
def test_a_metric_on_numpy_keeps_its_state():
    found = losses_of(net(), metrics=[Distance(hard=True)])
    expected = losses_of(net(), metrics=[Distance()])
    np.testing.assert_allclose(found["distance"], expected["distance"], rtol=1e-6)


@pytest.mark.filterwarnings("ignore:metric 'mean_output'")
def test_a_function_may_return_a_python_number():
    def mean_output(y_true, y_pred):
        return float(np.asarray(y_pred).mean())

    model = net()
    model.compile("sgd", "mse", metrics=[mean_output])
    expected = np.mean(model.predict(X, verbose=0))
    assert model.evaluate(X, Y, batch_size=24, verbose=0)[1] == pytest.approx(expected, rel=1e-5)


class Momentum(trimtab.optimizers.Optimizer):
    """Gradient descent with momentum, on NumPy if `hard`."""

    def __init__(self, hard=False, **kwargs):
        super().__init__(0.01, **kwargs)
        self.hard = hard

    def build(self, variables):
        super().build(variables)
        self.slots = [self.add_variable_from_reference(v, "slot") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        slot = self.slots[self._get_variable_index(variable)]
        if self.hard:
            slot.assign(0.9 * np.asarray(slot) + np.asarray(gradient))
            variable.assign(np.asarray(variable) - float(learning_rate) * np.asarray(slot))
        else:
            slot.assign(0.9 * slot + gradient)
            variable.assign(variable - learning_rate * slot)


@pytest.mark.filterwarnings("ignore:Momentum")
@pytest.mark.parametrize("steps", [None, 2])
def test_an_optimizer_on_numpy_updates_as_the_same_with_ops(steps):
    found = losses_of(net(), Momentum(hard=True, gradient_accumulation_steps=steps))["loss"]
    expected = losses_of(net(), Momentum(gradient_accumulation_steps=steps))["loss"]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


class Scaled(layers.Layer):
    """Weights times inputs, more while training; on NumPy if `hard`."""

    def __init__(self, hard=False):
        super().__init__(name="scaled")
        self.hard = hard

    def build(self, shape):
        self.scale = self.add_weight((shape[-1],), "ones", name="scale")

    def call(self, x, training=False):
        x = np.asarray(x) if self.hard else x
        return x * (np.asarray(self.scale) if self.hard else self.scale) + float(training)


@pytest.mark.filterwarnings("ignore:layer 'scaled'")
def test_a_layer_on_numpy_trains_its_weights():
    hard, soft = net(Scaled(hard=True)), net(Scaled())
    np.testing.assert_allclose(losses_of(hard)["loss"], losses_of(soft)["loss"], rtol=1e-5)
    np.testing.assert_allclose(hard.get_weights()[2], soft.get_weights()[2], rtol=1e-4)
    np.testing.assert_allclose(hard(X).numpy(), soft(X).numpy(), rtol=1e-3)


@pytest.mark.filterwarnings("ignore:loss 'bad'")
def test_an_error_in_the_function_is_the_users():
    calls = []

    def bad(y_true, y_pred):
        calls.append(np.asarray(y_pred))
        if len(calls) > 3:
            raise ZeroDivisionError("mine")
        return np.mean(np.asarray(y_true) - np.asarray(y_pred), axis=-1)

    with pytest.raises(ZeroDivisionError, match="mine"):
        losses_of(net(), loss=bad)


def test_a_model_of_ones_own_is_not_run_on_numpy():
    class Net(trimtab.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x):
            return self.dense(np.asarray(x))

    model = Net()
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="run_eagerly=True"):
        model.fit(X, Y, verbose=0)
