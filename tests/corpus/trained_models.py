"""Correct networks, trained on scikit-learn's digits: what `health` must find no fault in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab import Input, Model, Sequential, layers, optimizers, utils
from trimtab.core.extras import require

EPOCHS = 15
BATCH = 32


def digits(seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """(x, y, held-out x, held-out y) of the 1,797 digits, shuffled; pixels between 0 and 1."""
    data = require("sklearn.datasets", "demo", "the digits").load_digits()
    order = np.random.default_rng(seed).permutation(len(data.data))
    x = (data.data[order] / 16).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[data.target[order]]
    return x[:1440], y[:1440], x[1440:], y[1440:]


def chain(activation: str, placement: str, dropout: float = 0.0, units: int = 48) -> Any:
    parts: list[Any] = [Input((64,))]
    for number in range(2):
        parts.append(layers.Dense(units))
        order = [
            layers.BatchNormalization(momentum=0.9, name=f"bn_{number}"),
            layers.Activation(activation),
        ]
        parts += order if placement == "before" else order[::-1]
        if dropout:
            parts.append(layers.Dropout(dropout))
    return Sequential([*parts, layers.Dense(10, activation="softmax")])


def convolutional() -> Any:
    x = Input((64,))
    y = layers.Reshape((8, 8, 1))(x)
    for filters in (8, 16):
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(y))
    y = layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(y))
    return Model(x, layers.Dense(10, activation="softmax")(y))


def residual() -> Any:
    x = Input((64,))
    y = layers.Dense(48)(x)
    for _ in range(3):
        z = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(y))
        y = y + layers.Dense(48)(z)
    y = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(y))
    return Model(x, layers.Dense(10, activation="softmax")(y))


BUILDERS: dict[str, Callable[[], Any]] = {
    **{
        f"{activation} {placement}": (
            lambda activation=activation, placement=placement: chain(activation, placement)
        )
        for activation in ("relu", "tanh", "sigmoid", "elu", "gelu")
        for placement in ("before", "after")
    },
    "tanh, dropout 0.2": lambda: chain("tanh", "before", 0.2),
    "relu, dropout 0.2": lambda: chain("relu", "before", 0.2),
    "convolutional": convolutional,
    "residual": residual,
}


def trained(name: str, seed: int = 0) -> Any:
    """A network, trained."""
    utils.set_random_seed(seed)
    model = BUILDERS[name]()
    x, y, _, _ = digits()
    # A rate that falls to 0, so that the statistics can settle.
    rate = optimizers.schedules.CosineDecay(0.003, EPOCHS * len(x) // BATCH)
    model.compile(optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return model
