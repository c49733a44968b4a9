"""Archives, unpacked into a folder and nowhere else."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Any

from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import shutil
    import tarfile
    import tempfile
    import zipfile
else:
    shutil = lazy_module("shutil")
    tarfile = lazy_module("tarfile")
    tempfile = lazy_module("tempfile")
    zipfile = lazy_module("zipfile")


def unpack(path: pathlib.Path, folder: pathlib.Path, archive_format: Any = "auto") -> None:
    """Unpacks an archive into `folder`, which appears once all of it is there.

    Args:
        path: The archive.
        folder: Where to; what was there is replaced.
        archive_format: "tar", "zip", a list of them, "auto" for both, or None for none.

    Raises:
        ValueError: If the file is no such archive, or a member would lie outside of the folder.
    """
    if archive_format is None:
        return
    formats = ("tar", "zip") if archive_format == "auto" else archive_format
    formats = (formats,) if isinstance(formats, str) else tuple(formats)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as made:
        inside = pathlib.Path(made) / "all"
        inside.mkdir()
        if "tar" in formats and tarfile.is_tarfile(path):
            _unpack_tar(path, inside)
        elif "zip" in formats and zipfile.is_zipfile(path):
            _unpack_zip(path, inside)
        else:
            raise ValueError(
                f"get_file: {path} must be an archive of format {' or '.join(formats)} to be "
                "unpacked; it is not"
            )
        if folder.exists():
            shutil.rmtree(folder)
        inside.rename(folder)


def _unpack_tar(path: pathlib.Path, folder: pathlib.Path) -> None:
    with tarfile.open(path) as archive:
        try:
            archive.extractall(folder, filter="data")
        except tarfile.FilterError as error:
            raise ValueError(f"get_file: {path} holds a member that is refused: {error}") from error


def _unpack_zip(path: pathlib.Path, folder: pathlib.Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            target = (folder / name).resolve()
            if not target.is_relative_to(folder.resolve()):
                raise ValueError(
                    f"get_file: {path} holds a member that is refused: {name!r} would lie outside "
                    "of the folder"
                )
        archive.extractall(folder)
