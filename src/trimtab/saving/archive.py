"""The `.keras` archive of Keras 3: configuration, weights and further files of a model."""

from __future__ import annotations

import contextlib
import datetime
import io
import os
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trimtab.core.config import deserialize_with_sharing, serialize_with_sharing
from trimtab.core.variable import values_to_come
from trimtab.lazy import lazy_module
from trimtab.saving import files, legacy_config
from trimtab.saving.hdf5 import Hdf5Reader, Hdf5Writer, h5py
from trimtab.saving.npz import NpzReader
from trimtab.saving.origin import parsed_version
from trimtab.saving.state import StateLoader, WeightReader, save_state
from trimtab.saving.weights import finish_loading
from trimtab.saving.zip_members import check_member, opened_member, read_member, written_member

if TYPE_CHECKING:
    import json
    import pathlib
    import tempfile
    import zipfile
else:
    json = lazy_module("json")
    tempfile = lazy_module("tempfile")
    zipfile = lazy_module("zipfile")
    pathlib = lazy_module("pathlib")

# The Keras version whose layout is written, and named in the files.
KERAS_VERSION = "3.15.1"

_METADATA = "metadata.json"
_CONFIG = "config.json"
_WEIGHTS = "model.weights.h5"
_NPZ_WEIGHTS = "model.weights.npz"
_ASSETS = "assets"


def save_archive(model: Any, path: str | os.PathLike[str], zipped: bool) -> None:
    """Writes a model as a `.keras` file, or as a folder of the same files.

    Raises:
        ValueError: If the suffix does not fit.
        TypeError: If the configuration holds what JSON cannot.
        ImportError: If h5py is not installed.
    """
    if zipped != str(path).endswith(".keras"):
        wanted = "must end in .keras" if zipped else "must not end in .keras with zipped=False"
        raise ValueError(f"save_model: `filepath` {wanted}; got {str(path)!r}")
    if not model.built:
        warnings.warn(
            f"save_model: '{model.name}' is not built yet, so the file may hold no weights; call "
            "the model on data first",
            stacklevel=4,
        )
    with tempfile.TemporaryDirectory() as folder:
        assets = pathlib.Path(folder)
        described = _description(model)
        if zipped:
            _write_zip(model, path, described, assets)
        else:
            _write_folder(model, pathlib.Path(path), described, assets)


def _description(model: Any) -> dict[str, bytes]:
    config = json.dumps(serialize_with_sharing(model))
    saved = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = json.dumps({"keras_version": KERAS_VERSION, "date_saved": saved})
    return {_METADATA: metadata.encode(), _CONFIG: config.encode()}


def _write_weights(model: Any, target: Any, assets: pathlib.Path) -> None:
    with h5py().File(target, "w") as file:
        save_state(model, Hdf5Writer(file), assets)


def _assets_in(assets: pathlib.Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(p for p in assets.rglob("*") if p.is_file()):
        yield f"{_ASSETS}/{file.relative_to(assets).as_posix()}", file.read_bytes()


def _write_zip(
    model: Any, path: str | os.PathLike[str], described: Mapping[str, bytes], assets: pathlib.Path
) -> None:
    with files.written(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in described.items():
            archive.writestr(name, content)
        with written_member(archive, _WEIGHTS) as member:
            _write_weights(model, member, assets)
        for name, content in _assets_in(assets):
            archive.writestr(name, content)


def _write_folder(
    model: Any, folder: pathlib.Path, described: Mapping[str, bytes], assets: pathlib.Path
) -> None:
    with contextlib.ExitStack() as stack:
        # All files are complete before the first takes its name.
        _write_weights(model, stack.enter_context(files.written(folder / _WEIGHTS)), assets)
        for name, content in (*described.items(), *_assets_in(assets)):
            stack.enter_context(files.written(folder / name)).write_bytes(content)


def load_archive(
    path: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None,
    compile: bool,  # noqa: A002 - Keras's name
    safe_mode: bool,
) -> Any:
    """The model in a `.keras` file, or in a folder of the same files.

    Raises:
        ValueError: If the content is not that of a model, or code is refused.
        ImportError: If h5py is not installed.
    """
    h5py()
    with files.reading(path, "a .keras archive"), _opened(path) as source:
        config = json.loads(source.read(_CONFIG))
        if not isinstance(config, dict):
            raise ValueError(f"{_CONFIG} must hold an object; got a {type(config).__name__}")
        if not compile:
            config["compile_config"] = None
        if _is_of_keras_2(source):
            config = legacy_config.upgraded_archive(config)
        with values_to_come():
            model = deserialize_with_sharing(config, custom_objects, safe_mode)
        if not hasattr(model, "load_own_variables"):
            raise ValueError(f"{_CONFIG} must describe a model; got a {type(model).__name__}")
        # Nobody sees the model before the block's end, so its bytes may be checked by then.
        with (
            source.weights(is_checked_first=False) as reader,
            source.assets() as assets,
        ):
            loader = StateLoader(reader, assets)
            loader.visit(model)
            finish_loading(loader, path, skip_mismatch=False)
    return model


def _is_of_keras_2(source: _Folder | _Zip) -> bool:
    """Whether tf.keras wrote the archive, as it did from 2.13 on."""
    if _METADATA not in source.names():
        return False
    version = parsed_version(str(json.loads(source.read(_METADATA)).get("keras_version")))
    return version is not None and version < (3, 0, 0)


@contextlib.contextmanager
def archive_weights(path: str | os.PathLike[str]) -> Iterator[WeightReader]:
    """The weights in a `.keras` file."""
    with _opened(path) as source, source.weights() as reader:
        yield reader


def archive_members(path: str | os.PathLike[str], names: tuple[str, ...]) -> dict[str, bytes]:
    """The content of those of `names` that are in a `.keras` file; the configuration must be.

    Raises:
        ValueError: If a member is not what it says.
    """
    with _opened(path) as source:
        held = set(source.names())
        if _CONFIG not in held:
            raise ValueError(f"It must hold {_CONFIG}; got {', '.join(sorted(held)[:5])}")
        found = {name: source.read(name) for name in names if name in held}
    return {_METADATA: b"{}", **found}


class _Folder:
    """An archive that was not zipped."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        """The files in it."""
        return [file.name for file in self._path.iterdir()]

    def read(self, name: str) -> bytes:
        """The content of a file."""
        return (self._path / name).read_bytes()

    @contextlib.contextmanager
    def opened(self, name: str, is_checked_first: bool = True) -> Iterator[Any]:
        """A file, open; it has no checksum."""
        del is_checked_first
        with (self._path / name).open("rb") as file:
            yield file

    @contextlib.contextmanager
    def weights(self, *, is_checked_first: bool = True) -> Iterator[WeightReader]:
        """The weights; whether their checksum is checked first or by the block's end."""
        with _weights_in(self, is_checked_first) as reader:
            yield reader

    @contextlib.contextmanager
    def assets(self) -> Iterator[pathlib.Path | None]:
        """The folder of further files, None if there is none."""
        folder = self._path / _ASSETS
        yield folder if folder.is_dir() else None


class _Zip:
    """A zipped archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        for info in archive.infolist():
            check_member(info)

    def names(self) -> list[str]:
        """The members."""
        return self._archive.namelist()

    def read(self, name: str) -> bytes:
        """The content of a member."""
        return read_member(self._archive, name)

    def opened(
        self, name: str, is_checked_first: bool = True
    ) -> contextlib.AbstractContextManager[Any]:
        """A member as a file, open."""
        return opened_member(self._archive, name, is_checked_first=is_checked_first)

    @contextlib.contextmanager
    def weights(self, *, is_checked_first: bool = True) -> Iterator[WeightReader]:
        """The weights; whether their checksum is checked first or by the block's end."""
        with _weights_in(self, is_checked_first) as reader:
            yield reader

    @contextlib.contextmanager
    def assets(self) -> Iterator[pathlib.Path | None]:
        """The further files, unpacked while the block runs; None if there are none."""
        names = [name for name in self.names() if name.startswith(f"{_ASSETS}/")]
        if not names:
            yield None
            return
        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                # Never a link, whatever the member says it is: its bytes are written to a plain
                # file.
                self._archive.extract(name, folder)
            yield pathlib.Path(folder) / _ASSETS


@contextlib.contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[_Folder | _Zip]:
    if pathlib.Path(path).is_dir():
        yield _Folder(pathlib.Path(path))
        return
    with zipfile.ZipFile(path) as archive:
        yield _Zip(archive)


@contextlib.contextmanager
def _weights_in(source: _Folder | _Zip, is_checked_first: bool) -> Iterator[WeightReader]:
    names = source.names()
    if _WEIGHTS in names:
        with source.opened(_WEIGHTS, is_checked_first) as opened, h5py().File(opened, "r") as file:
            yield Hdf5Reader(file)
    elif _NPZ_WEIGHTS in names:
        yield NpzReader(io.BytesIO(source.read(_NPZ_WEIGHTS)))
    else:
        raise ValueError(
            f"It must hold {_WEIGHTS} or {_NPZ_WEIGHTS}; got {', '.join(sorted(names))}"
        )
