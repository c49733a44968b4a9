"""Which models count as functional, and what a built layer refuses."""

import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.models import Functional


class Own(trimtab.Model):
    pass


class Initialised(trimtab.Model):
    def __init__(self):
        inputs = trimtab.Input((2,))
        super().__init__(inputs, layers.Dense(1)(inputs))


def graph():
    inputs = trimtab.Input((2,))
    return inputs, layers.Dense(1)(inputs)


@pytest.mark.parametrize(
    "make", [lambda: trimtab.Model(*graph()), lambda: Own(*graph()), Initialised]
)
def test_a_model_made_of_tensors_is_functional(make):
    assert isinstance(make(), Functional)


def test_a_sequential_and_a_subclass_with_a_call_are_not():
    sequential = trimtab.Sequential([trimtab.Input((2,)), layers.Dense(1)])
    assert not isinstance(sequential, Functional)
    assert not isinstance(Own(), Functional)
    assert not isinstance(layers.Dense(1), Functional)


def test_a_layer_takes_no_sublayer_in_its_first_call():
    class Late(layers.Layer):
        def call(self, x):
            self.inner = layers.Dense(2)
            return self.inner(x)

    with pytest.raises(ValueError, match="cannot add new elements of state"):
        Late()(np.ones((1, 2), "float32"))


def test_a_model_without_layers_takes_none_in_its_first_call():
    class Late(trimtab.Model):
        def call(self, x):
            self.inner = layers.Dense(2)
            return self.inner(x)

    with pytest.raises(ValueError, match="cannot add new elements of state"):
        Late()(np.ones((1, 2), "float32"))


@pytest.mark.parametrize("base", [trimtab.Model, layers.Layer])
def test_what_has_unbuilt_layers_takes_further_ones_in_its_first_call(base):
    class Late(base):
        def __init__(self):
            super().__init__()
            self.first = layers.Dense(2)

        def call(self, x):
            if not hasattr(self, "inner"):
                self.inner = layers.Dense(2)
            return self.inner(self.first(x))

    model = Late()
    model(np.ones((1, 2), "float32"))
    assert len(model.weights) == 4


@pytest.mark.parametrize("make", [trimtab.metrics.Mean, lambda: trimtab.random.SeedGenerator(1)])
def test_a_call_makes_no_metrics_and_no_generators(make):
    class Late(layers.Layer):
        def call(self, x):
            self.made = make()
            return x

    with pytest.raises(ValueError, match="cannot add new elements of state"):
        Late()(np.ones((1, 2), "float32"))


def test_a_variable_of_a_traced_call_is_refused():
    class Late(layers.Layer):
        def call(self, x):
            return x * trimtab.Variable(np.ones(2, "float32"))

    with pytest.raises(ValueError, match="Variable: must be made outside of a traced `call`"):
        Late()(trimtab.Input((2,)))
