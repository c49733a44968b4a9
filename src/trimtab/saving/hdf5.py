"""Arrays in HDF5 files: written plainly, read with distrust."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, MutableMapping
from types import ModuleType
from typing import Any

import numpy as np

from trimtab.core import extras
from trimtab.core.variable import Variable, aligned_empty

# A dataset may declare a huge shape and store next to nothing. Above this size it must hold at
# least one byte for every so many that it declares; the best of HDF5's own filters reaches that
# ratio.
_UNCHECKED_BYTES = 16 << 20
_LARGEST_RATIO = 1100
_NUMERIC_KINDS = frozenset("biufcS")
# HDF5 keeps a group's attributes in 64 KiB; longer lists are split.
_LARGEST_ATTRIBUTE_BYTES = 64512


def h5py() -> ModuleType:
    """The package that reads and writes HDF5.

    Raises:
        ImportError: If it is not installed.
    """
    return extras.require("h5py", "hdf5", "Reading and writing .keras and .h5 files")


class Hdf5Writer:
    """Writes arrays of objects: one group `<path>/vars` an object.

    Args:
        file: An open `h5py.File`.
    """

    def __init__(self, file: Any) -> None:
        self._file = file

    def make(self, path: str, name: str | None) -> MutableMapping[str, Any]:
        """The entry of the object at `path`; that of a named one is written even if empty."""
        entry = _WrittenEntry(self._file, f"{path}/vars" if path else "vars")
        if name is not None:
            entry.group().attrs["name"] = name
        return entry


class _WrittenEntry(MutableMapping[str, Any]):
    def __init__(self, file: Any, path: str) -> None:
        self._file = file
        self._path = path

    def group(self) -> Any:
        """The HDF5 group, made if there is none."""
        return self._file.require_group(self._path)

    def __setitem__(self, key: str, value: Any) -> None:
        array = value.numpy() if isinstance(value, Variable) else np.asarray(value)
        group = self.group()
        group[key] = array
        if array.dtype.name == "bfloat16":
            # HDF5 has no such type: it keeps two bytes an element, and Keras this note.
            group[key].attrs["dtype"] = "bfloat16"

    def __getitem__(self, key: str) -> Any:
        return np.asarray(self.group()[key])

    def __delitem__(self, key: str) -> None:
        del self.group()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.group())

    def __len__(self) -> int:
        return len(self.group())


class Hdf5Reader:
    """Reads what `Hdf5Writer` wrote.

    Args:
        file: An open `h5py.File`.
    """

    def __init__(self, file: Any) -> None:
        self._file = file

    def has(self, path: str) -> bool:
        """Whether there is anything under `path`."""
        return has_child(self._file, path)

    def get(self, path: str, limit_bytes: int | None = None) -> Mapping[str, Any]:
        """The entry of the object at `path`, empty if there is none.

        Args:
            path: Where the object was found in the model.
            limit_bytes: Most bytes that the object can take in one array; None if that is not
                known.

        Raises:
            ValueError: If a link leads to it.
        """
        full = f"{path}/vars" if path else "vars"
        if not self.has(full):
            return {}
        return _ReadEntry(child_group(self._file, full), limit_bytes)


class _ReadEntry(Mapping[str, Any]):
    def __init__(self, group: Any, limit_bytes: int | None) -> None:
        self._group = group
        self._limit_bytes = limit_bytes

    def __getitem__(self, key: str) -> np.ndarray[Any, Any]:
        if key not in self._group.keys():  # noqa: SIM118 - `in` on the group would follow a link
            raise KeyError(key)
        return read_array(child_dataset(self._group, key), self._limit_bytes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._group)

    def __len__(self) -> int:
        return len(self._group)


def _find(parent: Any, path: str) -> Any:
    """What is at `path` below `parent`, None if there is nothing; links are refused unopened."""
    for part in path.split("/"):
        if part in ("", ".", ".."):
            raise ValueError(f"The path {path!r} must consist of plain names")
        if not isinstance(parent, h5py().Group):
            return None
        link = parent.get(part, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py().HardLink):
            raise ValueError(f"{path!r} leads to a {type(link).__name__}; links are not followed")
        parent = parent[part]
    return parent


def has_child(parent: Any, path: str) -> bool:
    """Whether there is anything at `path` below `parent`.

    Raises:
        ValueError: If a link is on the way.
    """
    return _find(parent, path) is not None


def _child(parent: Any, path: str, kind: str) -> Any:
    found = _find(parent, path)
    if not isinstance(found, getattr(h5py(), kind)):
        got = "nothing" if found is None else type(found).__name__
        raise ValueError(f"{path!r} must be a {kind}; got {got}")
    return found


def child_group(parent: Any, name: str) -> Any:
    """The group at the path `name` below `parent`, reached without following links.

    Raises:
        ValueError: If there is none, a link is on the way, or it is no group.
    """
    return _child(parent, name, "Group")


def child_dataset(parent: Any, name: str) -> Any:
    """The dataset at the path `name` below `parent`, whose numbers lie in this very file.

    Raises:
        ValueError: If there is none, a link is on the way, it is no dataset, its numbers lie in
            other files, they are no numbers, or it declares far more of them than it holds.
    """
    dataset = _child(parent, name, "Dataset")
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"The dataset {name!r} lies in other files, which are not read")
    if dataset.shape is None:
        raise ValueError(f"The dataset {name!r} is empty")
    if dataset.dtype.kind not in _NUMERIC_KINDS and not _is_bfloat16(dataset):
        raise ValueError(f"The dataset {name!r} must hold numbers; got {dataset.dtype}")
    declared = math.prod(dataset.shape) * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    if declared > _UNCHECKED_BYTES and declared > _LARGEST_RATIO * stored:
        raise ValueError(
            f"The dataset {name!r} declares {declared} bytes and holds {stored}; it is refused"
        )
    return dataset


def _is_bfloat16(dataset: Any) -> bool:
    kind = dataset.attrs.get("dtype")
    return kind == "bfloat16" and int(dataset.dtype.itemsize) == 2


def read_array(dataset: Any, limit_bytes: int | None = None) -> np.ndarray[Any, Any]:
    """The numbers of a dataset; bfloat16 as float32.

    Args:
        dataset: From `child_dataset`.
        limit_bytes: Most bytes that the array may have, if it is a large one; None for any number.

    Raises:
        ValueError: If it has more.
    """
    declared = math.prod(dataset.shape) * dataset.dtype.itemsize
    if limit_bytes is not None and declared > max(limit_bytes, _UNCHECKED_BYTES):
        raise ValueError(
            f"The dataset {dataset.name!r} of shape {dataset.shape} is larger than the "
            f"{limit_bytes} bytes of the variables that it is for"
        )
    if dataset.shape and dataset.size:
        # Memory that a variable can take as it is.
        _, array = aligned_empty(dataset.shape, dataset.dtype)
        dataset.read_direct(array)
    else:
        array = np.asarray(dataset[()])
    if _is_bfloat16(dataset):
        # bfloat16 is the upper half of a float32.
        return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return array


def write_names(group: Any, attribute: str, names: list[str]) -> None:
    """Writes a list of names as an attribute, or as several numbered ones if it is long.

    Raises:
        ValueError: If one name alone is too long.
    """
    encoded = [name.encode("utf8") for name in names]
    longest = max(map(len, encoded), default=0)
    if longest > _LARGEST_ATTRIBUTE_BYTES:
        raise ValueError(f"{attribute}: a name must have at most 64512 bytes; got one of {longest}")
    if longest * len(encoded) <= _LARGEST_ATTRIBUTE_BYTES:
        group.attrs[attribute] = encoded
        return
    per_chunk = _LARGEST_ATTRIBUTE_BYTES // longest
    for number, first in enumerate(range(0, len(encoded), per_chunk)):
        group.attrs[f"{attribute}{number}"] = np.asarray(encoded[first : first + per_chunk])


def read_names(group: Any, attribute: str) -> list[str]:
    """What `write_names` wrote; [] if there is nothing."""
    if attribute in group.attrs:
        return [text_of(name) for name in group.attrs[attribute]]
    names: list[str] = []
    number = 0
    while f"{attribute}{number}" in group.attrs:
        names += [text_of(name) for name in group.attrs[f"{attribute}{number}"]]
        number += 1
    return names


def text_of(value: Any) -> str:
    """An attribute's text, whichever way it was stored."""
    return value.decode("utf8") if isinstance(value, bytes) else str(value)
