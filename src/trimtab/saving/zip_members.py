"""Members of zip archives: read within limits; large ones written and read in place."""

from __future__ import annotations

import contextlib
import io
import os
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

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
_BLOCK_BYTES = 1 << 19
# CRC-32's, the lowest power in the highest bit.
_POLYNOMIAL = 0xEDB88320
# The part of a local header before the name, and where in it the lengths of name and extra stand.
_HEADER_BYTES, _LENGTHS = 30, slice(26, 30)


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


def _info(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"The archive has no member {name!r}") from None
    check_member(info)
    return info


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The content of a member.

    Raises:
        ValueError: If it is missing or refused.
    """
    return archive.read(_info(archive, name))


class Section(io.RawIOBase):
    """A part of an open file as a file of its own: from `start` on, `size` bytes or to its end.

    Args:
        file: The file.
        start: Where the part begins.
        size: Its length if it is only read; None if it is written and grows.
    """

    def __init__(
        self, file: BinaryIO | io.BufferedIOBase, start: int, size: int | None = None
    ) -> None:
        super().__init__()
        self._descriptor = file.fileno()
        self._start = start
        self._limit = size
        self.size = size or 0
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def writable(self) -> bool:
        """Whether the part grows."""
        return self._limit is None

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves to a position in the part."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """The position in the part."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Reads as much as fits into `buffer` and is there."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), max(0, self.size - self._position))
        got = 0
        while got < wanted:
            at = self._start + self._position
            count = os.preadv(self._descriptor, [view[got:wanted]], at)
            if not count:
                break
            got += count
            self._position += count
        return got

    def write(self, data: Any) -> int:
        """Writes all of `data` at the position."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            at = self._start + self._position
            count = os.pwrite(self._descriptor, view[done:], at)
            done += count
            self._position += count
        self.size = max(self.size, self._position)
        return done

    def truncate(self, size: int | None = None) -> int:
        """Sets the length; what lies behind it is left out."""
        self.size = self._position if size is None else size
        os.ftruncate(self._descriptor, self._start + self.size)
        return self.size


@contextlib.contextmanager
def written_member(archive: zipfile.ZipFile, name: str) -> Iterator[Section]:
    """A file to write a member to, in its place in the archive: nothing is kept in memory.

    `archive` must have been opened for writing from a file that can be read too.
    """
    file: Any = archive.fp
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.external_attr = 0o600 << 16
    info.CRC = info.file_size = info.compress_size = 0
    info.header_offset = file.tell()
    # With room for sizes of more than 4 GB, as nobody knows the size yet.
    header = info.FileHeader(zip64=True)
    file.write(header)
    file.flush()
    start = info.header_offset + len(header)
    section = Section(file, start)
    yield section
    info.file_size = info.compress_size = section.size
    # The disk can take the bytes while they are summed up.
    with _beside(lambda: os.fsync(file.fileno())):
        info.CRC = _checksum(file, start, section.size)
    file.seek(info.header_offset)
    file.write(info.FileHeader(zip64=True))
    file.seek(start + section.size)
    archive.start_dir = file.tell()
    archive.filelist.append(info)
    archive.NameToInfo[name] = info
    archive._didModify = True  # type: ignore[attr-defined]


@contextlib.contextmanager
def _beside(work: Callable[[], None]) -> Iterator[None]:
    """Does something in a thread while the block runs; its error is raised at the end."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # raised below
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if errors:
        raise errors[0]


def _checksum(file: BinaryIO, start: int, size: int) -> int:
    """The CRC-32 of a part of a file; of a large part, its two halves at the same time."""
    if size < _UNCHECKED_BYTES:
        return _checksum_of(file, start, size)
    half = size // 2
    second: list[int] = []
    with _beside(lambda: second.append(_checksum_of(file, start + half, size - half))):
        first = _checksum_of(file, start, half)
    return joined_checksum(first, second[0], size - half)


def _checksum_of(file: BinaryIO, start: int, size: int) -> int:
    # A block that stays in the processor's cache: mapping the file would cost a fault a page.
    block = memoryview(bytearray(min(size, _BLOCK_BYTES)))
    checksum, done = 0, 0
    while done < size:
        count = os.preadv(file.fileno(), [block[: size - done]], start + done)
        if not count:
            break
        checksum = zlib.crc32(block[:count], checksum)
        done += count
    return checksum


def joined_checksum(first: int, second: int, size: int) -> int:
    """The CRC-32 of two parts in a row from theirs, the second of `size` bytes.

    A checksum is the remainder of a polynomial over two elements, so bytes behind it multiply it by
    a power of x: x to the 8 times `size`, by repeated squaring.
    """
    power, factor = 1 << 31, 1 << 23  # x^0 and x^8, the lowest power in the highest bit
    while size:
        if size & 1:
            power = _times(power, factor)
        factor = _times(factor, factor)
        size >>= 1
    return _times(first, power) ^ second


def _times(a: int, b: int) -> int:
    """The product of two remainders, the lowest power in the highest bit."""
    product = 0
    for bit in range(31, -1, -1):
        if a >> bit & 1:
            product ^= b
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return product


@contextlib.contextmanager
def opened_member(
    archive: zipfile.ZipFile, name: str, *, is_checked_first: bool = True
) -> Iterator[Any]:
    """A file to read a member from; one stored as it is is read in its place.

    Args:
        archive: The archive.
        name: The member.
        is_checked_first: Whether its checksum is known to be right before the block begins;
            otherwise by its end, which is faster.

    Raises:
        ValueError: If it is missing, refused, or not what was written.
    """
    info = _info(archive, name)
    file: Any = archive.fp
    plain = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1
    is_file = isinstance(file, io.BufferedIOBase)
    if not plain or not is_file or info.file_size < _UNCHECKED_BYTES:
        yield io.BytesIO(archive.read(info))
        return
    # The name and the extra of the local header may be longer than those of the directory.
    header = os.pread(file.fileno(), _HEADER_BYTES, info.header_offset)
    if len(header) < _HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise ValueError(f"The member {name!r} has no header where the archive says")
    lengths = header[_LENGTHS]
    start = info.header_offset + _HEADER_BYTES
    start += int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    if start + info.file_size > os.fstat(file.fileno()).st_size or info.compress_size != (
        info.file_size
    ):
        raise ValueError(f"The member {name!r} is cut short")

    def check() -> None:
        if _checksum(file, start, info.file_size) != info.CRC:
            raise ValueError(f"The member {name!r} is not what was written: its checksum differs")

    if is_checked_first:
        check()
        yield Section(file, start, info.file_size)
    else:
        with _beside(check):
            yield Section(file, start, info.file_size)
