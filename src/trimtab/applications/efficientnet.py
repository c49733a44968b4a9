"""EfficientNet: one network, scaled in width, depth and the size of its images."""

from __future__ import annotations

import functools
import math
from typing import Any

from trimtab import layers
from trimtab.applications.building import Builder, Network, Options, network
from trimtab.applications.depthwise import padded, width
from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.applications.inverted import DROP, added, ended, kernel, unit, weighed
from trimtab.models import Model

_SOURCE = "Tan and Le, 2019, arXiv:1905.11946"
# Kernel, blocks, filters out, expansion, stride of each stage of the smallest network.
_STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)
_SQUEEZE = 0.25
# Deviations of ImageNet's pixels, by whose roots the published weights want them divided again.
_DEVIATIONS = (0.229, 0.224, 0.225)


def _block(
    build: Builder,
    x: Any,
    filters: tuple[int, int],
    size: int,
    expansion: int,
    strides: int,
    rate: float,
    name: str,
) -> Any:
    """An inverted block: wide inside, its channels weighed, linear at the end."""
    before, after = filters
    shortcut, inside = x, before * expansion
    if expansion != 1:
        names = (f"{name}expand_conv", f"{name}expand_bn", f"{name}expand_activation")
        x = unit(build, x, inside, names)
    if strides > 1:
        x = padded(build, x, size, f"{name}dwconv_pad")
    x = layers.DepthwiseConv2D(
        size,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,
        depthwise_initializer=kernel(),
        name=f"{name}dwconv",
    )(x)
    x = build.act(build.norm(x, f"{name}bn"), "swish", f"{name}activation")
    x = weighed(build, x, inside, max(1, int(before * _SQUEEZE)), name)
    x = unit(build, x, after, (f"{name}project_conv", f"{name}project_bn", None))
    if strides == 1 and before == after:
        return added(x, shortcut, rate, name)
    return x


def _build(options: Options, side: int, widths: float, depths: float, dropout: float) -> Model:
    build = Builder(options, side, 32)
    x = layers.Rescaling(1.0 / 255.0)(build.image)
    x = layers.Normalization(axis=build.axis)(x)
    if options.weights == "imagenet":
        x = layers.Rescaling([1.0 / math.sqrt(part) for part in _DEVIATIONS])(x)
    x = padded(build, x, 3, "stem_conv_pad")
    stem = width(32 * widths)
    x = unit(build, x, stem, ("stem_conv", "stem_bn", "stem_activation"), 3, 2, "valid")
    total = sum(math.ceil(depths * blocks) for _, blocks, *_ in _STAGES)
    before, done = stem, 0
    for stage, (size, blocks, filters, expansion, first) in enumerate(_STAGES, start=1):
        after = width(filters * widths)
        for block in range(math.ceil(depths * blocks)):
            strides = first if block == 0 else 1
            name = f"block{stage}{chr(ord('a') + block)}_"
            rate = DROP * done / total
            x = _block(build, x, (before, after), size, expansion, strides, rate, name)
            before, done = after, done + 1
    x = unit(build, x, width(1280 * widths), ("top_conv", "top_bn", "top_activation"))
    return ended(build, x, dropout)


def _scaled(number: int, side: int, widths: float, depths: float, dropout: float) -> Network:
    build = functools.partial(_build, side=side, widths=widths, depths=depths, dropout=dropout)
    return network(f"EfficientNetB{number}", f"efficientnetb{number}", _SOURCE, build)


EfficientNetB0 = _scaled(0, 224, 1.0, 1.0, 0.2)
EfficientNetB1 = _scaled(1, 240, 1.0, 1.1, 0.2)
EfficientNetB2 = _scaled(2, 260, 1.1, 1.2, 0.3)
EfficientNetB3 = _scaled(3, 300, 1.2, 1.4, 0.3)
EfficientNetB4 = _scaled(4, 380, 1.4, 1.8, 0.4)
EfficientNetB5 = _scaled(5, 456, 1.6, 2.2, 0.4)
EfficientNetB6 = _scaled(6, 528, 1.8, 2.6, 0.5)
EfficientNetB7 = _scaled(7, 600, 2.0, 3.1, 0.5)

preprocess_input = preprocessing(None)
