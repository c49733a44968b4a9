"""Data and nets that the tests of training share."""

import numpy as np
import pytest

from trimtab import layers, models

ROWS = 70


@pytest.fixture
def x(rng):
    return rng.normal(size=(ROWS, 4)).astype("float32")


@pytest.fixture
def labels(x):
    return (x[:, 0] > 0).astype("int64")


@pytest.fixture
def one_hot(labels):
    return np.eye(2, dtype="float32")[labels]


@pytest.fixture
def build():
    """A function that makes a small classifier."""

    def make(units=2, *, batch_norm=False, activation="softmax", given_shape=True):
        stack = [layers.Input((4,))] if given_shape else []
        stack.append(layers.Dense(3, activation="tanh"))
        if batch_norm:
            stack.append(layers.BatchNormalization())
        return models.Sequential([*stack, layers.Dense(units, activation=activation)])

    return make


@pytest.fixture
def net(build):
    """A compiled classifier of two classes, one-hot."""
    model = build()
    model.compile(optimizer="sgd", loss="categorical_crossentropy", metrics=["accuracy"])
    return model
