"""MobileNet and MobileNetV2."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from trimtab import layers
from trimtab.applications.building import Builder, Options, documentation, options_of
from trimtab.applications.depthwise import MOMENTUM, padded, published_size, width
from trimtab.core import settings
from trimtab.models import Model

_SIZES = (96, 128, 160, 192, 224)
_FURTHER = """
        alpha: Factor of the number of filters in each layer."""
# Filters and stride of each block.
_V1 = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *(((512, 1),) * 5),
    *((1024, 2), (1024, 1)),
)
# Filters, blocks, and the stride of the first.
_V2 = ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))


def _own_size(shape: tuple[int | None, ...] | None, sizes: tuple[int, ...]) -> int:
    """The default size of images: that of `shape` if weights of it were published."""
    if shape is None or len(shape) != 3:
        return 224
    is_first = settings.image_data_format() == "channels_first"
    rows, columns = shape[1:] if is_first else shape[:2]
    return rows if rows == columns and rows in sizes else 224


def _options(
    title: str, options: Options, alpha: float, alphas: tuple[float, ...], sizes: tuple[int, ...]
) -> tuple[Options, str, int]:
    """The options with the model's name, the key of its weights, and the images' size."""
    size = _own_size(options.input_shape, sizes)
    rows: int | None = size
    is_first = settings.image_data_format() == "channels_first"
    if options.input_shape is not None:
        rows = options.input_shape[1 if is_first else 0]
    elif not options.include_top:
        rows = None
    used = size
    if options.weights == "imagenet":
        if alpha not in alphas:
            raise ValueError(
                f"{title}: `alpha` must be one of {', '.join(map(str, alphas))} with published "
                f"weights; got {alpha}"
            )
        shape = options.input_shape
        used = size if shape is None else published_size(title, tuple(shape), sizes)
        rows = used
    prefix = "mobilenet" if title == "MobileNet" else "mobilenetv2"
    name = options.name or f"{prefix}_{alpha:0.2f}_{rows}"
    text = f"{alpha:0.2f}" if title == "MobileNet" else str(float(alpha))
    key = f"{'mobilenet' if title == 'MobileNet' else 'mobilenet_v2'}_{text}_{used}"
    return replace(options, name=name), key, size


def MobileNet(  # the name of the network
    input_shape: tuple[int | None, ...] | None = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 0.001,
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """Replaced below by the text that all networks share."""
    given = replace(options_of(locals()), name=name or "")
    sizes = _SIZES[1:]
    options, key, size = _options("MobileNet", given, alpha, (0.25, 0.5, 0.75, 1.0), sizes)
    if weights == "imagenet" and depth_multiplier != 1:
        raise ValueError(
            "MobileNet: `depth_multiplier` must be 1 with published weights; got "
            f"{depth_multiplier}"
        )
    build = Builder(options, size, 32, key)
    x = build.conv(build.image, int(32 * alpha), 3, 2, name="conv1")
    x = _relu6(build, x, "conv1", "_bn", "_relu")
    for number, (filters, strides) in enumerate(_V1, start=1):
        x = _separated(build, x, int(filters * alpha), strides, depth_multiplier, number)
    if not include_top:
        return build.model(build.pooled(x))
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = build.conv(x, classes, 1, bias=True, name="conv_preds")
    x = layers.Reshape((classes,), name="reshape_2")(x)
    return build.model(build.act(x, classifier_activation, "predictions"))


def _relu6(build: Builder, x: Any, name: str, norm: str, relu: str, **named: Any) -> Any:
    """Batch Normalization and an activation of at most 6."""
    x = build.norm(x, f"{name}{norm}", axis=build.channel_axis, **named)
    return layers.ReLU(6.0, name=f"{name}{relu}")(x)


def _separated(
    build: Builder, x: Any, filters: int, strides: int, multiplier: int, number: int
) -> Any:
    """A depthwise convolution, then one of size 1, each with Batch Normalization."""
    if strides > 1:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
    x = layers.DepthwiseConv2D(
        3,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        depth_multiplier=multiplier,
        use_bias=False,
        name=f"conv_dw_{number}",
    )(x)
    x = _relu6(build, x, f"conv_dw_{number}", "_bn", "_relu")
    x = build.conv(x, filters, 1, name=f"conv_pw_{number}")
    return _relu6(build, x, f"conv_pw_{number}", "_bn", "_relu")


def MobileNetV2(  # the name of the network
    input_shape: tuple[int | None, ...] | None = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """Replaced below by the text that all networks share."""
    given = replace(options_of(locals()), name=name or "")
    alphas = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
    options, key, size = _options("MobileNetV2", given, alpha, alphas, _SIZES)
    build = Builder(options, size, 32, key)
    x = build.conv(build.image, width(32 * alpha), 3, 2, name="Conv1")
    x = build.norm(x, "bn_Conv1", axis=build.channel_axis, momentum=MOMENTUM)
    x = layers.ReLU(6.0, name="Conv1_relu")(x)
    number = 0
    for filters, blocks, first in _V2:
        for block in range(blocks):
            strides = first if block == 0 else 1
            x = _inverted(build, x, width(int(filters * alpha)), strides, number)
            number += 1
    last = width(1280 * alpha) if alpha > 1 else 1280
    x = build.conv(x, last, 1, padding="valid", name="Conv_1")
    x = build.norm(x, "Conv_1_bn", axis=build.channel_axis, momentum=MOMENTUM)
    x = layers.ReLU(6.0, name="out_relu")(x)
    if not include_top:
        return build.model(build.pooled(x))
    return build.model(build.classified(layers.GlobalAveragePooling2D()(x)))


def _inverted(build: Builder, x: Any, filters: int, strides: int, number: int) -> Any:
    """Wide inside, narrow and linear outside, with a shortcut where shapes allow it."""
    shortcut, channels = x, build.channels(x)
    prefix = f"block_{number}_" if number else "expanded_conv_"
    if number:
        x = build.conv(x, 6 * channels, 1, name=f"{prefix}expand")
        x = _relu6(build, x, f"{prefix}expand", "_BN", "_relu", momentum=MOMENTUM)
    if strides > 1:
        x = padded(build, x, 3, f"{prefix}pad")
    x = layers.DepthwiseConv2D(
        3,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,
        name=f"{prefix}depthwise",
    )(x)
    x = _relu6(build, x, f"{prefix}depthwise", "_BN", "_relu", momentum=MOMENTUM)
    x = build.conv(x, filters, 1, name=f"{prefix}project")
    x = build.norm(x, f"{prefix}project_BN", axis=build.channel_axis, momentum=MOMENTUM)
    if channels == filters and strides == 1:
        return layers.Add(name=f"{prefix}add")([shortcut, x])
    return x


MobileNet.__doc__ = documentation(
    "MobileNet",
    "Howard et al., 2017, arXiv:1704.04861",
    _FURTHER
    + """
        depth_multiplier: Channels that each depthwise convolution makes of one.
        dropout: Rate before the classifier.""",
)
MobileNetV2.__doc__ = documentation(
    "MobileNetV2", "Sandler et al., 2018, arXiv:1801.04381", _FURTHER
)
