"""A study's data: checked once, then split anew for every seed."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.core import tree

_FEWEST_HELD_OUT = 10
_MOST_CLASSES = 1000

Indices = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class StudyData:
    """Rows to train on and rows to judge by.

    Attributes:
        x: Inputs: an array, or arrays nested in lists and dicts.
        y: Targets, likewise.
        test: `(x, y)` to judge every run by; None to hold out a part of the rows, drawn anew for
            every seed.
        held_out: That part, in (0, 1).
        standardize: Whether the columns of `x` get mean 0 and deviation 1 by the training rows.
        labels: Class of each row, None where the targets are not classes.
    """

    x: Any
    y: Any
    test: tuple[Any, Any] | None
    held_out: float
    standardize: bool
    labels: Indices | None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(tree.flatten(self.x)[0])

    @property
    def held_out_rows(self) -> int:
        """Rows that every run is judged by."""
        if self.test is not None:
            return len(tree.flatten(self.test[0])[0])
        return round(self.rows * self.held_out)

    @property
    def training_rows(self) -> int:
        """Rows that every run trains on."""
        return self.rows if self.test is not None else self.rows - self.held_out_rows

    def split(self, seed: int) -> tuple[Any, Any, Any, Any]:
        """X and y to train on, x and y to judge by; the seed decides the rows.

        Classes keep their shares, so that no seed is judged by an odd mixture.
        """
        if self.test is not None:
            parts = (self.x, self.y, *self.test)
        else:
            train, held = split_rows(self.rows, self.held_out_rows, self.labels, seed)
            parts = (
                _take(self.x, train),
                _take(self.y, train),
                _take(self.x, held),
                _take(self.y, held),
            )
        if not self.standardize:
            return parts
        x_train, y_train, x_held, y_held = parts
        mean, deviation = _column_moments(x_train)
        return (x_train - mean) / deviation, y_train, (x_held - mean) / deviation, y_held

    def fingerprint(self) -> str:
        """A digest of all numbers."""
        digest = hashlib.sha256(f"{self.held_out} {self.standardize}".encode())
        for array in tree.flatten([self.x, self.y, self.test or ()]):
            digest.update(f"{array.shape} {array.dtype}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def split_rows(
    rows: int, held_out: int, labels: Indices | None, seed: int
) -> tuple[Indices, Indices]:
    """Row numbers to train on and to hold out, both in random order.

    Args:
        rows: How many rows there are.
        held_out: How many to hold out.
        labels: Class of each row, to hold out the same share of each; None for any rows.
        seed: Decides the rows.
    """
    order = np.random.default_rng(seed).permutation(rows)
    if labels is None:
        return order[held_out:], order[:held_out]
    # Rows sorted by class, each class in random order; then every (rows / held_out)-th is taken.
    by_class = order[np.argsort(labels[order], kind="stable")]
    picked = np.floor((np.arange(held_out) + 0.5) * rows / held_out).astype(np.int64)
    is_held = np.zeros(rows, bool)
    is_held[by_class[picked]] = True
    return order[~is_held[order]], order[is_held[order]]


def checked(
    x: Any, y: Any, test: Any = None, held_out: float = 0.2, standardize: bool = False
) -> StudyData:
    """The data of a study.

    Raises:
        ValueError: If rows and targets do not belong together, numbers are missing, there is one
            class only, or too few rows remain to train on or to judge by.
    """
    x, y = _as_arrays("x", x), _as_arrays("y", y)
    if not isinstance(held_out, float) or not 0 < held_out < 1:
        raise ValueError(f"study: `held_out` must lie between 0 and 1; got {held_out!r}")
    _check_rows("x and y", x, y)
    if test is not None:
        if not isinstance(test, (tuple, list)) or len(test) != 2:
            raise ValueError("study: `test` must be a tuple (x, y)")
        test = _as_arrays("test[0]", test[0]), _as_arrays("test[1]", test[1])
        _check_rows("the inputs and targets of `test`", *test)
    if standardize and not (isinstance(x, np.ndarray) and x.ndim == 2):
        raise ValueError("study: `standardize` is for one table of numbers, (rows, columns)")
    data = StudyData(x, y, test, held_out, standardize, _labels(y))
    if data.held_out_rows < _FEWEST_HELD_OUT or data.training_rows < _FEWEST_HELD_OUT:
        raise ValueError(
            f"study: needs at least {_FEWEST_HELD_OUT} rows to train on and {_FEWEST_HELD_OUT} to "
            f"judge by; {data.rows} rows leave {data.training_rows} and {data.held_out_rows}: "
            "give more rows, or another `held_out`"
        )
    return data


def _labels(y: Any) -> Indices | None:
    """Classes of the rows: y of whole numbers, or one-hot; None if it is neither."""
    if not isinstance(y, np.ndarray):
        return None
    if y.ndim == 2 and y.shape[1] > 1:
        is_one_hot = np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()
        labels = y.argmax(axis=1) if is_one_hot else None
    else:
        flat = y.reshape(len(y), -1)
        labels = flat[:, 0] if flat.shape[1] == 1 and np.array_equal(flat, np.round(flat)) else None
    if labels is None:
        if y.size and np.all(y == y.reshape(-1)[0]):
            raise ValueError(
                f"study: `y` holds one value only, {y.reshape(-1)[0]}: there is nothing to learn"
            )
        return None
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            f"study: `y` holds one class only, {classes[0]}: there is nothing to tell apart"
        )
    is_classes = len(classes) <= min(_MOST_CLASSES, len(labels) // 2)
    return numbers.astype(np.int64) if is_classes else None


def _as_arrays(name: str, value: Any) -> Any:
    if value is None:
        raise ValueError(f"study: `{name}` is missing: give arrays of inputs and targets")
    if not any(hasattr(leaf, "shape") for leaf in tree.flatten(value)):
        value = np.asarray(value)
    arrays = tree.map_structure(np.asarray, value)
    for array in tree.flatten(arrays):
        _check_numbers(name, array)
    return arrays


def _check_numbers(name: str, array: np.ndarray[Any, Any]) -> None:
    if array.dtype.kind not in "biuf":
        raise ValueError(f"study: `{name}` must hold numbers; got an array of {array.dtype}")
    if array.ndim == 0:
        raise ValueError(f"study: `{name}` must have rows; got a single number")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        where = np.argwhere(~np.isfinite(array))[0]
        count = int((~np.isfinite(array)).sum())
        place = f"row {where[0]}" + (f", column {where[1]}" if len(where) > 1 else "")
        raise ValueError(
            f"study: `{name}` holds {count} values that are NaN or infinite, the first in {place}: "
            "fill or drop them before"
        )


def _check_rows(what: str, x: Any, y: Any) -> None:
    lengths = sorted({len(array) for array in tree.flatten([x, y])})
    if len(lengths) > 1:
        raise ValueError(f"study: {what} must have equally many rows; got {lengths}")


def _take(arrays: Any, rows: Indices) -> Any:
    return tree.map_structure(lambda array: array[rows], arrays)


def _column_moments(x: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Mean and deviation of each column in the type of x; columns of two values or fewer stay."""
    kind = x.dtype if x.dtype.kind == "f" else np.dtype(np.float32)
    mean, deviation = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    # A column of two values is one-hot: standardised, a category of one row in 10,000 reaches 100.
    is_measure = np.array([len(np.unique(column)) > 2 for column in x.T]) & (deviation > 0)
    mean, deviation = np.where(is_measure, mean, 0.0), np.where(is_measure, deviation, 1.0)
    return mean.astype(kind), deviation.astype(kind)
