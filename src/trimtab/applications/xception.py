"""Xception: separable convolutions with shortcuts."""

from __future__ import annotations

from typing import Any

from trimtab import layers
from trimtab.applications.building import Builder, Options, network
from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.models import Model

_SOURCE = "Chollet, 2017, arXiv:1610.02357"


def _separable(build: Builder, x: Any, filters: int, name: str, relu: bool = True) -> Any:
    """An activation, a separable convolution and Batch Normalization."""
    if relu:
        x = build.act(x, name=f"{name}_act")
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return _norm(build, x, f"{name}_bn")


def _norm(build: Builder, x: Any, name: str | None = None) -> Any:
    return build.norm(x, name, axis=build.channel_axis)


def _halved(build: Builder, x: Any, block: int, widths: tuple[int, int], relu: bool = True) -> Any:
    """Two separable convolutions and a pooling, beside a strided shortcut."""
    shortcut = _norm(build, build.conv(x, widths[1], 1, 2))
    x = _separable(build, x, widths[0], f"block{block}_sepconv1", relu)
    x = _separable(build, x, widths[1], f"block{block}_sepconv2")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    return layers.add([x, shortcut])


def _build(options: Options) -> Model:
    build = Builder(options, size=299, least=71)
    x = build.conv(build.image, 32, 3, 2, "valid", name="block1_conv1")
    x = build.act(_norm(build, x, "block1_conv1_bn"), name="block1_conv1_act")
    x = build.conv(x, 64, 3, 1, "valid", name="block1_conv2")
    x = build.act(_norm(build, x, "block1_conv2_bn"), name="block1_conv2_act")
    x = _halved(build, x, 2, (128, 128), relu=False)
    x = _halved(build, x, 3, (256, 256))
    x = _halved(build, x, 4, (728, 728))
    for block in range(5, 13):
        shortcut = x
        for number in (1, 2, 3):
            x = _separable(build, x, 728, f"block{block}_sepconv{number}")
        x = layers.add([x, shortcut])
    x = _halved(build, x, 13, (728, 1024))
    for number, filters in ((1, 1536), (2, 2048)):
        name = f"block14_sepconv{number}"
        x = _separable(build, x, filters, name, relu=False)
        x = build.act(x, name=f"{name}_act")
    return build.model(build.head(x, names=False))


Xception = network("Xception", "xception", _SOURCE, _build)

preprocess_input = preprocessing("tf")
