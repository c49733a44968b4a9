"""A network wired as ResNet50 is, with its 53 normalisations, for the speed of an audit."""

from __future__ import annotations

from typing import Any

from correct_registry import bn, compiled, head, image

from trimtab import Model, layers


def resnet50(width: int = 64) -> Any:
    """ResNet50, or a slimmer one of the same wiring."""
    x = image(224)
    y = layers.Conv2D(width, 7, strides=2)(layers.ZeroPadding2D(3)(x))
    y = layers.ReLU()(bn(epsilon=1.001e-5)(y))
    y = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(y))
    for filters, blocks, strides in (
        (width, 3, 1),
        (2 * width, 4, 2),
        (4 * width, 6, 2),
        (8 * width, 3, 2),
    ):
        for number in range(blocks):
            y = _block(y, filters, strides if number == 0 else 1, number == 0)
    return compiled(Model(x, head(y, 1000)))


def _block(x: Any, filters: int, strides: int, has_projection: bool) -> Any:
    shortcut = x
    if has_projection:
        shortcut = bn(epsilon=1.001e-5)(layers.Conv2D(4 * filters, 1, strides=strides)(x))
    y = layers.ReLU()(bn(epsilon=1.001e-5)(layers.Conv2D(filters, 1, strides=strides)(x)))
    y = layers.Conv2D(filters, 3, padding="same")(y)
    y = layers.ReLU()(bn(epsilon=1.001e-5)(y))
    y = bn(epsilon=1.001e-5)(layers.Conv2D(4 * filters, 1)(y))
    return layers.ReLU()(layers.Add()([shortcut, y]))
