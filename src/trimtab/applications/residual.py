"""ResNet, version 1 and version 2 (pre-activation)."""

from __future__ import annotations

import functools
from typing import Any

from trimtab import layers
from trimtab.applications.building import SMALL_EPSILON, Builder, Options, network
from trimtab.models import Model

_V1 = "He et al., 2015, arXiv:1512.03385"
_V2 = "He et al., 2016, arXiv:1603.05027"
_FILTERS = (64, 128, 256, 512)


def _norm(build: Builder, x: Any, name: str) -> Any:
    return build.norm(x, name, epsilon=SMALL_EPSILON)


def _stem(build: Builder, normalised: bool) -> Any:
    """7 by 7 filters and a pooling, both of stride 2."""
    x = layers.ZeroPadding2D(((3, 3), (3, 3)), name="conv1_pad")(build.image)
    x = build.conv(x, 64, 7, 2, "valid", bias=True, name="conv1_conv")
    if normalised:
        x = build.act(_norm(build, x, "conv1_bn"), name="conv1_relu")
    x = layers.ZeroPadding2D(((1, 1), (1, 1)), name="pool1_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)


def _block_v1(build: Builder, x: Any, filters: int, strides: int, first: bool, name: str) -> Any:
    """Three convolutions, each with Batch Normalization behind it, beside a shortcut."""
    shortcut = x
    if first:
        shortcut = build.conv(x, 4 * filters, 1, strides, "valid", True, f"{name}_0_conv")
        shortcut = _norm(build, shortcut, f"{name}_0_bn")
    x = build.conv(x, filters, 1, strides, "valid", True, f"{name}_1_conv")
    x = build.act(_norm(build, x, f"{name}_1_bn"), name=f"{name}_1_relu")
    x = build.conv(x, filters, 3, 1, "same", True, f"{name}_2_conv")
    x = build.act(_norm(build, x, f"{name}_2_bn"), name=f"{name}_2_relu")
    x = build.conv(x, 4 * filters, 1, 1, "valid", True, f"{name}_3_conv")
    x = _norm(build, x, f"{name}_3_bn")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return build.act(x, name=f"{name}_out")


def _block_v2(build: Builder, x: Any, filters: int, strides: int, first: bool, name: str) -> Any:
    """Batch Normalization and activation before each convolution; the sum is left alone."""
    ready = build.act(_norm(build, x, f"{name}_preact_bn"), name=f"{name}_preact_relu")
    if first:
        shortcut = build.conv(ready, 4 * filters, 1, strides, "valid", True, f"{name}_0_conv")
    else:
        shortcut = layers.MaxPooling2D(1, strides=strides)(x) if strides > 1 else x
    y = build.conv(ready, filters, 1, 1, "valid", name=f"{name}_1_conv")
    y = build.act(_norm(build, y, f"{name}_1_bn"), name=f"{name}_1_relu")
    y = layers.ZeroPadding2D(((1, 1), (1, 1)), name=f"{name}_2_pad")(y)
    y = build.conv(y, filters, 3, strides, "valid", name=f"{name}_2_conv")
    y = build.act(_norm(build, y, f"{name}_2_bn"), name=f"{name}_2_relu")
    y = build.conv(y, 4 * filters, 1, 1, "valid", True, f"{name}_3_conv")
    return layers.Add(name=f"{name}_out")([shortcut, y])


def _version_1(options: Options, depths: tuple[int, ...]) -> Model:
    build = Builder(options, size=224, least=32)
    x = _stem(build, normalised=True)
    for stage, (filters, depth) in enumerate(zip(_FILTERS, depths, strict=True), start=2):
        for number in range(1, depth + 1):
            strides = 2 if number == 1 and stage > 2 else 1
            name = f"conv{stage}_block{number}"
            x = _block_v1(build, x, filters, strides, number == 1, name)
    return build.model(build.head(x))


def _version_2(options: Options, depths: tuple[int, ...]) -> Model:
    build = Builder(options, size=224, least=32)
    x = _stem(build, normalised=False)
    for stage, (filters, depth) in enumerate(zip(_FILTERS, depths, strict=True), start=2):
        for number in range(1, depth + 1):
            # The stride is at a stage's end; the last stage has none.
            strides = 2 if number == depth and stage < 5 else 1
            name = f"conv{stage}_block{number}"
            x = _block_v2(build, x, filters, strides, number == 1, name)
    x = build.act(_norm(build, x, "post_bn"), name="post_relu")
    return build.model(build.head(x))


_DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def _of(version: Any, depth: int) -> Any:
    return functools.partial(version, depths=_DEPTHS[depth])


ResNet50 = network("ResNet50", "resnet50", _V1, _of(_version_1, 50))
ResNet101 = network("ResNet101", "resnet101", _V1, _of(_version_1, 101))
ResNet152 = network("ResNet152", "resnet152", _V1, _of(_version_1, 152))
ResNet50V2 = network("ResNet50V2", "resnet50v2", _V2, _of(_version_2, 50))
ResNet101V2 = network("ResNet101V2", "resnet101v2", _V2, _of(_version_2, 101))
ResNet152V2 = network("ResNet152V2", "resnet152v2", _V2, _of(_version_2, 152))
