"""Files written whole or not at all, and read with one kind of error for whatever is wrong."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import pathlib
    import secrets
    import zipfile
else:
    secrets = lazy_module("secrets")
    zipfile = lazy_module("zipfile")
    pathlib = lazy_module("pathlib")


# What the readers of zip, HDF5, npz and JSON raise for bytes that are not what they should be.
def _bad_bytes() -> tuple[type[Exception], ...]:
    return (
        OSError,
        EOFError,
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        OverflowError,
        MemoryError,
        RecursionError,
        RuntimeError,
        struct.error,
        zlib.error,
        zipfile.BadZipFile,
    )


@contextlib.contextmanager
def written(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """A name beside `path` to write to; the file takes the name `path` once the block has ended.

    An error inside the block, or a cut in the middle of it, leaves what was at `path` as it was.
    The folder is made if there is none.

    Raises:
        IsADirectoryError: If `path` is a folder.
    """
    target = pathlib.Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{path}: is a directory; give the name of a file")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        # Without this a power cut after the renaming may leave an empty file under the final name.
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
        _flush_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _flush_folder(folder: pathlib.Path) -> None:
    """Has the new name on the disk, as far as the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def require_absent(path: str | os.PathLike[str], overwrite: bool) -> None:
    """Refuses to write over what exists, unless `overwrite`.

    Raises:
        FileExistsError: If something is there.
    """
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(
            f"{path}: exists already, and overwrite=False; give another name or overwrite=True"
        )


def require_file(path: str | os.PathLike[str]) -> None:
    """Refuses a name under which no file can be read, with the system's own error.

    Raises:
        OSError: If there is no such file, or it must not be read.
    """
    with pathlib.Path(path).open("rb"):
        return


# The first bytes of every HDF5 file of Keras.
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def is_hdf5(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as HDF5 files do, whatever its name."""
    with pathlib.Path(path).open("rb") as file:
        return file.read(len(_HDF5_SIGNATURE)) == _HDF5_SIGNATURE


@contextlib.contextmanager
def reading(path: str | os.PathLike[str], what: str) -> Iterator[None]:
    """Turns whatever goes wrong with a file's content into one error that names the file.

    Args:
        path: The file.
        what: What it is read as, such as "a .keras archive".

    Raises:
        ValueError: If the block raised an error that bad content causes.
    """
    try:
        yield
    except _bad_bytes() as error:
        text = str(error)
        if text.startswith(f"{path}:"):
            raise
        reason = text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"
        raise ValueError(f"{path}: cannot be read as {what}. {reason}") from error
