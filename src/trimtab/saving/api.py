"""Saving and loading of models and weights, by the suffix of the file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trimtab.core.config import keras_export
from trimtab.lazy import lazy_module
from trimtab.saving import files, legacy_h5
from trimtab.saving.archive import archive_weights, load_archive, save_archive
from trimtab.saving.hdf5 import Hdf5Reader, h5py
from trimtab.saving.state import WeightReader
from trimtab.saving.weights import load_state, save_weights_file

if TYPE_CHECKING:
    import logging
    import pathlib
else:
    logging = lazy_module("logging")
    pathlib = lazy_module("pathlib")


def _logger() -> logging.Logger:
    return logging.getLogger("trimtab")


_LEGACY = (".h5", ".hdf5")
_WEIGHTS = ".weights.h5"

FilePath = str | os.PathLike[str]


@keras_export("keras.saving.save_model", "keras.models.save_model")
def save_model(
    model: Any,
    filepath: FilePath,
    overwrite: bool = True,
    zipped: bool | None = None,
    *,
    include_optimizer: bool = True,
    **kwargs: Any,
) -> None:
    """Writes a model: configuration, weights, and the state of its training.

    The file appears whole or not at all: an error leaves what was there before.

    Args:
        model: The model.
        filepath: Name that ends in ".keras", or in ".h5" or ".hdf5" for Keras 2's format.
        overwrite: Whether to replace a file of this name.
        zipped: False to write a folder of files; then the name must not end in ".keras".
        include_optimizer: Whether a ".h5" file gets the optimizer and its state.
        **kwargs: None: what Keras once took besides is named in the error.

    Raises:
        ValueError: If the suffix is none of these, or for another argument.
        FileExistsError: If the file exists and `overwrite` is False.
        ImportError: If h5py is not installed.

    Source: Keras 3 `keras.saving.save_model`; there, `overwrite=False` asks at the keyboard.
    """
    if "save_format" in kwargs:
        raise ValueError(
            "save_model: The `save_format` argument is deprecated: the suffix of `filepath` says "
            f"the format; got {kwargs['save_format']!r}"
        )
    if kwargs:
        raise ValueError(f"save_model: The following argument(s) are not supported: {list(kwargs)}")
    name = os.fspath(filepath)
    files.require_absent(name, overwrite)
    if zipped is False:
        save_archive(model, name, zipped=False)
    elif name.endswith(".keras"):
        save_archive(model, name, zipped=True)
    elif name.endswith(_LEGACY):
        _logger().warning(
            "%s: HDF5 files of whole models are Keras 2's format; prefer .keras", name
        )
        legacy_h5.save_model_h5(model, name, include_optimizer)
    else:
        raise ValueError(
            "save_model: Invalid filepath extension for saving; it must be .keras, or .h5 or .hdf5 "
            f"for Keras 2's format; got {name!r}"
        )


@keras_export("keras.saving.load_model", "keras.models.load_model")
def load_model(
    filepath: FilePath,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,  # noqa: A002 - Keras's name
    safe_mode: bool = True,
) -> Any:
    """The model that `save_model` wrote, or Keras.

    Args:
        filepath: The file, or a folder written with `zipped=False`.
        custom_objects: Classes and functions of the model by name, beside those registered.
        compile: Whether to compile the model as it was, its optimizer's state included.
        safe_mode: Whether to refuse code that the file holds.

    Raises:
        ValueError: If the file is missing, cut short, not a model's, or holds code that is refused.
        ImportError: If h5py is not installed.

    Source: Keras 3 `keras.saving.load_model`.
    """
    name = os.fspath(filepath)
    if (pathlib.Path(name) / "config.json").is_file():
        return load_archive(name, custom_objects, compile, safe_mode)
    if not name.endswith((".keras", *_LEGACY)):
        raise ValueError(
            f"{name}: File format not supported; load_model reads .keras files and Keras 2's .h5 "
            "and .hdf5"
        )
    if not pathlib.Path(name).is_file():
        raise ValueError(f"{name}: File not found; give the name of a .keras or .h5 file")
    files.require_file(name)
    # tf.keras before 2.12 wrote HDF5 under this suffix too.
    if name.endswith(".keras") and not files.is_hdf5(name):
        return load_archive(name, custom_objects, compile, safe_mode)
    return legacy_h5.load_model_h5(name, custom_objects, compile, safe_mode)


@keras_export("keras.saving.save_weights")
def save_weights(
    model: Any,
    filepath: FilePath,
    overwrite: bool = True,
    max_shard_size: float | None = None,
    *,
    objects_to_skip: Any = None,
    save_format: str | None = None,
) -> None:
    """Writes the weights of a model, and the variables of its optimizer if it has one.

    Args:
        model: The model; it must be built.
        filepath: Name that ends in ".weights.h5".
        overwrite: Whether to replace a file of this name.
        max_shard_size: Must be None: weights are written to one file.
        objects_to_skip: Layers or optimizers to leave out.
        save_format: "h5" to write the weights, without the optimizer's variables, in Keras 2's
            format; then the name may end in ".h5" or ".hdf5" alone.

    Raises:
        ValueError: If the suffix is another one, or the model is not built.
        FileExistsError: If the file exists and `overwrite` is False.
        ImportError: If h5py is not installed.

    Source: Keras 3 `keras.saving.save_weights`; there, `overwrite=False` asks at the keyboard.
    """
    name = os.fspath(filepath)
    if max_shard_size is not None:
        raise ValueError(f"save_weights: `max_shard_size` must be None; got {max_shard_size!r}")
    if save_format not in (None, "h5"):
        raise ValueError(f"save_weights: `save_format` must be None or 'h5'; got {save_format!r}")
    if not name.endswith(_WEIGHTS if save_format is None else _LEGACY):
        raise ValueError(
            f"The filename must end in `.weights.h5`. Received: filepath={name}. For Keras 2's "
            "format give save_format='h5' and a name that ends in .h5"
        )
    _require_built(model, "saving")
    files.require_absent(name, overwrite)
    if save_format is None:
        save_weights_file(model, name, objects_to_skip)
    else:
        legacy_h5.save_weights_h5(model, name)


@keras_export("keras.saving.load_weights")
def load_weights(
    model: Any,
    filepath: FilePath,
    skip_mismatch: bool = False,
    *,
    objects_to_skip: Any = None,
    by_name: bool | None = None,
) -> None:
    """Sets the weights of a model, and the variables of its optimizer, from a file.

    If something does not fit, no weight changes.

    Args:
        model: The model; it must be built.
        filepath: A ".weights.h5" or ".keras" file, or one of Keras 2's format (".h5", ".hdf5").
        skip_mismatch: Whether to warn about what is missing or does not fit and set the rest.
        objects_to_skip: Layers or optimizers to leave as they are; ".weights.h5" only.
        by_name: Whether layers are found by name, those without one in the file left as they are,
            and not by their order; Keras 2's format only.

    Raises:
        ValueError: If the file cannot be read, or does not fit the model.
        FileNotFoundError: If there is no file.
        ImportError: If h5py is not installed.

    Source: Keras 3 `keras.saving.load_weights`.
    """
    name = os.fspath(filepath)
    is_legacy = name.endswith(_LEGACY) and not name.endswith(_WEIGHTS)
    if name.endswith((_WEIGHTS, ".keras")) and pathlib.Path(name).is_file():
        # Keras 2 did not ask for a suffix, and wrote its format under these names too.
        is_legacy = legacy_h5.is_legacy_file(name)
    if not is_legacy and not name.endswith((".keras", _WEIGHTS)):
        raise ValueError(
            f"{name}: File format not supported; load_weights reads .weights.h5, .keras, and Keras "
            "2's .h5 and .hdf5 files"
        )
    if by_name is not None and not is_legacy:
        raise ValueError(
            f"`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: {name}"
        )
    if objects_to_skip is not None and not name.endswith(_WEIGHTS):
        raise ValueError(
            f"`objects_to_skip` only supports loading '.weights.h5' files. Received: {name}"
        )
    files.require_file(name)
    if is_legacy:
        legacy_h5.load_weights_h5(model, name, bool(by_name), skip_mismatch)
        return
    _require_built(model, "loading")
    h5py()
    with files.reading(name, "weights"), _weights_of(name) as reader:
        load_state(model, reader, name, skip_mismatch, objects_to_skip)


@contextlib.contextmanager
def _weights_of(name: str) -> Iterator[WeightReader]:
    if name.endswith(".keras"):
        with archive_weights(name) as reader:
            yield reader
        return
    with h5py().File(name, "r") as file:
        yield Hdf5Reader(file)


def _require_built(model: Any, doing: str) -> None:
    if not model.built:
        raise ValueError(
            f"{model.name}: You are {doing} weights {'of' if doing == 'saving' else 'into'} a "
            "model that has not yet been built; call it on data or call build() first"
        )
