"""Tables for the examples: scikit-learn's breast-cancer data, or a CSV file of one's own."""

import csv
import dataclasses
import difflib
import gzip
import pathlib

import numpy as np

GAPS = {"", "?", "na", "n/a", "nan", "null"}
MOST_CLASSES = 20
MOST_CATEGORIES = 100


@dataclasses.dataclass(frozen=True)
class Table:
    """A data set in numbers: the first `measures` columns of `x` are measures, the rest one-hot.

    A gap among the measures is NaN. `y` holds class numbers, which index `classes`.
    `preparation` says what was done, in words.
    """

    source: str
    x: np.ndarray
    y: np.ndarray
    classes: list[str]
    measures: int
    preparation: str


def breast_cancer() -> Table:
    """Scikit-learn's bundled breast-cancer data: 30 measures of cell nuclei, 2 diagnoses."""
    from sklearn.datasets import load_breast_cancer  # noqa: PLC0415  A CSV does without it.

    data = load_breast_cancer()
    columns = data.data.shape[1]
    return Table(
        source="breast cancer, from scikit-learn",
        x=data.data,
        y=data.target,
        classes=[str(name) for name in data.target_names],
        measures=columns,
        preparation=f"{columns} columns of numbers standardised",
    )


def read_csv(path: pathlib.Path, target: str) -> Table:
    """The table in a .csv or .csv.gz file with a header; `target` names the column of classes."""
    header, rows = read_rows(path)
    if target not in header:
        near = difflib.get_close_matches(target, header, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"its columns are {', '.join(header)}"
        raise SystemExit(f"--target: {path.name} has no column {target!r}; {hint}")
    position = header.index(target)
    kept = [row for row in rows if not is_gap(row[position])]
    classes = sorted({row[position] for row in kept})
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise SystemExit(
            f"--target: {target!r} must hold 2 to {MOST_CLASSES} classes; "
            f"got {len(classes)} distinct values"
        )
    x, measures, preparation = encode(
        [[row[column] for row in kept] for column in range(len(header)) if column != position]
    )
    if len(kept) < len(rows):
        preparation += f", {len(rows) - len(kept)} rows without a class dropped"
    y = np.array([classes.index(row[position]) for row in kept])
    return Table(path.name, x, y, classes, measures, preparation)


def read_rows(path: pathlib.Path) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a CSV file, white space stripped from every cell."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = [name.strip() for name in next(reader, [])]
        rows = []
        for row in filter(None, reader):
            if len(row) != len(header):
                raise SystemExit(
                    f"--csv: line {reader.line_num} of {path.name} has {len(row)} cells, "
                    f"but the header has {len(header)}"
                )
            rows.append([cell.strip() for cell in row])
    if not rows:
        raise SystemExit(f"--csv: {path.name} has no rows below its header")
    return header, rows


def encode(columns: list[list[str]]) -> tuple[np.ndarray, int, str]:
    """Turn columns of text into numbers.

    A column is a measure if every cell but the gaps is a number. A gap in a column of text becomes
    a category of its own; a column of very many texts (names, identifiers) is left out.

    Returns:
        The matrix `(rows, measures + one-hot columns)`, the number of measures, and what was done.
    """
    measures, one_hot, texts, left_out = [], [], 0, 0
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
            one_hot.extend((filled == category).astype(float) for category in categories)
    if not measures and not one_hot:
        raise SystemExit("--csv: no column is left to learn from beside the target")
    done = [f"{len(measures)} columns of numbers standardised"]
    if texts:
        done.append(f"{texts} of text one-hot encoded as {len(one_hot)}")
    if left_out:
        done.append(f"{left_out} of more than {MOST_CATEGORIES} texts left out")
    if gaps:
        done.append(f"{gaps} gaps filled (numbers: training median; text: a category 'missing')")
    return np.stack(measures + one_hot, axis=1), len(measures), ", ".join(done)


def is_gap(cell: str) -> bool:
    """Whether a cell of a table stands for a missing value."""
    return cell.lower() in GAPS


def as_numbers(cells: list[str]) -> np.ndarray | None:
    """The cells as float64 with NaN for gaps; None unless all others are finite numbers."""
    try:
        numbers = np.array([np.nan if is_gap(cell) else float(cell) for cell in cells])
    except ValueError:
        return None
    return None if np.isinf(numbers).any() or np.isnan(numbers).all() else numbers


def split(
    table: Table, validation: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shuffle the rows, set some aside for validation, fill the gaps and standardise.

    Medians, means and standard deviations come from the training rows alone: what the validation
    rows say about themselves must not reach the network.

    Args:
        table: The data.
        validation: Fraction of the rows to validate with, in (0, 1).
        seed: Decides the order of the rows.

    Returns:
        x_train, y_train, x_validation, y_validation; the targets are one-hot.
    """
    order = np.random.default_rng(seed).permutation(len(table.x))
    cut = len(order) - int(len(order) * validation)
    measures, one_hot = np.split(table.x[order], [table.measures], axis=1)
    known = [column[~np.isnan(column)] for column in measures[:cut].T]
    medians = np.array([np.median(column) if column.size else 0.0 for column in known])
    measures = np.where(np.isnan(measures), medians, measures)
    mean, deviation = measures[:cut].mean(axis=0), measures[:cut].std(axis=0)
    measures = (measures - mean) / np.where(deviation > 0, deviation, 1)
    # One-hot columns stay 0 and 1: standardised, a category of one row in 10,000 would reach 100.
    x = np.concatenate([measures, one_hot], axis=1).astype("float32")
    y = np.eye(len(table.classes), dtype="float32")[table.y[order]]
    return x[:cut], y[:cut], x[cut:], y[cut:]
