"""MobileNetV3, large and small."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

from trimtab import layers
from trimtab.applications.building import Builder, Network, Options, documentation, options_of
from trimtab.applications.depthwise import MOMENTUM, padded, width
from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.core import settings
from trimtab.models import Model

_SOURCE = "Howard et al., 2019, arXiv:1905.02244"
_FURTHER = """
        alpha: Factor of the number of filters in each layer.
        minimalistic: Whether kernels are 3 by 3, activations relu, and no block weighs its
            channels.
        dropout_rate: Rate before the classifier.
        include_preprocessing: Whether pixels of [0, 255] are scaled inside."""
# (expansion, filters, wide kernel, stride, weighs channels, swish) of each block.
_Block = tuple[float, int, bool, int, bool, bool]
_LARGE: tuple[_Block, ...] = (
    (1, 16, False, 1, False, False),
    (4, 24, False, 2, False, False),
    (3, 24, False, 1, False, False),
    (3, 40, True, 2, True, False),
    (3, 40, True, 1, True, False),
    (3, 40, True, 1, True, False),
    (6, 80, False, 2, False, True),
    (2.5, 80, False, 1, False, True),
    (2.3, 80, False, 1, False, True),
    (2.3, 80, False, 1, False, True),
    (6, 112, False, 1, True, True),
    (6, 112, False, 1, True, True),
    (6, 160, True, 2, True, True),
    (6, 160, True, 1, True, True),
    (6, 160, True, 1, True, True),
)
_SMALL: tuple[_Block, ...] = (
    (1, 16, False, 2, True, False),
    (72 / 16, 24, False, 2, False, False),
    (88 / 24, 24, False, 1, False, False),
    (4, 40, True, 2, True, True),
    (6, 40, True, 1, True, True),
    (6, 40, True, 1, True, True),
    (3, 48, True, 1, True, True),
    (3, 48, True, 1, True, True),
    (6, 96, True, 2, True, True),
    (6, 96, True, 1, True, True),
    (6, 96, True, 1, True, True),
)
_Activation = Callable[[Any], Any]


def _relu(x: Any) -> Any:
    return layers.ReLU()(x)


def _swish(x: Any) -> Any:
    return layers.Activation("hard_swish")(x)


def _weighed(build: Builder, x: Any, filters: int, prefix: str) -> Any:
    """Each channel times a factor that the means of all channels decide."""
    prefix = f"{prefix}squeeze_excite_"
    y = layers.GlobalAveragePooling2D(keepdims=True, name=f"{prefix}avg_pool")(x)
    y = build.conv(y, width(filters * 0.25), 1, bias=True, name=f"{prefix}conv")
    y = layers.ReLU(name=f"{prefix}relu")(y)
    y = build.conv(y, filters, 1, bias=True, name=f"{prefix}conv_1")
    y = layers.ReLU(6.0)(y + 3.0) * (1.0 / 6.0)
    return layers.Multiply(name=f"{prefix}mul")([x, y])


def _norm(build: Builder, x: Any, name: str) -> Any:
    return build.norm(x, name, axis=build.channel_axis, momentum=MOMENTUM)


def _inverted(
    build: Builder,
    x: Any,
    block: _Block,
    filters: int,
    minimalistic: bool,
    number: int,
) -> Any:
    expansion, _, is_wide, strides, weighs, is_swish = block
    act: _Activation = _swish if is_swish and not minimalistic else _relu
    size = 5 if is_wide and not minimalistic else 3
    shortcut, channels = x, build.channels(x)
    inside = width(channels * expansion)
    prefix = f"expanded_conv_{number}_" if number else "expanded_conv_"
    if number:
        x = build.conv(x, inside, 1, name=f"{prefix}expand")
        x = act(_norm(build, x, f"{prefix}expand_bn"))
    if strides > 1:
        x = padded(build, x, size, f"{prefix}depthwise_pad")
    x = layers.DepthwiseConv2D(
        size,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,
        name=f"{prefix}depthwise",
    )(x)
    x = act(_norm(build, x, f"{prefix}depthwise_bn"))
    if weighs and not minimalistic:
        x = _weighed(build, x, inside, prefix)
    x = build.conv(x, filters, 1, name=f"{prefix}project")
    x = _norm(build, x, f"{prefix}project_bn")
    if strides == 1 and channels == filters:
        x = layers.Add(name=f"{prefix}add")([shortcut, x])
    return x


def _shape(options: Options) -> tuple[int | None, ...] | None:
    """The images' shape: that of the tensor to begin with, or any size."""
    given = options.input_tensor
    if options.input_shape is None and given is not None:
        return tuple(given.shape[1:])
    return options.input_shape


def _check(options: Options, alpha: float, minimalistic: bool) -> None:
    if options.weights != "imagenet":
        return
    alphas = (1.0,) if minimalistic else (0.75, 1.0)
    if alpha not in alphas:
        raise ValueError(
            f"{options.name}: `alpha` must be {' or '.join(map(str, alphas))} with published "
            f"weights; got {alpha}"
        )
    is_first = settings.image_data_format() == "channels_first"
    sides = None if options.input_shape is None else options.input_shape
    spatial = sides and (sides[1:] if is_first else sides[:2])
    if spatial is not None and tuple(spatial) != (224, 224):
        warnings.warn(
            f"{options.name}: the published weights are for images of 224x224; got `input_shape` "
            f"{options.input_shape}",
            stacklevel=4,
        )


def _version_3(title: str, blocks: tuple[_Block, ...], last: int) -> Network:
    default_name = title

    def make(
        input_shape: tuple[int | None, ...] | None = None,
        alpha: float = 1.0,
        minimalistic: bool = False,
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = "imagenet",
        input_tensor: Any = None,
        classes: int = 1000,
        pooling: str | None = None,
        dropout_rate: float = 0.2,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
        name: str = default_name,
    ) -> Model:
        options = options_of(locals())
        _check(options, alpha, minimalistic)
        size = "large" if blocks is _LARGE else "small"
        kind = f"{size}_minimalistic" if minimalistic else size
        build = Builder(options, 224, 32, f"mobilenet_v3_{kind}_224_{alpha}_float", fixed=False)
        x = build.image
        if include_preprocessing:
            x = layers.Rescaling(scale=1.0 / 127.5, offset=-1.0)(x)
        act: _Activation = _relu if minimalistic else _swish
        x = act(_norm(build, build.conv(x, 16, 3, 2, name="conv"), "conv_bn"))
        for number, block in enumerate(blocks):
            x = _inverted(build, x, block, width(block[1] * alpha), minimalistic, number)
        x = build.conv(x, width(build.channels(x) * 6), 1, name="conv_1")
        x = act(_norm(build, x, "conv_1_bn"))
        if not include_top:
            return build.model(build.pooled(x, names=True))
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        wide = width(last * alpha) if alpha > 1 else last
        x = act(build.conv(x, wide, 1, bias=True, name="conv_2"))
        if dropout_rate > 0:
            x = layers.Dropout(dropout_rate)(x)
        x = layers.Flatten()(build.conv(x, classes, 1, bias=True, name="logits"))
        return build.model(build.act(x, classifier_activation, "predictions"))

    make.__name__ = make.__qualname__ = title
    make.__doc__ = documentation(title, _SOURCE, _FURTHER)
    return make


MobileNetV3Large = _version_3("MobileNetV3Large", _LARGE, 1280)
MobileNetV3Small = _version_3("MobileNetV3Small", _SMALL, 1024)

preprocess_input = preprocessing(None)
