"""Weights that make a line of pixels out of another: one matrix an axis."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

# Name -> weight of a pixel at a distance, in pixels of the smaller image.
KERNELS: dict[str, Any] = {
    "bilinear": lambda x: np.maximum(0, 1 - x),
    "bicubic": lambda x: np.where(
        x < 1,
        (1.5 * x - 2.5) * x * x + 1,
        np.where(x < 2, ((-0.5 * x + 2.5) * x - 4) * x + 2, 0.0),
    ),
    "lanczos3": lambda x: np.where(x <= 3, np.sinc(x) * np.sinc(x / 3), 0.0),
    "lanczos5": lambda x: np.where(x <= 5, np.sinc(x) * np.sinc(x / 5), 0.0),
}


@functools.lru_cache(maxsize=256)
def resizing_weights(
    kernel: str, size: int, new_size: int, antialias: bool = False
) -> np.ndarray[Any, Any]:
    """(new_size, size) weights that make `new_size` pixels of `size`, centres kept.

    Args:
        kernel: A name of `KERNELS`.
        size: Pixels there are.
        new_size: Pixels to make.
        antialias: Whether a smaller image averages over all the pixels that each of its own covers.
    """
    step = size / new_size
    centres = (np.arange(new_size) + 0.5) * step - 0.5
    width = max(step, 1.0) if antialias else 1.0
    distances = np.abs(centres[:, None] - np.arange(size)) / width
    weights: np.ndarray[Any, Any] = KERNELS[kernel](distances)
    weights /= weights.sum(axis=1, keepdims=True)
    weights.flags.writeable = False
    return weights


def nearest_pixels(size: int, new_size: int) -> np.ndarray[Any, Any]:
    """Which of `size` pixels is nearest to the centre of each of `new_size`."""
    places = np.floor((np.arange(new_size, dtype="float32") + 0.5) * np.float32(size / new_size))
    return np.minimum(places, size - 1).astype("int32")
