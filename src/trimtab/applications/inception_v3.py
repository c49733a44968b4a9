"""InceptionV3: branches of factorised convolutions."""

from __future__ import annotations

from typing import Any

from trimtab import layers
from trimtab.applications.building import Builder, Options, network
from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.applications.inception_units import Units
from trimtab.models import Model

_SOURCE = "Szegedy et al., 2016, arXiv:1512.00567"


class _Branches(Units):
    """The blocks of InceptionV3."""

    def small(self, x: Any, pooled: int, name: str) -> Any:
        """Block of 35 by 35 features."""
        one = self.unit(x, 64, 1)
        five = self.chain(x, (48, 1), (64, 5))
        three = self.chain(x, (64, 1), (96, 3), (96, 3))
        return self.join([one, five, three, self.pool(x, pooled)], name)

    def long(self, x: Any, width: int, name: str) -> Any:
        """Block of 17 by 17 features, with kernels of 1 by 7 and 7 by 1."""
        one = self.unit(x, 192, 1)
        seven = self.chain(x, (width, 1), (width, (1, 7)), (192, (7, 1)))
        tall, flat = (width, (7, 1)), (width, (1, 7))
        twice = self.chain(x, (width, 1), tall, flat, tall, (192, (1, 7)))
        return self.join([one, seven, twice, self.pool(x, 192)], name)

    def wide(self, x: Any, number: int) -> Any:
        """Block of 8 by 8 features, whose branches split."""
        one = self.unit(x, 320, 1)
        three = self.unit(x, 384, 1)
        pair = [self.unit(three, 384, (1, 3)), self.unit(three, 384, (3, 1))]
        first = self.join(pair, f"mixed9_{number}")
        twice = self.chain(x, (448, 1), (384, 3))
        pair = [self.unit(twice, 384, (1, 3)), self.unit(twice, 384, (3, 1))]
        second = self.join(pair)
        return self.join([one, first, second, self.pool(x, 192)], f"mixed{9 + number}")


def _build(options: Options) -> Model:
    build = Builder(options, size=299, least=75)
    net = _Branches(build)
    x = net.stem()
    for number, pooled in enumerate((32, 64, 64)):
        x = net.small(x, pooled, f"mixed{number}")
    three = net.unit(x, 384, 3, 2, "valid")
    twice = net.unit(net.chain(x, (64, 1), (96, 3)), 96, 3, 2, "valid")
    x = net.join([three, twice, layers.MaxPooling2D(3, strides=2)(x)], "mixed3")
    for number, width in enumerate((128, 160, 160, 192), start=4):
        x = net.long(x, width, f"mixed{number}")
    three = net.unit(net.unit(x, 192, 1), 320, 3, 2, "valid")
    seven = net.unit(net.chain(x, (192, 1), (192, (1, 7)), (192, (7, 1))), 192, 3, 2, "valid")
    x = net.join([three, seven, layers.MaxPooling2D(3, strides=2)(x)], "mixed8")
    for number in (0, 1):
        x = net.wide(x, number)
    return build.model(build.head(x, names=False))


InceptionV3 = network("InceptionV3", "inception_v3", _SOURCE, _build)

preprocess_input = preprocessing("tf")
