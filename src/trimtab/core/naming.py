"""Automatic names, as Keras gives them: snake case of the class, then a number.

And scopes of names.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from typing import Any

_COUNTS: dict[str, int] = {}
_LOCK = threading.Lock()


def to_snake_case(name: str) -> str:
    """`BatchNormalization` -> `batch_normalization`, `Conv2D` -> `conv2d`, `ReLU` -> `re_lu`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(prefix: str) -> str:
    """The next free name for a class: `dense`, `dense_1`, `dense_2`."""
    return uniquify(to_snake_case(prefix))


def uniquify(name: str) -> str:
    """`name`, with a number if it was given before."""
    with _LOCK:
        count = _COUNTS.get(name)
        _COUNTS[name] = 0 if count is None else count + 1
        return name if count is None else f"{name}_{count + 1}"


@contextlib.contextmanager
def counts_kept() -> Iterator[None]:
    """A block whose objects are thrown away: the names that it gives are free again behind it."""
    with _LOCK:
        before = dict(_COUNTS)
    try:
        yield
    finally:
        with _LOCK:
            _COUNTS.clear()
            _COUNTS.update(before)


def reset() -> None:
    """Starts all counts anew, as `clear_session` does."""
    with _LOCK:
        _COUNTS.clear()


def get_uid(prefix: str = "") -> int:
    """The next number for `prefix`, from 1, as `keras.backend.get_uid`."""
    with _LOCK:
        _COUNTS[prefix] = _COUNTS.get(prefix, 0) + 1
        return _COUNTS[prefix]


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.paths: list[str] = []
        self.owners: list[Any] = []


_SCOPES = _Scopes()


class name_scope:
    """Puts `name` in front of the paths of variables made while the block runs.

    Args:
        name: Text without "/".
        caller: The object that opens the scope; while its scope is the innermost, it
            opens no second one.
        deduplicate: Whether that is so.
        override_parent: Path to put in front in place of the open scopes.

    Raises:
        ValueError: If the name is no text or holds "/".
    """

    def __init__(
        self,
        name: str,
        caller: Any = None,
        deduplicate: bool = True,
        override_parent: str | None = None,
    ) -> None:
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"name_scope: `name` must be a string without '/'; got {name!r}")
        self.name, self.caller = name, caller
        self.deduplicate, self.override_parent = deduplicate, override_parent
        self._pop_on_exit = False

    def __enter__(self) -> name_scope:
        is_open = bool(_SCOPES.owners) and _SCOPES.owners[-1] is self.caller is not None
        self._pop_on_exit = not (is_open and self.deduplicate)
        if self._pop_on_exit:
            given = self.override_parent
            parent = current_path() if given is None else given.strip("/")
            _SCOPES.paths.append(f"{parent}/{self.name}" if parent else self.name)
            _SCOPES.owners.append(self.caller)
        return self

    def __exit__(self, *_: object) -> None:
        if self._pop_on_exit:
            _SCOPES.paths.pop()
            _SCOPES.owners.pop()


def current_path() -> str:
    """The names of the open scopes joined by "/"; "" outside of all."""
    return _SCOPES.paths[-1] if _SCOPES.paths else ""


def path_of(name: str) -> str:
    """The path of something called `name` that is made now."""
    return f"{_SCOPES.paths[-1]}/{name}" if _SCOPES.paths else name
