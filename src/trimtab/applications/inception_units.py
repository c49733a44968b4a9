"""What the Inception networks share: their units, chains of them, and how they begin."""

from __future__ import annotations

from typing import Any

from trimtab import layers
from trimtab.applications.building import Builder

Unit = tuple[int, Any]


class Units:
    """Units of convolution, Batch Normalization and activation, and what joins them.

    Args:
        build: Makes the layers.
    """

    def __init__(self, build: Builder) -> None:
        self.build = build

    def unit(
        self,
        x: Any,
        filters: int,
        size: Any,
        strides: int = 1,
        padding: str = "same",
        name: str | None = None,
    ) -> Any:
        """A convolution with Batch Normalization, which has no scale, and an activation."""
        x = self.build.conv(x, filters, size, strides, padding, name=name)
        x = self.build.norm(x, f"{name}_bn" if name else None, scale=False)
        return self.build.act(x, name=f"{name}_ac" if name else None)

    def chain(self, x: Any, *units: Unit) -> Any:
        """Units of (filters, size), one behind the other."""
        for filters, size in units:
            x = self.unit(x, filters, size)
        return x

    def pool(self, x: Any, filters: int) -> Any:
        """The mean of each neighbourhood, and a unit of size 1."""
        x = layers.AveragePooling2D(3, strides=1, padding="same")(x)
        return self.unit(x, filters, 1)

    def join(self, branches: list[Any], name: str | None = None) -> Any:
        """The channels of all branches."""
        return layers.Concatenate(axis=self.build.axis, name=name)(branches)

    def stem(self) -> Any:
        """From the images to 192 channels at an eighth of their size."""
        x = self.unit(self.build.image, 32, 3, 2, "valid")
        x = self.unit(x, 32, 3, 1, "valid")
        x = self.unit(x, 64, 3)
        x = layers.MaxPooling2D(3, strides=2)(x)
        x = self.unit(x, 80, 1, 1, "valid")
        x = self.unit(x, 192, 3, 1, "valid")
        return layers.MaxPooling2D(3, strides=2)(x)
