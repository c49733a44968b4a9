"""Entries by the paths of layers and weights, or by patterns of paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import TypeVar

Entry = TypeVar("Entry")


class PathMap(MutableMapping[str, Entry]):
    """Finds an entry by a path: a key that is the path, else one that matches it whole.

    Every other path has the default entry. Subclasses decide what may be set.

    Args:
        default: The entry of the paths that no key fits.
    """

    def __init__(self, default: Entry) -> None:
        self._default = default
        self._entries: dict[str, Entry] = {}

    def __getitem__(self, key: str) -> Entry:
        """The entry of a path.

        Raises:
            ValueError: If several patterns match the path.
        """
        if key in self._entries:
            return self._entries[key]
        fitting = [pattern for pattern in self._entries if re.fullmatch(pattern, key)]
        if len(fitting) > 1:
            raise ValueError(
                f"{type(self).__name__}: a path that matches multiple keys has no entry, one key "
                f"must match '{key}'; got {fitting}. Make the patterns exclude each other"
            )
        return self._entries[fitting[0]] if fitting else self._default

    def __delitem__(self, key: str) -> None:
        """Removes an entry."""
        del self._entries[key]

    def __len__(self) -> int:
        """Number of keys."""
        return len(self._entries)

    def __iter__(self) -> Iterator[str]:
        """The keys."""
        return iter(self._entries)
