"""Models that the tests of saving share."""

import numpy as np
import pytest

import trimtab
from trimtab import layers


def filled(model):
    """`model` with random numbers in all variables, the optimizer's among them."""
    generator = np.random.default_rng(5)
    model.optimizer.build(model.trainable_variables)
    for variable in [*model.weights, *model.optimizer.variables[2:]]:
        variable.assign(generator.uniform(0.1, 0.6, size=variable.shape))
    model.optimizer.variables[0].assign(7)
    return model


@pytest.fixture
def make():
    """Makes a model; further ones have the same structure and fresh weights."""

    def made(units=3):
        trimtab.utils.clear_session()
        model = trimtab.Sequential(
            [
                trimtab.Input((4,)),
                layers.Dense(units, activation="relu"),
                layers.BatchNormalization(),
                layers.Dense(1),
            ]
        )
        model.compile("adam", "mse", metrics=["mae"])
        return model

    return made


@pytest.fixture
def model(make):
    """A model whose weights and optimizer are past their beginning."""
    return filled(make())


@pytest.fixture
def snapshot():
    """Copies of all numbers of a model."""

    def copies(model):
        return [np.array(v.numpy()) for v in [*model.weights, *model.optimizer.variables]]

    return copies


@pytest.fixture
def assert_same(snapshot):
    """Asserts that two models hold the same numbers."""

    def check(left, right):
        for a, b in zip(snapshot(left), snapshot(right), strict=True):
            np.testing.assert_array_equal(a, b)

    return check
