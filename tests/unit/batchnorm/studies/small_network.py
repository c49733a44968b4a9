"""A small network and data that every test of studies can afford."""

import numpy as np

import trimtab as keras
from trimtab import layers


def network(placement="before", units=8, rate=0.1):
    """One hidden tanh layer with dropout on 4 inputs, 2 classes."""
    norm = [layers.BatchNormalization()] if placement != "none" else []
    pair = [*norm, layers.Activation("tanh")]
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(units),
            *(pair if placement == "before" else pair[::-1]),
            layers.Dropout(0.2),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.SGD(rate), "categorical_crossentropy", metrics=["accuracy"])
    return model


def plain_network():
    """The same without Batch Normalization, for `study` to place it."""
    return network("none")


def made_data(rows=120):
    """Rows of 4 standard normal columns; the class is the sign of a noisy sum."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(rows, 4)).astype("float32")
    y = (x[:, 0] + 0.5 * x[:, 1] + 0.3 * rng.normal(size=rows) > 0).astype(int)
    return x, np.eye(2, dtype="float32")[y]
