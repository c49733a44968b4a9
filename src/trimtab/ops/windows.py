"""Windows that slide over the axes between batch and channels: their arguments and their padding.

A window of `size` elements, `dilation` apart, spans (size - 1) * dilation + 1 of them. "valid" pads
nothing; "same" pads so that out = ceil(size / stride), the odd zero behind; "causal" pads in front
only, so that no output sees what comes after it.
"""

from __future__ import annotations

from typing import Any

from trimtab import checks
from trimtab.ir.tensor import Tensor

Sizes = tuple[int, ...]
PADDINGS = ("valid", "same", "causal")


def numbers(owner: str, name: str, value: Any, rank: int, least: int = 1) -> Sizes:
    """One whole number an axis, from one for all or `rank` of them.

    Raises:
        ValueError: If there are not so many, or one is no whole number or less than `least`.
    """
    listed = value if isinstance(value, (list, tuple)) else (value,) * rank
    fits = len(listed) == rank and all(
        not isinstance(v, bool) and hasattr(v, "__index__") and int(v) >= least for v in listed
    )
    if not fits:
        raise ValueError(
            f"{owner}: `{name}` must be a whole number of {least} or more, or {rank} of them, one "
            f"an axis; got {value!r}"
        )
    return tuple(int(v) for v in listed)


def spatial_rank(owner: str, x: Tensor) -> int:
    """The number of axes between batch and channels.

    Raises:
        ValueError: If there are not one to three of them.
    """
    rank = x.ndim - 2
    if not 1 <= rank <= 3:
        raise ValueError(
            f"{owner}: `inputs` must have a batch axis, a channel axis and one to three between; "
            f"got shape {x.shape}"
        )
    return rank


def padding_name(owner: str, padding: Any, allowed: tuple[str, ...] = ("valid", "same")) -> str:
    """`padding` in lower case.

    Raises:
        ValueError: If it is not among those allowed.
    """
    name = padding.lower() if isinstance(padding, str) else padding
    return str(checks.choice(owner, "padding", name, allowed))


def span(size: int, dilation: int) -> int:
    """The elements from the first to the last that a window meets."""
    return (size - 1) * dilation + 1


def pads(
    padding: str, sizes: Sizes, window: Sizes, strides: Sizes, dilation: Sizes
) -> tuple[Sizes, Sizes]:
    """Zeros before and behind each axis."""
    low, high = [], []
    for size, taps, stride, step in zip(sizes, window, strides, dilation, strict=True):
        reach = span(taps, step)
        total = {
            "valid": 0,
            "same": max((-(-size // stride) - 1) * stride + reach - size, 0),
            "causal": reach - 1,
        }[padding]
        low.append(total if padding == "causal" else total // 2)
        high.append(total - low[-1])
    return tuple(low), tuple(high)


def out_size(padding: str, size: int | None, taps: int, stride: int, dilation: int) -> int | None:
    """The number of windows along an axis, None where its size is open; 0 or less if none fits."""
    if size is None:
        return None
    covered = size - span(taps, dilation) if padding == "valid" else size - 1
    return covered // stride + 1
