"""Files under old names: HDF5 whatever the suffix."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Any

from trimtab import saving

_KNOWN = (".keras", ".h5", ".hdf5")


def _is_legacy(name: str) -> bool:
    return not name.endswith((".keras", ".weights.h5"))


def save_weights(write: Callable[..., None], filepath: Any, overwrite: bool, **kwargs: Any) -> None:
    """Writes weights in Keras 2's format, under a name of any suffix."""
    name = os.fspath(filepath)
    kwargs.pop("save_format", None)
    if name.endswith((".h5", ".hdf5")):
        write(name, overwrite, save_format="h5", **kwargs)
        return
    _through_hdf5(lambda other: write(other, True, save_format="h5", **kwargs), name, overwrite)


def save(write: Callable[..., None], filepath: Any, overwrite: bool, **kwargs: Any) -> None:
    """Writes a model, in Keras 2's format under a name without a known suffix."""
    name = os.fspath(filepath)
    kwargs.pop("save_format", None)
    if name.endswith(_KNOWN):
        write(name, overwrite, **kwargs)
        return
    _through_hdf5(lambda other: write(other, True, **kwargs), name, overwrite)


def _through_hdf5(write: Callable[[str], None], name: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(name):
        raise FileExistsError(f"{name}: exists, and overwrite is False")
    folder = os.path.dirname(os.path.abspath(name))
    handle, temporary = tempfile.mkstemp(suffix=".h5", dir=folder)
    os.close(handle)
    try:
        write(temporary)
        os.replace(temporary, name)
    except BaseException:
        os.unlink(temporary)
        raise


def load_weights(read: Callable[..., None], filepath: Any, by_name: bool, **kwargs: Any) -> None:
    """Reads weights from a file of any suffix."""
    name = os.fspath(filepath)
    kwargs.pop("reshape", None)
    if not _is_legacy(name) and not by_name:
        read(name, **kwargs)
        return
    if name.endswith(_KNOWN) or not os.path.isfile(name):
        read(name, by_name=by_name, **kwargs)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(name, os.path.join(folder, "weights.h5.h5"))
        read(copy, by_name=by_name, **kwargs)


def load_model(filepath: Any, *args: Any, **kwargs: Any) -> Any:
    """The model in a file of any suffix."""
    name = os.fspath(filepath)
    if name.endswith(_KNOWN) or not os.path.isfile(name):
        return saving.load_model(name, *args, **kwargs)
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(name, os.path.join(folder, "model.h5"))
        return saving.load_model(copy, *args, **kwargs)
