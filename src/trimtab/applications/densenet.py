"""DenseNet: each layer sees the features of all layers before it in its block."""

from __future__ import annotations

import functools
from typing import Any

from trimtab import layers
from trimtab.applications.building import SMALL_EPSILON, Builder, Options, network
from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.models import Model

_SOURCE = "Huang et al., 2017, arXiv:1608.06993"
_GROWTH = 32


def _ready(build: Builder, x: Any, name: str, number: str = "") -> Any:
    """Batch Normalization and activation, before the convolution that they are for."""
    x = build.norm(x, f"{name}{number}_bn", epsilon=SMALL_EPSILON)
    return build.act(x, name=f"{name}{number}_relu")


def _layer(build: Builder, x: Any, name: str) -> Any:
    y = _ready(build, x, name, "_0")
    y = build.conv(y, 4 * _GROWTH, 1, padding="valid", name=f"{name}_1_conv")
    y = _ready(build, y, name, "_1")
    y = build.conv(y, _GROWTH, 3, name=f"{name}_2_conv")
    return layers.Concatenate(axis=build.axis, name=f"{name}_concat")([x, y])


def _transition(build: Builder, x: Any, name: str) -> Any:
    """Half the channels, half the height and width."""
    x = _ready(build, x, name)
    x = build.conv(x, build.channels(x) // 2, 1, padding="valid", name=f"{name}_conv")
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def _build(options: Options, depths: tuple[int, ...]) -> Model:
    build = Builder(options, size=224, least=32)
    x = layers.ZeroPadding2D(((3, 3), (3, 3)))(build.image)
    x = build.conv(x, 64, 7, 2, "valid", name="conv1_conv")
    x = _ready(build, x, "conv1")
    x = layers.ZeroPadding2D(((1, 1), (1, 1)))(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, depth in enumerate(depths, start=2):
        for number in range(1, depth + 1):
            x = _layer(build, x, f"conv{stage}_block{number}")
        if stage < 5:
            x = _transition(build, x, f"pool{stage}")
    x = build.act(build.norm(x, "bn", epsilon=SMALL_EPSILON), name="relu")
    return build.model(build.head(x))


def _of(*depths: int) -> Any:
    return functools.partial(_build, depths=depths)


DenseNet121 = network("DenseNet121", "densenet121", _SOURCE, _of(6, 12, 24, 16))
DenseNet169 = network("DenseNet169", "densenet169", _SOURCE, _of(6, 12, 32, 32))
DenseNet201 = network("DenseNet201", "densenet201", _SOURCE, _of(6, 12, 48, 32))

preprocess_input = preprocessing("torch")
