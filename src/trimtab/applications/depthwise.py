"""What networks for small devices share: widths by a factor, and padding of strided kernels."""

from __future__ import annotations

import warnings
from typing import Any

from trimtab import layers
from trimtab.applications.building import Builder

# Momentum of the Batch Normalizations of MobileNet 2 and 3.
MOMENTUM = 0.999


def width(filters: float, divisor: int = 8) -> int:
    """The multiple of `divisor` next to `filters`, no more than a tenth below it.

    Source: Sandler et al., 2018, arXiv:1801.04381, and the code published with it.
    """
    nearest = max(divisor, int(filters + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * filters else nearest


def padded(build: Builder, x: Any, size: int, name: str) -> Any:
    """Zeros around `x`, so that a kernel of stride 2 sees what padding "same" would show it.

    Sides of odd and even length get different margins.
    """
    sides = x.shape[2:4] if build.is_first else x.shape[1:3]
    half = size // 2
    margins = tuple((half - (0 if side is None else 1 - side % 2), half) for side in sides)
    if sides[0] is None:
        margins = ((half, half), (half, half))
    return layers.ZeroPadding2D(margins, name=name)(x)


def published_size(name: str, shape: tuple[int | None, ...], sizes: tuple[int, ...]) -> int:
    """The image size whose published weights fit `shape` best: its own, else 224."""
    spatial = [side for side in shape if side != 3]
    if len(set(spatial)) == 1 and spatial[0] in sizes:
        return int(spatial[0])
    warnings.warn(
        f"{name}: there are weights for square images of {', '.join(map(str, sizes))}; got "
        f"`input_shape` {shape}, so those for 224 are loaded",
        stacklevel=5,
    )
    return 224
