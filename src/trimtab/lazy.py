"""Modules that only some features need, imported when first used.

Those of the standard library would take as long to import as trimtab itself.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any


class LazyModule(ModuleType):
    """Stands for a module until one of its names is asked for."""

    def __getattr__(self, name: str) -> Any:
        """The name of the real module, which is imported now."""
        module = importlib.import_module(self.__name__)
        value = getattr(module, name)
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        """The names of the real module, which is imported now."""
        return dir(importlib.import_module(self.__name__))


def lazy_module(name: str) -> Any:
    """The module called `name`, imported when one of its names is first used."""
    return LazyModule(name)
