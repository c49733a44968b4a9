"""Data split in two."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from trimtab.core import tree
from trimtab.data.arrays import is_array_like
from trimtab.data.dataset import Dataset

_OWNER = "split_dataset"


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """The first and the last samples of data, as two datasets of single samples.

    Args:
        dataset: An array, arrays in a list, tuple or dict, or an iterable of samples (a `Dataset`,
            a torch dataset, a PyDataset of batches, which are taken apart).
        left_size: How many samples the first is to have, or which part of them.
        right_size: The same of the last; what the first leaves if None.
        shuffle: Whether to draw the order of the samples first.
        seed: Seed of the order.
        preferred_backend: Not needed.

    Raises:
        ValueError: If the sizes are not given, out of range or too large, or a part is empty.
        TypeError: If the data are of another kind.

    Source: Keras 3 `keras.utils.split_dataset`.
    """
    del preferred_backend
    if left_size is None and right_size is None:
        raise ValueError(f"{_OWNER}: `left_size` or `right_size` must be given; got neither")
    samples = _samples(dataset)
    left, right = _counts(len(samples), left_size, right_size)
    order = list(range(len(samples)))
    if shuffle:
        random.Random(seed).shuffle(order)
    return _part(samples, order[:left]), _part(samples, order[len(order) - right :])


def _samples(dataset: Any) -> list[Any]:
    if isinstance(dataset, (str, bytes)) or not (
        is_array_like(dataset) or hasattr(dataset, "__iter__") or hasattr(dataset, "__getitem__")
    ):
        raise TypeError(
            f"{_OWNER}: `dataset` must be arrays or an iterable of samples; got "
            f"{type(dataset).__name__}"
        )
    if isinstance(dataset, (list, tuple, dict)) or is_array_like(dataset):
        leaves = tree.flatten(dataset)
        if not leaves or not all(is_array_like(leaf) for leaf in leaves):
            raise ValueError(
                f"{_OWNER}: `dataset` must hold arrays; got {type(dataset).__name__} of other "
                "things. Make an array of numbers with numpy.asarray"
            )
        counts = {len(leaf) for leaf in leaves}
        if len(counts) > 1:
            raise ValueError(
                f"{_OWNER}: the arrays must have equally many rows; got {sorted(counts)}"
            )
        arrays = tree.map_structure(np.asarray, dataset)
        return list(Dataset.from_arrays(tuple(arrays) if isinstance(arrays, list) else arrays))
    if hasattr(dataset, "__iter__"):
        return [tree.map_structure(np.asarray, sample) for sample in dataset]
    return [tree.map_structure(np.asarray, dataset[i]) for i in range(len(dataset))]


def _counts(total: int, left: float | None, right: float | None) -> tuple[int, int]:
    sizes = []
    for name, size in (("left_size", left), ("right_size", right)):
        is_whole = isinstance(size, (int, np.integer))
        if size is not None and not (0 < size < total if is_whole else 0 <= size <= 1):
            raise ValueError(
                f"{_OWNER}: `{name}` must be a whole number from 1 to {total - 1}, or a part "
                f"between 0 and 1; got {size}"
            )
        sizes.append(size if size is None or is_whole else round(size * total))
    first, last = sizes
    if first is None:
        first = total - int(last or 0)
    if last is None:
        last = total - int(first)
    if first + last > total:
        raise ValueError(
            f"{_OWNER}: `left_size` and `right_size` must not be more than the {total} samples "
            f"together; got {first} and {last}"
        )
    if not first or not last:
        raise ValueError(
            f"{_OWNER}: both parts must have samples; got {first} and {last} of {total}"
        )
    return int(first), int(last)


def _part(samples: list[Any], order: list[int]) -> Dataset:
    return Dataset(lambda: (samples[i] for i in order), len(order))
