"""Weights in .npz form, as old archives may hold them: each entry a pickled dict of arrays."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from trimtab.lazy import lazy_module
from trimtab.saving.zip_members import read_member

if TYPE_CHECKING:
    import zipfile
else:
    zipfile = lazy_module("zipfile")

_ROOT = "__root__"
# The whole vocabulary of a pickled array; everything else would be code of the file's choice.
_ARRAY_PARTS = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): lambda text, encoding: text.encode("latin1"),
}


def _empty_array(*_: Any) -> np.ndarray[Any, Any]:
    # The state that follows in the pickle brings shape, type and numbers.
    return np.ndarray.__new__(np.ndarray, (0,))


def _scalar(dtype: Any, data: bytes) -> Any:
    return np.frombuffer(data, dtype)[0]


# Their modules have moved between NumPy's versions.
_NUMPY_PARTS = {"_reconstruct": _empty_array, "scalar": _scalar}


class _ArrayUnpickler(pickle.Unpickler):
    """Reads dicts and arrays, and nothing that could run code."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("numpy.") and name in _NUMPY_PARTS:
            return _NUMPY_PARTS[name]
        if (module, name) in _ARRAY_PARTS:
            return _ARRAY_PARTS[module, name]
        raise ValueError(f"The file asks for {module}.{name}; only arrays are unpickled")


class NpzReader:
    """Reads the entries of an .npz file.

    Args:
        file: The file, open for reading.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._archive = zipfile.ZipFile(file)
        self._names = set(self._archive.namelist())

    def has(self, path: str) -> bool:
        """Whether there is anything under `path`."""
        return any(name.startswith((f"{path}/", f"{path}.npy")) for name in self._names)

    def get(self, path: str, limit_bytes: int | None = None) -> Mapping[str, Any]:
        """The entry of the object at `path`, empty if there is none.

        Args:
            path: Where the object was found in the model.
            limit_bytes: Unused here: a pickled array cannot declare more than it holds.

        Raises:
            ValueError: If the entry is no dict of arrays, or holds code.
        """
        member = f"{path or _ROOT}.npy"
        if member not in self._names:
            return {}
        entry = _unpickled(io.BytesIO(read_member(self._archive, member)), member)
        kinds = (np.ndarray, np.generic)
        if not isinstance(entry, dict) or not all(isinstance(v, kinds) for v in entry.values()):
            raise ValueError(f"The member {member!r} must hold a dict of arrays")
        return entry


def _unpickled(file: io.BytesIO, member: str) -> Any:
    version = np.lib.format.read_magic(file)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read_header is None:
        raise ValueError(f"The member {member!r} has the unknown format {version}")
    shape, _, dtype = read_header(file)
    if shape != () or not dtype.hasobject:
        raise ValueError(f"The member {member!r} must be one object; got {dtype} of shape {shape}")
    try:
        return _ArrayUnpickler(file).load().item()
    except pickle.UnpicklingError as error:
        raise ValueError(f"The member {member!r} is no pickle") from error
