"""Files in folders, a folder a class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from trimtab import checks
from trimtab.data.announcing import say


class Indexed(NamedTuple):
    """The files of a directory.

    Attributes:
        paths: Where they lie.
        labels: The number of each one's class; None without labels.
        class_names: The classes' names by number; None without labels.
    """

    paths: list[str]
    labels: np.ndarray[Any, Any] | None
    class_names: list[str] | None


def index_directory(
    owner: str,
    directory: Any,
    labels: Any,
    class_names: Sequence[str] | None,
    formats: tuple[str, ...],
    follow_links: bool = False,
) -> Indexed:
    """The files of `formats` in a directory, in order.

    Args:
        owner: The function that was called, for errors.
        directory: A folder with a folder a class, or with the files where labels are given or None.
        labels: "inferred" by folder, the class numbers of the files in order, or None.
        class_names: With inferred labels, the folders to take, in order of their numbers.
        formats: Suffixes, small.
        follow_links: Whether to follow links to folders.

    Raises:
        ValueError: If names or labels do not fit, or there are no files.
        FileNotFoundError: If there is no such directory.
    """
    root = os.fspath(directory)
    if not os.path.isdir(root):
        raise FileNotFoundError(f"{owner}: `directory` must be a folder; there is none at {root}")
    if labels != "inferred":
        return _given(owner, root, labels, class_names, formats, follow_links)
    folders = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    names = folders if class_names is None else list(class_names)
    if not set(names) <= set(folders):
        raise ValueError(
            f"{owner}: `class_names` must be folders of {root}, which are {folders}; got {names}"
        )
    paths: list[str] = []
    numbers: list[int] = []
    for number, name in enumerate(names):
        found = _files(os.path.join(root, name), formats, follow_links)
        paths += found
        numbers += [number] * len(found)
    _require_some(owner, root, paths, formats)
    return Indexed(paths, np.array(numbers, "int32"), names)


def _given(
    owner: str,
    root: str,
    labels: Any,
    class_names: Sequence[str] | None,
    formats: tuple[str, ...],
    follow_links: bool,
) -> Indexed:
    if labels is not None and not isinstance(labels, (list, tuple)):
        raise ValueError(
            f"{owner}: `labels` must be 'inferred', None, or a list of one class number a file; "
            f"got {labels!r}"
        )
    if class_names is not None:
        raise ValueError(
            f"{owner}: `class_names` goes with labels='inferred' only; got {list(class_names)}"
        )
    paths = _files(root, formats, follow_links)
    _require_some(owner, root, paths, formats)
    if labels is None:
        return Indexed(paths, None, None)
    if len(labels) != len(paths):
        raise ValueError(
            f"{owner}: `labels` must hold one number for each of the {len(paths)} files in {root}; "
            f"got {len(labels)}"
        )
    return Indexed(paths, np.asarray(labels, "int32"), [str(n) for n in sorted(set(labels))])


def _files(folder: str, formats: tuple[str, ...], follow_links: bool) -> list[str]:
    found: list[str] = []
    walked = sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0])
    for inside, _, names in walked:
        found += [os.path.join(inside, n) for n in sorted(names) if n.lower().endswith(formats)]
    return found


def _require_some(owner: str, root: str, paths: list[str], formats: tuple[str, ...]) -> None:
    if not paths:
        raise ValueError(
            f"{owner}: there must be a file in {root} of a format among {', '.join(formats)}; "
            "there is none"
        )


def label_array(
    owner: str, indexed: Indexed, label_mode: str | None
) -> np.ndarray[Any, Any] | None:
    """The labels as `label_mode` wants them.

    Raises:
        ValueError: If the mode is unknown, or "binary" for another number of classes than 2.
    """
    checks.choice(owner, "label_mode", label_mode, ("int", "categorical", "binary", None))
    names = indexed.class_names
    if indexed.labels is None or names is None or label_mode is None:
        return None
    if label_mode == "binary":
        if len(names) != 2:
            raise ValueError(
                f"{owner}: label_mode='binary' needs exactly 2 classes; got {len(names)}: {names}"
            )
        return indexed.labels.astype("float32").reshape(-1, 1)
    if label_mode == "categorical":
        lines: np.ndarray[Any, Any] = np.eye(len(names), dtype="float32")[indexed.labels]
        return lines
    return indexed.labels


def check_split(
    owner: str, validation_split: float | None, subset: str | None, shuffle: bool, seed: int | None
) -> None:
    """Checks what says how to split files in two.

    Raises:
        ValueError: If only part of it is given, or it is out of range.
    """
    if validation_split is not None and not 0 < validation_split < 1:
        raise ValueError(
            f"{owner}: `validation_split` must lie between 0 and 1; got {validation_split}"
        )
    if (validation_split is None) != (subset is None):
        raise ValueError(
            f"{owner}: `validation_split` and `subset` must be given both or not at all; got "
            f"validation_split={validation_split} and subset={subset!r}"
        )
    checks.choice(owner, "subset", subset, ("training", "validation", "both", None))
    if validation_split is not None and shuffle and seed is None:
        raise ValueError(
            f"{owner}: `seed` must be given to split shuffled files, so that no file is in both "
            "parts; got None"
        )


def in_order_of(indexed: Indexed, seed: int) -> Indexed:
    """The files in the order that Keras gives them for `seed`."""
    order = np.arange(len(indexed.paths))
    # Keras's legacy generator, so that the same files are for validation as there.
    np.random.RandomState(seed).shuffle(order)
    labels = None if indexed.labels is None else indexed.labels[order]
    return Indexed([indexed.paths[i] for i in order], labels, indexed.class_names)


def part_of(indexed: Indexed, validation_split: float, subset: str) -> Indexed:
    """The first files for "training", the last for "validation"."""
    at = len(indexed.paths) - int(validation_split * len(indexed.paths))
    chosen = slice(0, at) if subset == "training" else slice(at, None)
    labels = None if indexed.labels is None else indexed.labels[chosen]
    return Indexed(indexed.paths[chosen], labels, indexed.class_names)


def report(indexed: Indexed, verbose: bool) -> None:
    """Says how many files there are, and of how many classes."""
    if verbose:
        text = f"Found {len(indexed.paths)} files"
        names = indexed.class_names
        say(f"{text}.\n" if names is None else f"{text} belonging to {len(names)} classes.\n")
