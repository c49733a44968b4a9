"""InceptionResNetV2: Inception's branches as residuals, added at a fraction of their size."""

from __future__ import annotations

from typing import Any

from trimtab import layers
from trimtab.applications.building import Builder, Options, network
from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.applications.inception_units import Unit, Units
from trimtab.core.config import keras_export
from trimtab.models import Model

_SOURCE = "Szegedy et al., 2017, arXiv:1602.07261"
# The branches of each kind of block, as units of (filters, size).
_BLOCKS: dict[str, tuple[tuple[Unit, ...], ...]] = {
    "block35": (((32, 1),), ((32, 1), (32, 3)), ((32, 1), (48, 3), (64, 3))),
    "block17": (((192, 1),), ((128, 1), (160, (1, 7)), (192, (7, 1)))),
    "block8": (((192, 1),), ((192, 1), (224, (1, 3)), (256, (3, 1)))),
}


@keras_export("keras.src.applications.inception_resnet_v2.CustomScaleLayer")
class CustomScaleLayer(layers.Layer):
    """`first + scale * second` of two inputs.

    Args:
        scale: The factor.
        **kwargs: As for `Layer`.
    """

    def __init__(self, scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Any) -> Any:
        """The sum."""
        return inputs[0] + inputs[1] * self.scale

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of both inputs."""
        return tuple(input_shape[0])


class _Net(Units):
    """The blocks of InceptionResNetV2."""

    def reduced(self, x: Any, *units: Unit) -> Any:
        """A chain whose last unit has a stride of 2."""
        filters, size = units[-1]
        return self.unit(self.chain(x, *units[:-1]), filters, size, 2, "valid")

    def residual(self, x: Any, kind: str, number: int, scale: float, relu: bool = True) -> Any:
        """A block of branches, added to its input."""
        name = f"{kind}_{number}"
        mixed = self.join([self.chain(x, *units) for units in _BLOCKS[kind]], f"{name}_mixed")
        up = self.build.conv(mixed, self.build.channels(x), 1, bias=True, name=f"{name}_conv")
        x = CustomScaleLayer(scale)([x, up])
        return self.build.act(x, name=f"{name}_ac") if relu else x


def _build(options: Options) -> Model:
    build = Builder(options, size=299, least=75)
    net = _Net(build)
    x = net.stem()
    branches = [net.unit(x, 96, 1), net.chain(x, (48, 1), (64, 5))]
    branches.append(net.chain(x, (64, 1), (96, 3), (96, 3)))
    branches.append(net.pool(x, 64))
    x = net.join(branches, "mixed_5b")
    for number in range(1, 11):
        x = net.residual(x, "block35", number, 0.17)
    branches = [net.reduced(x, (384, 3)), net.reduced(x, (256, 1), (256, 3), (384, 3))]
    x = net.join([*branches, layers.MaxPooling2D(3, strides=2)(x)], "mixed_6a")
    for number in range(1, 21):
        x = net.residual(x, "block17", number, 0.1)
    branches = [net.reduced(x, (256, 1), (384, 3)), net.reduced(x, (256, 1), (288, 3))]
    branches.append(net.reduced(x, (256, 1), (288, 3), (320, 3)))
    x = net.join([*branches, layers.MaxPooling2D(3, strides=2)(x)], "mixed_7a")
    for number in range(1, 10):
        x = net.residual(x, "block8", number, 0.2)
    x = net.residual(x, "block8", 10, 1.0, relu=False)
    x = net.unit(x, 1536, 1, name="conv_7b")
    return build.model(build.head(x, names=False))


InceptionResNetV2 = network("InceptionResNetV2", "inception_resnet_v2", _SOURCE, _build)

preprocess_input = preprocessing("tf")
