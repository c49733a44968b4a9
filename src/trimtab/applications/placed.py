"""GoogLeNet and CaffeNet128, with the place of Batch Normalization as an argument.

They are the networks of the benchmark that compares the places on ImageNet:
https://github.com/ducha-aiki/caffenet-benchmark/blob/master/batchnorm.md
"""

from __future__ import annotations

import os
from typing import Any, Literal

from trimtab import layers
from trimtab.applications.building import Builder, options_of
from trimtab.models import Model

Position = Literal["before", "after"] | None

# Filters of an Inception block: 1x1; 3x3 and what reduces it; 5x5 and what reduces it; pooling's.
_INCEPTION = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
_POSITIONS = ("before", "after", None)


class _Placed:
    """Linear layers with their activation, and Batch Normalization where it is wanted."""

    def __init__(self, build: Builder, position: Position, activation: Any) -> None:
        if position not in _POSITIONS:
            raise ValueError(
                f"{build.options.name}: `norm_position` must be 'before', 'after' or None; got "
                f"{position!r}"
            )
        self.build = build
        self.position = position
        self.activation = activation

    def conv(
        self,
        x: Any,
        filters: int,
        size: int,
        name: str,
        strides: int = 1,
        padding: str = "same",
        groups: int = 1,
    ) -> Any:
        """A convolution, without a bias where Batch Normalization follows at once."""
        bias = self.position != "before"
        x = self.build.conv(x, filters, size, strides, padding, bias, name, groups=groups)
        return self.finished(x, name)

    def dense(self, x: Any, units: int, name: str) -> Any:
        """A dense layer, without a bias where Batch Normalization follows at once."""
        x = layers.Dense(units, use_bias=self.position != "before", name=name)(x)
        return self.finished(x, name)

    def finished(self, x: Any, name: str) -> Any:
        """The activation, and Batch Normalization in its place."""
        if self.position == "before":
            x = self._norm(x, name)
        x = self.build.act(x, self.activation, f"{name}_act")
        return self._norm(x, name) if self.position == "after" else x

    def _norm(self, x: Any, name: str) -> Any:
        axis = self.build.axis if len(x.shape) == 4 else -1
        return layers.BatchNormalization(axis=axis, name=f"{name}_bn")(x)


def _inception(net: _Placed, x: Any, block: str) -> Any:
    one, before_three, three, before_five, five, pooled = _INCEPTION[block]
    name = f"inception_{block}"
    branches = [
        net.conv(x, one, 1, f"{name}_1x1"),
        net.conv(net.conv(x, before_three, 1, f"{name}_3x3_reduce"), three, 3, f"{name}_3x3"),
        net.conv(net.conv(x, before_five, 1, f"{name}_5x5_reduce"), five, 5, f"{name}_5x5"),
    ]
    pool = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    branches.append(net.conv(pool, pooled, 1, f"{name}_pool_proj"))
    return layers.Concatenate(axis=net.build.axis, name=f"{name}_output")(branches)


def GoogLeNet(  # the name of the network
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = None,
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "googlenet",
    norm_position: Position = "before",
    activation: Any = "relu",
    dropout: float = 0.4,
) -> Model:
    """GoogLeNet (Inception v1), with Batch Normalization before or after activations, or without.

    Without its two auxiliary classifiers and the response normalization, which Batch Normalization
    replaced.

    Args:
        include_top: Whether the classifier is part of it.
        weights: The path of a file of weights, or None for random ones.
        input_tensor: A KerasTensor to begin with.
        input_shape: Shape of an image without the batch; 224 by 224 if None.
        pooling: Without the classifier: "avg" or "max" of each channel, or None for the features.
        classes: Outputs of the classifier.
        classifier_activation: Its activation; None for logits.
        name: The model's name.
        norm_position: "before" or "after" each activation, or None for no normalization; biases
            are left out where it follows a linear layer at once.
        activation: The activation of all layers but the last.
        dropout: Rate before the classifier.

    Returns:
        The model.

    Raises:
        ValueError: If an argument does not fit the network.

    Source: Szegedy et al., 2015, arXiv:1409.4842, table 1.
    """
    options = options_of(locals())
    build = Builder(options, size=224, least=32)
    net = _Placed(build, norm_position, activation)
    x = net.conv(build.image, 64, 7, "conv1_7x7", strides=2)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    x = net.conv(net.conv(x, 64, 1, "conv2_3x3_reduce"), 192, 3, "conv2_3x3")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool2")(x)
    for block in _INCEPTION:
        if block in ("4a", "5a"):
            stage = "pool3" if block == "4a" else "pool4"
            x = layers.MaxPooling2D(3, strides=2, padding="same", name=stage)(x)
        x = _inception(net, x, block)
    if not include_top:
        return build.model(build.pooled(x, names=True))
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    return build.model(build.classified(x))


def CaffeNet128(  # the name of the network
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = None,
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "caffenet128",
    norm_position: Position = None,
    activation: Any = "relu",
    dropout: float = 0.5,
) -> Model:
    """CaffeNet for images of 128 by 128, with 2048 units in its dense layers.

    Without response normalization, as in the benchmark.

    Args:
        include_top: Whether the dense layers are part of it.
        weights: The path of a file of weights, or None for random ones.
        input_tensor: A KerasTensor to begin with.
        input_shape: Shape of an image without the batch; 128 by 128 if None.
        pooling: Without the dense layers: "avg" or "max" of each channel, or None.
        classes: Outputs of the classifier.
        classifier_activation: Its activation; None for logits.
        name: The model's name.
        norm_position: "before" or "after" each activation, or None for no normalization.
        activation: The activation of all layers but the last.
        dropout: Rate behind the two dense layers.

    Returns:
        The model.

    Raises:
        ValueError: If an argument does not fit the network.

    Source: Mishkin et al., 2017, arXiv:1606.02228, and Krizhevsky et al., 2012.
    """
    options = options_of(locals())
    build = Builder(options, size=128, least=67)
    net = _Placed(build, norm_position, activation)
    x = net.conv(build.image, 96, 11, "conv1", strides=4, padding="valid")
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    x = net.conv(x, 256, 5, "conv2", groups=2)
    x = layers.MaxPooling2D(3, strides=2, name="pool2")(x)
    x = net.conv(x, 384, 3, "conv3")
    x = net.conv(x, 384, 3, "conv4", groups=2)
    x = net.conv(x, 256, 3, "conv5", groups=2)
    x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)
    if not include_top:
        return build.model(build.pooled(x, names=True))
    x = layers.Flatten(name="flatten")(x)
    for number in (6, 7):
        x = net.dense(x, 2048, f"fc{number}")
        x = layers.Dropout(dropout, name=f"drop{number}")(x)
    return build.model(build.classified(x, "fc8"))
