"""The `.weights.h5` file of Keras 3: variables of a model and its optimizer, not the model."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from trimtab.lazy import lazy_module
from trimtab.saving import files
from trimtab.saving.hdf5 import Hdf5Writer, h5py
from trimtab.saving.state import StateLoader, WeightReader, save_state

if TYPE_CHECKING:
    import pathlib
else:
    pathlib = lazy_module("pathlib")


def _ids(objects: Iterable[Any] | None) -> set[int]:
    return {id(x) for x in objects or ()}


def save_weights_file(
    model: Any, path: str | os.PathLike[str], objects_to_skip: Iterable[Any] | None = None
) -> None:
    """Writes the weights and the optimizer's variables.

    Raises:
        ImportError: If h5py is not installed.
    """
    package = h5py()
    with files.written(path) as temporary, package.File(temporary, "w") as file:
        save_state(model, Hdf5Writer(file), skip=_ids(objects_to_skip))


def load_state(
    model: Any,
    reader: WeightReader,
    path: str | os.PathLike[str],
    skip_mismatch: bool,
    objects_to_skip: Iterable[Any] | None = None,
    assets: pathlib.Path | None = None,
) -> None:
    """Sets the weights from a reader, all or, if one does not fit, none.

    Raises:
        ValueError: If something is missing or does not fit, and `skip_mismatch` is False.
    """
    loader = StateLoader(reader, assets, skip=_ids(objects_to_skip))
    loader.visit(model)
    finish_loading(loader, path, skip_mismatch)


def finish_loading(loader: StateLoader, path: str | os.PathLike[str], skip_mismatch: bool) -> None:
    """Sets what a loader has read, if it was everything or `skip_mismatch` is True.

    Raises:
        ValueError: If something is missing or does not fit, and `skip_mismatch` is False.
    """
    failures = loader.failures()
    if failures:
        owner, error = failures[0]
        message = (
            f"{path}: A total of {len(failures)} objects could not be loaded. Example error "
            f"message for object {owner}:\n\n{error}\n\nList of objects that could not be loaded:\n"
            f"{[failed for failed, _ in failures]}"
        )
        if not skip_mismatch:
            raise ValueError(message) from error
        warnings.warn(message, stacklevel=5)
    for nested in loader.unsaved_containers():
        warnings.warn(
            f"{path}: has nothing at '{nested}', as files of Keras before 3.15 have nothing of "
            "lists inside of lists; the layers there keep their weights",
            stacklevel=5,
        )
    loader.commit()
