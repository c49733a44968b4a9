"""Networks that use Batch Normalization as it is meant to be used: `audit` must find no fault.

Small versions of published designs; what counts is how they are wired.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab import Input, layers

MODELS: dict[str, Callable[[], Any]] = {}
# How they are trained: enough steps, no small batches.
TRAINING = {"batch_size": 32, "steps_per_epoch": 100, "epochs": 40}


def correct(build):
    MODELS[build.__name__] = build
    return build


def bn(**kwargs):
    return layers.BatchNormalization(**kwargs)


def compiled(model, loss="categorical_crossentropy", optimizer="adam"):
    model.compile(optimizer, loss)
    return model


def image(size=16, channels=3):
    return Input((size, size, channels))


def head(x, classes=10):
    return layers.Dense(classes, activation="softmax")(layers.GlobalAveragePooling2D()(x))


def conv_bn_relu(x, filters, size=3, strides=1, activation="relu", **kwargs):
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False, **kwargs)(x)
    x = bn()(x)
    return layers.Activation(activation)(x) if activation else x
