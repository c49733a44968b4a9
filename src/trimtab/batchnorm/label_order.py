"""Whether rows are in random order, as far as their labels tell."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from trimtab.core import tree

# A column of whole numbers with more values than this is a number to predict, not a class.
_MOST_CLASSES = 1000


@dataclasses.dataclass(frozen=True)
class Labels:
    """The targets, one number a row.

    Attributes:
        values: Class numbers from 0, or numbers.
        is_classes: Whether they are classes.
    """

    values: np.ndarray[Any, Any]
    is_classes: bool

    @property
    def what(self) -> str:
        """What they are called."""
        return "labels" if self.is_classes else "targets"


def labels_of(y: Any) -> Labels | None:
    """Classes or numbers from targets: class numbers, one-hot rows, or one number a row."""
    arrays = [np.asarray(a) for a in tree.flatten(y) if a is not None]
    if len(arrays) != 1 or arrays[0].ndim not in (1, 2) or not len(arrays[0]):
        return None
    array = arrays[0]
    if array.ndim == 2 and array.shape[1] > 1:
        is_one_hot = ((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all()
        return Labels(array.argmax(axis=1), True) if is_one_hot else None
    column = array.reshape(-1)
    distinct, numbers = np.unique(column, return_inverse=True)
    is_whole = column.dtype.kind in "iub" or bool((column == np.round(column)).all())
    if is_whole and len(distinct) <= min(_MOST_CLASSES, max(2, len(column) // 5)):
        return Labels(numbers.reshape(-1), True)
    return Labels(column.astype(np.float64), False) if column.dtype.kind in "fiu" else None


def split_distance(labels: Labels, share: float) -> tuple[float, float]:
    """How far the last rows' labels are from the others', and how likely that is by chance.

    Args:
        labels: The labels, in order.
        share: The part of the rows at the end.

    Returns:
        For classes the total variation distance, and the p-value of a chi-square test; for numbers
        the largest difference of the distribution functions, and that of Kolmogorov and Smirnov.
    """
    cut = int(len(labels.values) * (1 - share))
    head, tail = labels.values[:cut], labels.values[cut:]
    if not len(head) or not len(tail):
        return 0.0, 1.0
    if labels.is_classes:
        return _classes_distance(head, tail, int(labels.values.max()) + 1)
    return _numbers_distance(head, tail)


def _classes_distance(head: Any, tail: Any, classes: int) -> tuple[float, float]:
    counts = np.stack([np.bincount(part, minlength=classes) for part in (head, tail)]).astype(float)
    shares = counts / counts.sum(axis=1, keepdims=True)
    distance = 0.5 * float(np.abs(shares[0] - shares[1]).sum())
    counts = counts[:, counts.sum(axis=0) > 0]
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return distance, chi_square_tail(statistic, counts.shape[1] - 1)


def _numbers_distance(head: Any, tail: Any) -> tuple[float, float]:
    points = np.concatenate([head, tail])
    below = [
        np.searchsorted(np.sort(part), points, side="right") / len(part) for part in (head, tail)
    ]
    distance = float(np.abs(below[0] - below[1]).max())
    scale = math.sqrt(len(head) * len(tail) / (len(head) + len(tail)))
    x = (scale + 0.12 + 0.11 / scale) * distance
    if x < 0.2:
        return distance, 1.0
    p = 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 101))
    return distance, min(max(p, 0.0), 1.0)


def chi_square_tail(statistic: float, freedom: int) -> float:
    """The chance of a chi-square variable above `statistic`, by Wilson and Hilferty (1931)."""
    if freedom < 1 or statistic <= 0:
        return 1.0
    width = 2 / (9 * freedom)
    z = ((statistic / freedom) ** (1 / 3) - (1 - width)) / math.sqrt(width)
    return 0.5 * math.erfc(z / math.sqrt(2))


def classes_per_batch(labels: Labels, batch: int) -> float:
    """Distinct classes a batch of rows in order, over what a random order would give."""
    values = labels.values[: len(labels.values) // batch * batch]
    if not len(values):
        return 1.0
    rows = values.reshape(-1, batch)
    found = np.mean([len(np.unique(row)) for row in rows])
    shares = np.bincount(labels.values) / len(labels.values)
    expected = float((1 - (1 - shares) ** batch).sum())
    return float(found) / expected
