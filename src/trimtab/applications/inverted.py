"""What both generations of EfficientNet are made of: units, weights of channels, sums, the head."""

from __future__ import annotations

from typing import Any

from trimtab import initializers, layers
from trimtab.applications.building import Builder
from trimtab.models import Model

# Rate of the dropout that leaves out a whole block, were it the last one.
DROP = 0.2


def kernel() -> Any:
    """The distribution that kernels begin with."""
    return initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")


def unit(
    build: Builder,
    x: Any,
    filters: int,
    names: tuple[str, str, str | None],
    size: int = 1,
    strides: int = 1,
    padding: str = "same",
    momentum: float = 0.99,
) -> Any:
    """A convolution with Batch Normalization, and swish if there is a name for it.

    Args:
        build: The network's builder.
        x: Images.
        filters: Channels of the result.
        names: Those of the convolution, of Batch Normalization and of the activation.
        size: The kernel's height and width.
        strides: Its strides.
        padding: Its padding.
        momentum: Weight of the old value in moving statistics.
    """
    conv, norm, act = names
    x = build.conv(x, filters, size, strides, padding, name=conv, kernel_initializer=kernel())
    x = build.norm(x, norm, momentum=momentum)
    return x if act is None else build.act(x, "swish", act)


def weighed(build: Builder, x: Any, filters: int, squeezed: int, name: str) -> Any:
    """Each channel times a factor that the means of all channels decide.

    Args:
        build: The network's builder.
        x: Images.
        filters: Channels of `x`.
        squeezed: Channels between the two convolutions that make the factors.
        name: What the layers' names begin with.
    """
    y = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    shape = (filters, 1, 1) if build.is_first else (1, 1, filters)
    y = layers.Reshape(shape, name=f"{name}se_reshape")(y)
    for words, count, kind in (("reduce", squeezed, "swish"), ("expand", filters, "sigmoid")):
        named = {"activation": kind, "kernel_initializer": kernel()}
        y = build.conv(y, count, 1, bias=True, name=f"{name}se_{words}", **named)
    return layers.multiply([x, y], name=f"{name}se_excite")


def added(x: Any, shortcut: Any, rate: float, name: str) -> Any:
    """The sum of a block and what it began with; whole blocks are left out at `rate`."""
    if rate > 0:
        x = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.add([x, shortcut], name=f"{name}add")


def ended(build: Builder, x: Any, dropout: float) -> Model:
    """The model: features with its classifier, or pooled as its options say."""
    options = build.options
    if not options.include_top:
        return build.model(build.pooled(x, names=True))
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(dropout, name="top_dropout")(x)
    head = layers.Dense(
        options.classes,
        activation=options.classifier_activation,
        kernel_initializer=initializers.VarianceScaling(1 / 3, "fan_out", "uniform"),
        name="predictions",
    )
    return build.model(head(x))
