"""The network W1 and data for it, for the benchmarks that need no other library's scripts."""

import types
from typing import Any

import numpy as np

INPUTS, CLASSES, BATCH_SIZE = 14, 2, 16


def data(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs `(rows, 14)` and one-hot targets `(rows, 2)`, learnable but noisy."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(rows, INPUTS)).astype("float32")
    hidden = np.tanh(x @ rng.normal(size=(INPUTS, 24)) / 2)
    scores = hidden @ rng.normal(size=(24, CLASSES)) + rng.gumbel(size=(rows, CLASSES)) / 2
    return x, np.eye(CLASSES, dtype="float32")[scores.argmax(axis=1)]


def build(keras: types.ModuleType, *, norm: bool = True, learning_rate: float = 0.1) -> Any:
    """The network in the API of `keras`, compiled; `norm` says whether BN stands in it."""
    layers = keras.layers

    def block(units: int, activation: str) -> list[Any]:
        normalisation = [layers.BatchNormalization()] if norm else []
        return [layers.Dense(units), *normalisation, layers.Activation(activation)]

    model = keras.Sequential(
        [
            keras.Input((INPUTS,)),
            *block(64, "tanh"),
            layers.Dropout(0.5),
            *block(64, "tanh"),
            layers.Dropout(0.5),
            *block(CLASSES, "softmax"),
        ]
    )
    model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.SGD(learning_rate, momentum=0.9, nesterov=True),
        metrics=["accuracy"],
    )
    return model
