"""Objects that occur several times in one configuration, such as a shared layer or initializer.

Each of their configurations carries the same `shared_object_id`, so that reading makes one object.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

KEY = "shared_object_id"


class _Sharing(threading.local):
    def __init__(self) -> None:
        # id -> (number, object); the object is kept so that nobody else gets its id.
        self.written: dict[int, tuple[int, Any]] | None = None
        self.read: dict[int, Any] | None = None


_SHARING = _Sharing()


@contextlib.contextmanager
def numbering() -> Iterator[None]:
    """While the block runs, `mark` gives each object a number."""
    outer, _SHARING.written = _SHARING.written, {}
    try:
        yield
    finally:
        _SHARING.written = outer


@contextlib.contextmanager
def remembering() -> Iterator[None]:
    """While the block runs, objects with a number are made once."""
    outer, _SHARING.read = _SHARING.read, {}
    try:
        yield
    finally:
        _SHARING.read = outer


def mark(obj: Any, config: dict[str, Any]) -> None:
    """Writes the number of `obj` into its configuration, if objects are numbered."""
    known = _SHARING.written
    if known is not None:
        number, _ = known.setdefault(id(obj), (len(known) + 1, obj))
        config[KEY] = number


def known_object(config: dict[str, Any]) -> Any:
    """The object made from a configuration of the same number, None if there is none."""
    return None if _SHARING.read is None else _SHARING.read.get(config.get(KEY, 0))


def remember(config: dict[str, Any], obj: Any) -> None:
    """Keeps `obj` as the one of its configuration's number."""
    if _SHARING.read is not None and KEY in config:
        _SHARING.read[config[KEY]] = obj


def without_single_numbers(config: Any) -> Any:
    """`config` without the numbers of objects that occur once; changed in place."""
    numbered = list(_numbered(config))
    counts = Counter(part[KEY] for part in numbered)
    for part in numbered:
        if counts[part[KEY]] == 1:
            del part[KEY]
    return config


def _numbered(config: Any) -> Iterator[dict[str, Any]]:
    stack = [config]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if KEY in part and "class_name" in part:
                yield part
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)
