"""Members of zip archives, read within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import pathlib
    import zipfile
else:
    zipfile = lazy_module("zipfile")
    pathlib = lazy_module("pathlib")


# Archives are written without compression. One that somebody packed anew may be smaller than its
# content; a member that claims to be far larger than what is stored is a bomb.
_UNCHECKED_BYTES = 16 << 20
_LARGEST_RATIO = 100


def check_member(info: zipfile.ZipInfo) -> None:
    """Refuses a member that would unpack to far more than is stored, or outside of its folder.

    Raises:
        ValueError: If it does.
    """
    if info.file_size > _UNCHECKED_BYTES and info.file_size > _LARGEST_RATIO * info.compress_size:
        raise ValueError(
            f"The member {info.filename!r} stores {info.compress_size} bytes and claims to unpack "
            f"to {info.file_size}; it is refused"
        )
    path = pathlib.PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in info.filename or "\0" in info.filename:
        raise ValueError(
            f"The member name {info.filename!r} leads out of the archive; it is refused"
        )


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The content of a member.

    Raises:
        ValueError: If it is missing or refused.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"The archive has no member {name!r}") from None
    check_member(info)
    return archive.read(info)
