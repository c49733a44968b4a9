"""Tables of text in numbers: CSV files with a header, gaps, text and measures."""

from __future__ import annotations

import csv
import dataclasses
import difflib
import gzip
import pathlib

import numpy as np
import numpy.typing as npt

GAPS = frozenset({"", "?", "na", "n/a", "nan", "null"})
MOST_CLASSES = 20
MOST_CATEGORIES = 100

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Table:
    """A data set in numbers.

    Attributes:
        source: The file's name.
        x: Numbers, `(rows, columns)`: the first `measures` columns are measures, where a gap is
            NaN; the others are one-hot.
        y: Class numbers, which index `classes`; the numbers to predict if `classes` is None.
        classes: Names of the classes.
        measures: How many columns of `x` are measures.
        preparation: What was done, in words.
    """

    source: str
    x: Floats
    y: npt.NDArray[np.float64] | npt.NDArray[np.int64]
    classes: list[str] | None
    measures: int
    preparation: str


def read_table(path: pathlib.Path, target: str) -> Table:
    """The table in a `.csv` or `.csv.gz` file with a header.

    Args:
        path: The file.
        target: The column to predict: classes if it holds text or at most 20 different whole
            numbers, otherwise numbers.

    Raises:
        ValueError: If the file is no such table, or the column is missing or says nothing.
    """
    header, rows = read_rows(path)
    if target not in header:
        near = difflib.get_close_matches(target, header, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"its columns are {', '.join(header)}"
        raise ValueError(f"--target: {path.name} has no column {target!r}; {hint}")
    position = header.index(target)
    kept = [row for row in rows if not is_gap(row[position])]
    y, classes = _targets([row[position] for row in kept], target)
    x, measures, preparation = encode(
        [[row[column] for row in kept] for column in range(len(header)) if column != position]
    )
    if len(kept) < len(rows):
        preparation += f", {len(rows) - len(kept)} rows without a target dropped"
    return Table(path.name, x, y, classes, measures, preparation)


def _targets(
    cells: list[str], target: str
) -> tuple[npt.NDArray[np.float64] | npt.NDArray[np.int64], list[str] | None]:
    distinct = sorted(set(cells))
    numbers = as_numbers(distinct) if distinct else None
    is_whole = numbers is not None and bool((numbers == np.round(numbers)).all())
    if numbers is not None and not (is_whole and len(distinct) <= MOST_CLASSES):
        return np.array([float(cell) for cell in cells]), None
    if not 2 <= len(distinct) <= MOST_CLASSES:
        raise ValueError(
            f"--target: {target!r} must hold numbers, or 2 to {MOST_CLASSES} classes; "
            f"got {len(distinct)} distinct values"
        )
    if numbers is not None:
        distinct = [distinct[i] for i in np.argsort(numbers)]
    number_of = {name: i for i, name in enumerate(distinct)}
    return np.array([number_of[cell] for cell in cells], np.int64), distinct


def read_rows(path: pathlib.Path) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a CSV file, white space stripped from every cell.

    Raises:
        ValueError: If a row has another number of cells than the header, or there is no row.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = [name.strip() for name in next(reader, [])]
        rows = []
        for row in filter(None, reader):
            if len(row) != len(header):
                raise ValueError(
                    f"line {reader.line_num} of {path.name} has {len(row)} cells, but the header "
                    f"has {len(header)}"
                )
            rows.append([cell.strip() for cell in row])
    if not rows:
        raise ValueError(f"{path.name} has no rows below its header")
    return header, rows


def encode(columns: list[list[str]]) -> tuple[Floats, int, str]:
    """Turns columns of text into numbers.

    A column is a measure if every cell but the gaps is a number. A gap in a column of text becomes
    a category of its own; a column of very many texts (names, identifiers) is left out.

    Returns:
        The matrix `(rows, measures + one-hot columns)`, the number of measures, and what was done.

    Raises:
        ValueError: If no column is left.
    """
    measures: list[Floats] = []
    one_hot: list[Floats] = []
    texts = left_out = 0
    gaps = sum(is_gap(cell) for cells in columns for cell in cells)
    for cells in columns:
        numbers = as_numbers(cells)
        categories = sorted({"missing" if is_gap(cell) else cell for cell in cells})
        if numbers is not None:
            measures.append(numbers)
        elif len(categories) > MOST_CATEGORIES:
            left_out += 1
        else:
            texts += 1
            filled = np.array(["missing" if is_gap(cell) else cell for cell in cells])
            one_hot.extend((filled == category).astype(np.float64) for category in categories)
    if not measures and not one_hot:
        raise ValueError("no column is left to learn from beside the target")
    done = [f"{len(measures)} columns of numbers standardised"]
    if texts:
        done.append(f"{texts} of text one-hot encoded as {len(one_hot)}")
    if left_out:
        done.append(f"{left_out} of more than {MOST_CATEGORIES} texts left out")
    if gaps:
        done.append(f"{gaps} gaps filled (numbers: median; text: a category 'missing')")
    return np.stack(measures + one_hot, axis=1), len(measures), ", ".join(done)


def standardised(table: Table, rows: slice = slice(None)) -> npt.NDArray[np.float32]:
    """The columns to learn from, gaps filled by medians and measures standardised.

    One-hot columns stay 0 and 1: standardised, a category of one row in 10,000 would reach 100.

    Args:
        table: The table.
        rows: The rows that medians, means and standard deviations come from: those of training, so
            that what is validated with says nothing about itself.
    """
    measures, one_hot = np.split(table.x, [table.measures], axis=1)
    known = [column[~np.isnan(column)] for column in measures[rows].T]
    medians = np.array([np.median(column) if column.size else 0.0 for column in known])
    measures = np.where(np.isnan(measures), medians, measures)
    mean, deviation = measures[rows].mean(axis=0), measures[rows].std(axis=0)
    measures = (measures - mean) / np.where(deviation > 0, deviation, 1)
    return np.concatenate([measures, one_hot], axis=1).astype(np.float32)


def is_gap(cell: str) -> bool:
    """Whether a cell of a table stands for a missing value."""
    return cell.lower() in GAPS


def as_numbers(cells: list[str]) -> Floats | None:
    """The cells as float64 with NaN for gaps; None unless all others are finite numbers."""
    try:
        numbers = np.array([np.nan if is_gap(cell) else float(cell) for cell in cells])
    except ValueError:
        return None
    return None if np.isinf(numbers).any() or np.isnan(numbers).all() else numbers
