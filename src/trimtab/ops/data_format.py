"""Where images keep their channels, and the way to channels last, which primitives work with."""

from __future__ import annotations

from trimtab.ir.tensor import Tensor
from trimtab.ops.layout import in_order

# Set by core.settings: where channels are if nothing else is said.
DATA_FORMAT: list[str] = ["channels_last"]


def standardize_data_format(data_format: str | None) -> str:
    """`data_format` in lower case, the global setting if None.

    Raises:
        ValueError: If it is neither "channels_last" nor "channels_first".
    """
    if data_format is None:
        return DATA_FORMAT[0]
    name = str(data_format).lower()
    if name not in ("channels_last", "channels_first"):
        raise ValueError(
            f"data_format: must be 'channels_last' or 'channels_first'; got {data_format!r}"
        )
    return name


def channel_axis(data_format: str) -> int:
    """The axis of the channels."""
    return -1 if data_format == "channels_last" else 1


def to_last(x: Tensor, data_format: str) -> Tensor:
    """`x` of `data_format` with its channels last."""
    if data_format == "channels_last":
        return x
    return in_order(x, (0, *range(2, x.ndim), 1))


def from_last(x: Tensor, data_format: str) -> Tensor:
    """`x`, whose channels are last, in `data_format`."""
    if data_format == "channels_last":
        return x
    return in_order(x, (0, x.ndim - 1, *range(1, x.ndim - 1)))
