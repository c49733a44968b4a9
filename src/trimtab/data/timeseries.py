"""Windows of a series of samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab import checks
from trimtab.data.dataset import Dataset

_OWNER = "timeseries_dataset_from_array"


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",  # noqa: A002 - Keras's name
) -> Dataset:
    """Batches of windows of a series; window i holds samples i, i + r, i + 2r ...

    Args:
        data: The series, a sample a row.
        targets: `targets[i]` belongs to the window that starts with sample i; None for windows
            alone.
        sequence_length: Samples a window.
        sequence_stride: Samples from the start of a window to that of the next.
        sampling_rate: r, the samples from one of a window to its next.
        batch_size: Windows a batch; None for single windows.
        shuffle: Whether to draw the order of the windows anew for each pass.
        seed: Seed of the order.
        start_index: First sample to use.
        end_index: Sample before which to end.
        format: "tf" or "grain", which give the same here.

    Returns:
        A dataset of batches (windows, targets), or of windows alone.

    Raises:
        ValueError: If a number is out of range.

    Source: Keras 3 `keras.utils.timeseries_dataset_from_array`.

    >>> windows = timeseries_dataset_from_array(np.arange(5), None, sequence_length=3)
    >>> [batch.tolist() for batch in windows]
    [[[0, 1, 2], [1, 2, 3], [2, 3, 4]]]
    """
    checks.choice(_OWNER, "format", format, ("tf", "grain"))
    length = checks.whole(_OWNER, "sequence_length", sequence_length, least=1)
    stride = checks.whole(_OWNER, "sequence_stride", sequence_stride, least=1)
    rate = checks.whole(_OWNER, "sampling_rate", sampling_rate, least=1)
    series = np.asarray(data)
    first, end = _limits(len(series), start_index, end_index)
    count = end - first - (length - 1) * rate
    wanted = None
    if targets is not None:
        # They are counted from the same sample as the data, and may be fewer.
        wanted = np.asarray(targets)[first:end]
        count = min(count, len(wanted))
    starts = np.arange(0, max(count, 0), stride)
    generator = np.random.default_rng(seed)
    size = batch_size or 1

    def windows() -> Iterator[Any]:
        order = generator.permutation(starts) if shuffle else starts
        for at in range(0, len(order), size):
            rows = order[at : at + size]
            picked = series[first + rows[:, None] + np.arange(length) * rate]
            batch = picked if wanted is None else (picked, wanted[rows])
            if batch_size is None:
                yield from Dataset.from_arrays(batch)
            else:
                yield batch

    return Dataset(windows, -(-len(starts) // size))


def _limits(count: int, start_index: int | None, end_index: int | None) -> tuple[int, int]:
    for name, value in (("start_index", start_index), ("end_index", end_index)):
        if value is not None and not (
            0 <= value < count or (name == "end_index" and value == count)
        ):
            raise ValueError(
                f"{_OWNER}: `{name}` must lie within the {count} samples of the data; got {value}"
            )
    first = start_index or 0
    end = count if end_index is None else end_index
    if first >= end:
        raise ValueError(
            f"{_OWNER}: `start_index` must lie before `end_index`; got {first} and {end}"
        )
    return first, end
