"""EfficientNetV2: dense convolutions first, depthwise ones with weighed channels behind them."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

from trimtab import layers
from trimtab.applications.building import Builder, Network, Options, documentation, options_of
from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.applications.inverted import DROP, added, ended, kernel, unit, weighed
from trimtab.models import Model

_SOURCE = "Tan and Le, 2021, arXiv:2104.00298"
_FURTHER = """
        include_preprocessing: Whether pixels of [0, 255] are scaled inside."""
_MOMENTUM = 0.9
_DROPOUT = 0.2
# Means and variances of ImageNet's pixels over 255, by which networks B0 to B3 normalise images.
_MEANS = [0.485, 0.456, 0.406]
_VARIANCES = [0.229**2, 0.224**2, 0.225**2]


@dataclass(frozen=True)
class _Stage:
    """Blocks that have the same number of filters.

    Attributes:
        is_fused: Whether its blocks have one dense convolution in place of a depthwise one.
        blocks: How many.
        filters: Channels of each block's result.
        expansion: How many times wider a block is inside.
        strides: Of the first block.
    """

    is_fused: bool
    blocks: int
    filters: int
    expansion: int
    strides: int

    @property
    def squeeze(self) -> float:
        """Share of a block's first channels between the convolutions that weigh its channels."""
        return 0.0 if self.is_fused else 0.25


@dataclass(frozen=True)
class _Plan:
    """One of the networks.

    Attributes:
        size: Height and width of the images that it was published for.
        stem: Filters of the first convolution.
        stages: Of networks of its kind.
        widths: Factor of the filters.
        depths: Factor of the blocks.
        is_normalised: Whether pixels are normalised by ImageNet's statistics.
    """

    size: int
    stem: int
    stages: tuple[_Stage, ...]
    widths: float = 1.0
    depths: float = 1.0
    is_normalised: bool = False

    def filters(self, count: int) -> int:
        """The multiple of 8 next to `count` times the network's factor."""
        return max(8, int(count * self.widths + 4) // 8 * 8)


def _stages(*rows: tuple[int, int, int, int]) -> tuple[_Stage, ...]:
    """Rows of blocks, filters, expansion and stride; the first three are of dense convolutions."""
    return tuple(_Stage(number < 3, *row) for number, row in enumerate(rows))


_B = _stages(
    (1, 16, 1, 1),
    (2, 32, 4, 2),
    (2, 48, 4, 2),
    (3, 96, 4, 2),
    (5, 112, 6, 1),
    (8, 192, 6, 2),
)
_S = _stages(
    (2, 24, 1, 1),
    (4, 48, 4, 2),
    (4, 64, 4, 2),
    (6, 128, 4, 2),
    (9, 160, 6, 1),
    (15, 256, 6, 2),
)
_M = _stages(
    (3, 24, 1, 1),
    (5, 48, 4, 2),
    (5, 80, 4, 2),
    (7, 160, 4, 2),
    (14, 176, 6, 1),
    (18, 304, 6, 2),
    (5, 512, 6, 1),
)
_L = _stages(
    (4, 32, 1, 1),
    (7, 64, 4, 2),
    (7, 96, 4, 2),
    (10, 192, 4, 2),
    (19, 224, 6, 1),
    (25, 384, 6, 2),
    (7, 640, 6, 1),
)


def _prepared(build: Builder, plan: _Plan) -> Any:
    """Pixels of [0, 255] in the range that the network wants."""
    x = build.image
    if plan.is_normalised and build.channels(x) == 3:
        x = layers.Rescaling(1.0 / 255)(x)
        return layers.Normalization(mean=_MEANS, variance=_VARIANCES, axis=build.axis)(x)
    return layers.Rescaling(1.0 / 128, offset=-1)(x)


def _fused(build: Builder, x: Any, stage: _Stage, after: int, strides: int, name: str) -> Any:
    """A dense convolution that widens, one of size 1 that narrows; a single one if as wide."""
    names = (f"{name}project_conv", f"{name}project_bn", f"{name}project_activation")
    if stage.expansion == 1:
        return unit(build, x, after, names, 3, strides, momentum=_MOMENTUM)
    inside = build.channels(x) * stage.expansion
    wide = (f"{name}expand_conv", f"{name}expand_bn", f"{name}expand_activation")
    x = unit(build, x, inside, wide, 3, strides, momentum=_MOMENTUM)
    return unit(build, x, after, (*names[:2], None), momentum=_MOMENTUM)


def _inverted(build: Builder, x: Any, stage: _Stage, after: int, strides: int, name: str) -> Any:
    """Wide inside, a depthwise convolution there, its channels weighed, linear at the end."""
    before = build.channels(x)
    inside = before * stage.expansion
    wide = (f"{name}expand_conv", f"{name}expand_bn", f"{name}expand_activation")
    x = unit(build, x, inside, wide, momentum=_MOMENTUM)
    x = layers.DepthwiseConv2D(
        3,
        strides=strides,
        padding="same",
        use_bias=False,
        depthwise_initializer=kernel(),
        name=f"{name}dwconv2",
    )(x)
    x = build.act(build.norm(x, f"{name}bn", momentum=_MOMENTUM), "swish", f"{name}activation")
    x = weighed(build, x, inside, max(1, int(before * stage.squeeze)), name)
    names = (f"{name}project_conv", f"{name}project_bn", None)
    return unit(build, x, after, names, momentum=_MOMENTUM)


def _features(build: Builder, x: Any, plan: _Plan) -> Any:
    # Rates of whole blocks' dropout are for the depth of the smallest network of the kind.
    total, done = sum(stage.blocks for stage in plan.stages), 0
    for number, stage in enumerate(plan.stages, start=1):
        after = plan.filters(stage.filters)
        for block in range(math.ceil(stage.blocks * plan.depths)):
            name = f"block{number}{chr(ord('a') + block)}_"
            strides = stage.strides if block == 0 else 1
            make = _fused if stage.is_fused else _inverted
            made = make(build, x, stage, after, strides, name)
            if strides == 1 and build.channels(x) == after:
                made = added(made, x, DROP * done / total, name)
            x, done = made, done + 1
    return x


def _build(options: Options, plan: _Plan, weights_name: str, include_preprocessing: bool) -> Model:
    build = Builder(options, plan.size, 32, weights_name)
    x = _prepared(build, plan) if include_preprocessing else build.image
    names = ("stem_conv", "stem_bn", "stem_activation")
    x = unit(build, x, plan.filters(plan.stem), names, 3, 2, momentum=_MOMENTUM)
    x = _features(build, x, plan)
    names = ("top_conv", "top_bn", "top_activation")
    x = unit(build, x, plan.filters(1280), names, momentum=_MOMENTUM)
    return ended(build, x, _DROPOUT)


def _version_2(size: str, plan: _Plan) -> Network:
    title, default_name = f"EfficientNetV2{size}", f"efficientnetv2-{size.lower()}"

    def make(
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = "imagenet",
        input_tensor: Any = None,
        input_shape: tuple[int | None, ...] | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
        name: str = default_name,
    ) -> Model:
        return _build(options_of(locals()), plan, default_name, include_preprocessing)

    make.__name__ = make.__qualname__ = title
    make.__doc__ = documentation(title, _SOURCE, _FURTHER)
    return make


EfficientNetV2B0 = _version_2("B0", _Plan(224, 32, _B, 1.0, 1.0, True))
EfficientNetV2B1 = _version_2("B1", _Plan(240, 32, _B, 1.0, 1.1, True))
EfficientNetV2B2 = _version_2("B2", _Plan(260, 32, _B, 1.1, 1.2, True))
EfficientNetV2B3 = _version_2("B3", _Plan(300, 32, _B, 1.2, 1.4, True))
EfficientNetV2S = _version_2("S", _Plan(384, 24, _S))
EfficientNetV2M = _version_2("M", _Plan(480, 24, _M))
EfficientNetV2L = _version_2("L", _Plan(480, 32, _L))

preprocess_input = preprocessing(None)
