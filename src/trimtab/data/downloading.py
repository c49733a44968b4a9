"""Files from the network: fetched once, checked, kept in Keras's cache."""

from __future__ import annotations

import contextlib
import pathlib
import time
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from trimtab.data.announcing import say
from trimtab.data.unpacking import unpack
from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import hashlib
    import os
    import tempfile
    from urllib import error as urllib_error
    from urllib import parse as urllib_parse
    from urllib import request as urllib_request
else:
    hashlib = lazy_module("hashlib")
    os = lazy_module("os")
    tempfile = lazy_module("tempfile")
    urllib_error = lazy_module("urllib.error")
    urllib_parse = lazy_module("urllib.parse")
    urllib_request = lazy_module("urllib.request")

_PART_BYTES = 1 << 16
_DRAWING_SECONDS = 0.1
_SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz", ".tar", ".zip")


def cache_folder(subfolder: str = "datasets", folder: str | None = None) -> pathlib.Path:
    """The folder that files are kept in: Keras's own, so that its files are found.

    Args:
        subfolder: Folder in it, or an absolute path.
        folder: Instead of Keras's.
    """
    home = folder or os.environ.get("KERAS_HOME") or os.path.join("~", ".keras")
    return pathlib.Path(os.path.expanduser(home)) / subfolder


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: str | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file in the cache, fetched if it is not there.

    A file takes its name once it is complete and its hash is right; one that was there stays until
    then.

    Args:
        fname: Its name in the cache; the last part of `origin` if None.
        origin: Where to fetch it from.
        untar: As `extract`, into a folder called `fname`.
        md5_hash: Its MD5 hash; `file_hash` is preferred.
        file_hash: Its hash. A file with another one is fetched anew.
        cache_subdir: Folder in the cache, or an absolute path.
        hash_algorithm: "md5", "sha256", or "auto" to tell by the length.
        extract: Whether to unpack it, into a folder "<fname without suffix>_extracted".
        archive_format: "tar", "zip", a list of them, "auto" for both, or None for none.
        cache_dir: Folder of the cache; `KERAS_HOME` or ~/.keras if None.
        force_download: Whether to fetch it although it is there.

    Returns:
        The path of the file, or of the folder that it was unpacked into.

    Raises:
        ValueError: If an argument is missing, `fname` is a path, or the file's hash is another one.
        ConnectionError: If it cannot be fetched; the message says where to put it by hand.

    Source: Keras 3 `keras.utils.get_file`.
    """
    if origin is None:
        raise ValueError("get_file: `origin`, the address to fetch the file from, must be given")
    if fname is None:
        fname = os.path.basename(urllib_parse.urlsplit(str(origin)).path)
        if not fname:
            raise ValueError(f"get_file: `fname` must be given, as {origin!r} ends in no name")
    fname = str(fname)
    if os.path.basename(fname) != fname:
        raise ValueError(
            f"get_file: `fname` must be a name without folders; got {fname!r}. Give the folder as "
            "`cache_subdir`"
        )
    expected = file_hash if file_hash is not None else md5_hash
    algorithm = "md5" if file_hash is None and md5_hash else hash_algorithm
    folder = cache_folder(cache_subdir, cache_dir)
    path = folder / (f"{fname}_archive" if untar else fname)
    unpacked = folder / (fname if untar else f"{_stem(fname)}_extracted")
    is_wanted = force_download or not path.exists() or _differs(path, expected, algorithm)
    if is_wanted:
        folder.mkdir(parents=True, exist_ok=True)
        _download(str(origin), path, expected, algorithm)
    if not (untar or extract):
        return str(path)
    if is_wanted or not unpacked.is_dir():
        unpack(path, unpacked, archive_format)
    return str(unpacked)


def _stem(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return os.path.splitext(name)[0]


def _hash_of(path: pathlib.Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _algorithm(expected: str, algorithm: str) -> str:
    if algorithm not in ("auto", "md5", "sha256"):
        raise ValueError(
            f"get_file: `hash_algorithm` must be 'auto', 'md5' or 'sha256'; got {algorithm!r}"
        )
    if algorithm == "auto":
        return "sha256" if len(expected) == 64 else "md5"
    return algorithm


def _differs(path: pathlib.Path, expected: str | None, algorithm: str) -> bool:
    if expected is None or _hash_of(path, _algorithm(expected, algorithm)) == expected:
        return False
    say(f"{path} has another hash than {expected}; it is fetched anew\n")
    return True


def _download(origin: str, path: pathlib.Path, expected: str | None, algorithm: str) -> None:
    say(f"Downloading data from {origin}\n")
    with _beside(path) as (file, temporary):
        try:
            with urllib_request.urlopen(origin) as response:
                _copy(response, file, origin)
        except urllib_error.HTTPError as error:
            raise _unreachable(origin, path, f"{error.code} -- {error.reason}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise _unreachable(origin, path, str(reason)) from error
        file.close()
        if expected is not None:
            found = _hash_of(temporary, _algorithm(expected, algorithm))
            if found != expected:
                raise ValueError(
                    f"get_file: {origin} must have the hash {expected}; got {found}. The file is "
                    "incomplete, or another one than the hash is of"
                )
        temporary.replace(path)


def _unreachable(origin: str, path: pathlib.Path, reason: str) -> ConnectionError:
    return ConnectionError(
        f"get_file: URL fetch failure on {origin}: {reason}. Without a connection, fetch it "
        f"elsewhere and put it at {path}"
    )


@contextlib.contextmanager
def _beside(path: pathlib.Path) -> Iterator[tuple[IO[bytes], pathlib.Path]]:
    """A new file in the folder of `path`, gone afterwards unless it was renamed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = pathlib.Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, temporary
    finally:
        temporary.unlink(missing_ok=True)


def _copy(response: Any, file: IO[bytes], origin: str) -> None:
    length = response.headers.get("Content-Length")
    total = int(length) if length and length.isdigit() else None
    done, drawn = 0, 0.0
    while part := response.read(_PART_BYTES):
        file.write(part)
        done += len(part)
        if time.monotonic() - drawn > _DRAWING_SECONDS:
            drawn = time.monotonic()
            say(f"\r{_progress(done, total)}")
    say(f"\r{_progress(done, total)}\n")
    if total is not None and done != total:
        raise OSError(f"{origin} ended after {done} of {total} bytes")


def _progress(done: int, total: int | None) -> str:
    if not total:
        return f"{done / 1e6:.1f} MB"
    bar = "=" * int(20 * done / total)
    return f"{bar:<20} {done / 1e6:.1f}/{total / 1e6:.1f} MB"
