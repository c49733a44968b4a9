"""Maximum and mean over windows, of a given size or into a given number of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.tensor import Tensor
from trimtab.ops.core import cast
from trimtab.ops.data_format import from_last, standardize_data_format, to_last
from trimtab.ops.dispatch import convert, floating, op
from trimtab.ops.indexing import take
from trimtab.ops.layout import concatenate
from trimtab.ops.windows import Sizes, numbers, padding_name, pads, spatial_rank
from trimtab.primitives import pooling


def _windowed(primitive: Any, x: Tensor, window: Sizes, strides: Sizes, padding: str) -> Tensor:
    """A primitive over the windows of `x`, channels last."""
    low, high = pads(padding, x.shape[1:-1], window, strides, (1,) * len(window))
    return primitive(x, window=window, strides=strides, low=low, high=high)


def _computed(x: Tensor) -> Tensor:
    """`x` in a type that kernels have."""
    if not dtypes.is_float(x.dtype):
        return convert(x, "float64")
    return convert(x, "float32") if x.dtype == "float16" else x


def _pool(
    owner: str, primitive: Any, x: Tensor, pool_size: Any, strides: Any, padding: Any, layout: Any
) -> Tensor:
    rank, name = spatial_rank(owner, x), padding_name(owner, padding)
    window = numbers(owner, "pool_size", pool_size, rank)
    steps = window if strides is None else numbers(owner, "strides", strides, rank)
    data_format = standardize_data_format(layout)
    y = _windowed(primitive, to_last(_computed(x), data_format), window, steps, name)
    return from_last(cast(y, x.dtype), data_format)


@op
def max_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The largest element of each window, channel by channel.

    Args:
        inputs: `(batch, *spatial, channels)` or `(batch, channels, *spatial)`.
        pool_size: Elements in a window: one number, or one an axis.
        strides: Elements from one window to the next; as `pool_size` if None.
        padding: "valid" (none) or "same" (`ceil(size / stride)` outputs).
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Returns:
        `(batch, *out, channels)`, or channels first.

    Raises:
        ValueError: If no window fits into the inputs.

    Source: Keras 3 `keras.ops.max_pool`.

    >>> max_pool([[[1.0], [5.0], [2.0], [4.0]]], 2).numpy().tolist()
    [[[5.0], [4.0]]]
    """
    x = convert(inputs)
    return _pool("max_pool", pooling.max_pool, x, pool_size, strides, padding, data_format)


@op
def average_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The mean of each window, channel by channel; padding is not counted.

    Args:
        inputs: As for `max_pool`; integers become floatx.
        pool_size: As for `max_pool`.
        strides: As for `max_pool`.
        padding: As for `max_pool`.
        data_format: As for `max_pool`.

    Returns:
        `(batch, *out, channels)`, or channels first.

    Raises:
        ValueError: If no window fits into the inputs.

    Source: Keras 3 `keras.ops.average_pool`.
    """
    x = floating(inputs)
    return _pool("average_pool", pooling.average_pool, x, pool_size, strides, padding, data_format)


def _adaptive_windows(size: int, count: int) -> tuple[Any, Any]:
    """First element and number of elements of each of `count` windows that cover an axis."""
    places = np.arange(count)
    starts = places * size // count
    return starts, -(-(places + 1) * size // count) - starts


def _adapted_axis(primitive: Any, x: Tensor, axis: int, count: int) -> Tensor:
    """`x` with `count` windows along `axis`, whose sizes differ by one at most."""
    rank = x.ndim - 2
    starts, sizes = _adaptive_windows(x.shape[axis], count)
    kinds = sorted(set(sizes.tolist()))
    parts: list[Tensor] = []
    before: dict[int, int] = {}
    for size in kinds:
        before[size] = sum(part.shape[axis] for part in parts)
        window = tuple(size if i == axis - 1 else 1 for i in range(rank))
        parts.append(_windowed(primitive, x, window, (1,) * rank, "valid"))
    places = starts + np.array([before[size] for size in sizes.tolist()])
    return take(concatenate(parts, axis) if len(parts) > 1 else parts[0], places, axis)


def _adaptive(owner: str, primitive: Any, x: Tensor, output_size: Any, layout: Any) -> Tensor:
    rank = spatial_rank(owner, x)
    counts = numbers(owner, "output_size", output_size, rank)
    data_format = standardize_data_format(layout)
    y = to_last(_computed(x), data_format)
    sizes = y.shape[1:-1]
    if all(size % count == 0 for size, count in zip(sizes, counts, strict=True)):
        window = tuple(size // count for size, count in zip(sizes, counts, strict=True))
        y = _windowed(primitive, y, window, window, "valid")
    else:
        for axis, count in enumerate(counts, start=1):
            y = _adapted_axis(primitive, y, axis, count)
    return from_last(cast(y, x.dtype), data_format)


@op
def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """The mean of each of `output_size` windows.

    Window i of n along an axis of size s begins at floor(i * s / n) and ends before
    ceil((i + 1) * s / n).

    Args:
        inputs: As for `max_pool`; integers become floatx.
        output_size: How many windows along each axis: one number, or one an axis.
        data_format: As for `max_pool`.

    Returns:
        `(batch, *output_size, channels)`, or channels first.

    Raises:
        ValueError: If `output_size` is not positive and whole.

    Source: Keras 3 `keras.ops.adaptive_average_pool`.
    """
    x = floating(inputs)
    return _adaptive("adaptive_average_pool", pooling.average_pool, x, output_size, data_format)


@op
def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """The largest element of each of `output_size` windows.

    Args:
        inputs: As for `max_pool`.
        output_size: As for `adaptive_average_pool`, which says where the windows lie.
        data_format: As for `max_pool`.

    Returns:
        `(batch, *output_size, channels)`, or channels first.

    Raises:
        ValueError: If `output_size` is not positive and whole.

    Source: Keras 3 `keras.ops.adaptive_max_pool`.
    """
    x = convert(inputs)
    return _adaptive("adaptive_max_pool", pooling.max_pool, x, output_size, data_format)
