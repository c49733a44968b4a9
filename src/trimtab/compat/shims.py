"""Modules that stand for old ones in `sys.modules`, made when a script imports them."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import trimtab
from trimtab.compat import layer_shapes, namespace
from trimtab.compat.dialect import Dialect
from trimtab.compat.errors import UNSUPPORTED, unsupported_import
from trimtab.compat.tables import CALLBACKS, LAYERS, OPTIMIZERS
from trimtab.compat.tables.names import APPLICATIONS, GONE, HOMES, MODULES


class OldModule(ModuleType):
    """A module whose names are looked up by the dialect's rules."""

    def __init__(self, name: str, path: str, dialect: Dialect, prefix: str) -> None:
        super().__init__(name, f"`keras.{path}` of {dialect.label}, on trimtab.")
        self.__path__: list[str] = []
        self._path = path
        self._dialect = dialect
        self._prefix = prefix

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self._names()
        if name == "dialect" and not self._path:
            return self._dialect
        if name.startswith("__"):
            raise AttributeError(name)
        inner = f"{self._path}.{name}".lstrip(".")
        if _is_module(inner):
            return importlib.import_module(f"{self._prefix}.{inner}")
        if name == "backend" and not self._path:
            return importlib.import_module(f"{self._prefix}.backend")
        path = f"keras.{self._path}".rstrip(".")
        value = namespace.find(self._dialect, _areas(self._path), path, name)
        self.__dict__[name] = value
        home = HOMES.get(self._path)
        if home is not None:
            self._dialect.journal.translate(f"{path}.{name}", f"keras.{home}.{name}")
        return value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`keras.layers.merge` was a function in Keras 1, a module in Keras 2: it is both.

        Raises:
            TypeError: For any other module.
        """
        if self._path != "layers.merge":
            raise TypeError(f"{self.__name__}: is a module, which cannot be called")
        return namespace.find(self._dialect, ("layers",), "keras.layers", "merge")(*args, **kwargs)

    def _names(self) -> list[str]:
        """What `from module import *` gives."""
        candidates: set[str] = set()
        for area in _areas(self._path):
            candidates |= {n for n in dir(getattr(trimtab, area, None)) if not n.startswith("_")}
        if self._path.startswith("layers"):
            candidates |= {row.name for row in LAYERS}
        if self._path == "optimizers":
            candidates |= {row.name for row in OPTIMIZERS}
        if self._path == "callbacks":
            candidates |= {row.name for row in CALLBACKS}
        found = {n for n in candidates - set(GONE) if self._has(n)}
        # `from tensorflow.keras import *` brings its modules too.
        inner = {path for path in MODULES if path and "." not in path} if not self._path else set()
        return sorted(found | (inner - {"engine", "legacy", "wrappers", "initializations"}))

    def _has(self, name: str) -> bool:
        try:
            return not isinstance(getattr(self, name), ModuleType)
        except (*UNSUPPORTED, AttributeError):
            return False


def _is_module(path: str) -> bool:
    parent, _, last = path.rpartition(".")
    return path in MODULES or (parent == "applications" and last in APPLICATIONS)


def _areas(path: str) -> tuple[str, ...]:
    if path in MODULES:
        return MODULES[path]
    return (path,)


class OldFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules below a prefix, such as "keras", by the tables.

    Args:
        prefix: First part of the modules' names.
        dialect: Whose rules hold in them.
    """

    def __init__(self, prefix: str, dialect: Dialect) -> None:
        self.prefix = prefix
        self.dialect = dialect

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A specification for a module below the prefix."""
        if fullname != self.prefix and not fullname.startswith(f"{self.prefix}."):
            return None
        inner = fullname[len(self.prefix) + 1 :]
        if not _is_module(inner):
            reason = namespace.reason_of(self.dialect, inner.rpartition(".")[2])
            raise unsupported_import(fullname, reason)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module."""
        inner = spec.name[len(self.prefix) + 1 :]
        made = OldModule(spec.name, inner, self.dialect, self.prefix)
        if not inner:
            made.__dict__["__version__"] = ".".join(str(part) for part in self.dialect.version)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: names are found when they are asked for."""


def names_of(prefix: str, era: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module that stands for the keras of an era; finds its modules too."""
    layer_shapes.give()
    finder = install(prefix, Dialect(era))
    top = OldModule(prefix, "", finder.dialect, prefix)

    def look_up(name: str) -> Any:
        return getattr(top, name)

    return look_up


def install(prefix: str, dialect: Dialect) -> OldFinder:
    """Lets imports below `prefix` find the modules of a dialect."""
    finder = OldFinder(prefix, dialect)
    sys.meta_path.insert(0, finder)
    return finder


def remove(finder: Any) -> dict[str, ModuleType]:
    """Takes a finder and its modules away again; returns the modules."""
    sys.meta_path.remove(finder)
    prefix = finder.prefix
    return {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name == prefix or name.startswith(f"{prefix}.")
    }
