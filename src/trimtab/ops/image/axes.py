"""Which axes of a tensor of images hold rows, columns and channels."""

from __future__ import annotations

from typing import Any, NamedTuple

from trimtab.ir.tensor import Tensor
from trimtab.ops.data_format import standardize_data_format
from trimtab.ops.dispatch import convert


class Axes(NamedTuple):
    """Positions of rows, columns and channels, counted from the end."""

    rows: int
    columns: int
    channels: int


_AXES = {"channels_last": Axes(-3, -2, -1), "channels_first": Axes(-2, -1, -3)}


def image_axes(data_format: str | None) -> Axes:
    """The axes of `data_format`, or of the global setting for None."""
    return _AXES[standardize_data_format(data_format)]


def images_of(owner: str, images: Any, data_format: str | None) -> tuple[Tensor, Axes]:
    """`images` as a tensor, with its axes.

    Raises:
        ValueError: If it is neither one image nor a batch of them.
    """
    tensor = convert(images)
    if tensor.ndim not in (3, 4):
        raise ValueError(
            f"{owner}: `images` must have 3 axes for one image or 4 for a batch; got shape "
            f"{tuple(tensor.shape)}"
        )
    return tensor, image_axes(data_format)
