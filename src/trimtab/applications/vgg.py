"""VGG16 and VGG19, as they are and with Batch Normalization."""

from __future__ import annotations

import os
from typing import Any

from trimtab import layers
from trimtab.applications.building import Builder, Network, Options, documentation, options_of
from trimtab.models import Model

_FILTERS = (64, 128, 256, 512, 512)
_SOURCE = "Simonyan and Zisserman, 2015, arXiv:1409.1556"
_FURTHER = """
        batch_norm: Whether Batch Normalization stands between each linear layer, then without
            bias, and its activation; there are no published weights of it."""


def _build(options: Options, depths: tuple[int, ...], batch_norm: bool) -> Model:
    build = Builder(options, size=224, least=32)
    x = build.image
    for block, (depth, filters) in enumerate(zip(depths, _FILTERS, strict=True), start=1):
        for number in range(1, depth + 1):
            name = f"block{block}_conv{number}"
            if batch_norm:
                x = build.conv(x, filters, 3, name=name)
                x = build.act(build.norm(x, f"block{block}_bn{number}"))
            else:
                x = build.conv(x, filters, 3, bias=True, name=name, activation="relu")
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    if not options.include_top:
        return build.model(build.pooled(x), published=not batch_norm)
    x = layers.Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        if batch_norm:
            x = layers.Dense(4096, use_bias=False, name=name)(x)
            x = build.act(layers.BatchNormalization(name=f"{name}_bn")(x))
        else:
            x = layers.Dense(4096, activation="relu", name=name)(x)
    return build.model(build.classified(x), published=not batch_norm)


def _vgg(title: str, depths: tuple[int, ...]) -> Network:
    default_name = title.lower()

    def make(
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = "imagenet",
        input_tensor: Any = None,
        input_shape: tuple[int | None, ...] | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        name: str = default_name,
        batch_norm: bool = False,
    ) -> Model:
        options = options_of(locals())
        return _build(options, depths, batch_norm)

    make.__name__ = make.__qualname__ = title
    make.__doc__ = documentation(title, _SOURCE, _FURTHER)
    return make


VGG16 = _vgg("VGG16", (2, 2, 3, 3, 3))
VGG19 = _vgg("VGG19", (2, 2, 4, 4, 4))
