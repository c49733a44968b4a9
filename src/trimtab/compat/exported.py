"""Classes that behave as of old, and are written to files as today's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from trimtab.core.config import name_as

C = TypeVar("C", bound=type)


def passes_for(original: type) -> Callable[[C], C]:
    """Marks a class as one that files name as `original`, so that anything can read them."""

    def decorate(cls: C) -> C:
        name_as(cls, original)
        return cls

    return decorate
