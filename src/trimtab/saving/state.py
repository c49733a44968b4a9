"""The state of an object and all that it holds: found by attributes, written and read by path."""

from __future__ import annotations

import functools
from collections.abc import Container, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from trimtab.core import naming
from trimtab.core.scope import TraceScope, trace_scope
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.layers.base import Layer
from trimtab.lazy import lazy_module
from trimtab.optimizers.base import Optimizer

if TYPE_CHECKING:
    import pathlib
else:
    pathlib = lazy_module("pathlib")

# A functional model's list of layers is walked first; this one lists them again.
_REPEATED = frozenset({"operations"})


class WeightWriter(Protocol):
    """Takes the arrays of objects."""

    def make(self, path: str, name: str | None) -> MutableMapping[str, Any]:
        """The entry for the object found at `path`."""


class WeightReader(Protocol):
    """Gives the arrays of objects."""

    def has(self, path: str) -> bool:
        """Whether there is anything under `path`."""

    def get(self, path: str, limit_bytes: int | None = None) -> Mapping[str, Any]:
        """The entry of the object at `path`, empty if there is none."""


def _is_stateful(value: Any) -> bool:
    return hasattr(value, "save_own_variables") and not isinstance(value, type)


@functools.cache
def _base_attributes(is_optimizer: bool) -> frozenset[str]:
    """What every layer or optimizer has: not where a user keeps further ones."""
    plain: Any = Optimizer(1.0, name="plain") if is_optimizer else Layer(name="plain")
    return frozenset(dir(plain))


def _attributes(owner: Any) -> Iterator[tuple[str, Any]]:
    """Attributes by name, public ones first; those that cannot be read are left out."""
    is_graph = getattr(owner, "_function", None) is not None
    if is_graph:
        yield "layers", owner.layers
    known = _base_attributes(isinstance(owner, Optimizer))
    for name in sorted(dir(owner), key=lambda n: f"~{n}" if n.startswith("_") else n):
        if name.startswith("__") or name in known or (is_graph and name in _REPEATED):
            continue
        try:
            value = getattr(owner, name)
        except Exception:  # a user's property may raise anything
            continue
        yield name, value


def _children(owner: Any, path: str) -> Iterator[tuple[str, Any]]:
    """(path, object) of what `owner` holds in attributes, and in lists, tuples and dicts there."""
    for name, value in _attributes(owner):
        child = f"{path}/{name}" if path else name
        if _is_stateful(value):
            yield child, value
        elif isinstance(value, (list, tuple, dict)):
            yield from _contained(value, child, set())


def _contained(container: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if id(container) in seen:
        return
    seen.add(id(container))
    used: dict[str, int] = {}
    for value in container.values() if isinstance(container, dict) else container:
        # By class and order, not by the object's name: names are counted anew in every process.
        if _is_stateful(value):
            yield f"{path}/{_numbered(naming.to_snake_case(type(value).__name__), used)}", value
        elif isinstance(value, (list, tuple, dict)):
            yield from _contained(value, f"{path}/{_numbered('container', used)}", seen)


def _numbered(name: str, used: dict[str, int]) -> str:
    count = used[name] = used.get(name, -1) + 1
    return f"{name}_{count}" if count else name


def save_state(
    root: Any, writer: WeightWriter, assets: pathlib.Path | None = None, skip: Container[int] = ()
) -> None:
    """Writes the variables of `root` and of all that it holds, each object once.

    Args:
        root: A model, layer or optimizer.
        writer: Takes the variables.
        assets: Folder for the files that objects keep beside their variables; None to leave them
            out.
        skip: `id`s of objects to leave out.
    """
    visited: set[int] = set()

    def visit(owner: Any, path: str) -> None:
        if id(owner) in visited or id(owner) in skip:
            return
        visited.add(id(owner))
        name = getattr(owner, "name", None)
        owner.save_own_variables(writer.make(path, name if isinstance(name, str) else None))
        if assets is not None and hasattr(owner, "save_assets"):
            folder = assets / path
            folder.mkdir(parents=True, exist_ok=True)
            owner.save_assets(str(folder))
        for child_path, child in _children(owner, path):
            visit(child, child_path)

    visit(root, "")


class _StagedWrites(TraceScope):
    """What variables are to become, kept apart from what they are."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[int, tuple[Variable, Tensor]] = {}

    def read(self, variable: Variable) -> Tensor:
        """The value to come, or the present one."""
        if id(variable) in self.values:
            return self.values[id(variable)][1]
        with trace_scope(None):
            return variable.as_tensor()

    def write(self, variable: Variable, value: Tensor) -> None:
        """Sets the value to come."""
        self.values[id(variable)] = variable, value

    def commit(self) -> None:
        """Gives the variables their values."""
        for variable, value in self.values.values():
            variable.take(np.asarray(value))


class StateLoader:
    """Reads the state of an object and of all that it holds; nothing changes before `commit`.

    Args:
        reader: Gives the variables.
        assets: Folder with the files that objects keep beside their variables, None if there are
            none.
        skip: `id`s of objects to leave as they are.
    """

    def __init__(
        self, reader: WeightReader, assets: pathlib.Path | None = None, skip: Container[int] = ()
    ) -> None:
        self._reader = reader
        self._assets = assets
        self._skip = skip
        self._staged = _StagedWrites()
        self._loaded: set[int] = set()
        self._active: set[int] = set()
        self._with_assets: list[tuple[Any, str]] = []
        # id -> (object, its error, path of the list that holds it inside of another one, or "").
        self._failed: dict[int, tuple[Any, Exception, str]] = {}

    def visit(self, owner: Any, path: str = "") -> bool:
        """Reads what belongs to `owner` at `path`; whether all of it was there and fits.

        What fails at one path is tried again where the object is met at another.
        """
        if id(owner) in self._loaded or id(owner) in self._skip or id(owner) in self._active:
            return True
        self._active.add(id(owner))
        is_complete = self._read_own(owner, path)
        for child_path, child in _children(owner, path):
            is_complete = self.visit(child, child_path) and is_complete
        self._active.discard(id(owner))
        if is_complete:
            self._loaded.add(id(owner))
        return is_complete

    def _read_own(self, owner: Any, path: str) -> bool:
        before = dict(self._staged.values)
        try:
            with trace_scope(self._staged):
                owner.load_own_variables(self._reader.get(path, _own_bytes(owner)))
        except Exception as error:  # a user's hook may raise anything
            self._staged.values = before
            nested = path.rpartition("/container")[0] and path.rpartition("/")[0]
            self._failed.setdefault(id(owner), (owner, error, nested))
            return False
        self._failed.pop(id(owner), None)
        if self._assets is not None and hasattr(owner, "load_assets"):
            self._with_assets.append((owner, path))
        return True

    def failures(self) -> list[tuple[Any, Exception]]:
        """The objects that were not read, with what was wrong."""
        return [
            (owner, error)
            for owner, error, nested in self._failed.values()
            if not self._is_old(nested)
        ]

    def unsaved_containers(self) -> list[str]:
        """Paths of lists inside of lists that the file has nothing of, as files of old versions."""
        return [nested for *_, nested in self._failed.values() if self._is_old(nested)]

    def _is_old(self, nested: str) -> bool:
        return bool(nested) and not self._reader.has(nested)

    def commit(self) -> None:
        """Sets what was read: files first, as their reading may fail, then variables."""
        for owner, path in self._with_assets:
            folder = self._assets / path if self._assets is not None else None
            owner.load_assets(str(folder) if folder is not None and folder.is_dir() else None)
        self._staged.commit()


def _own_bytes(owner: Any) -> int | None:
    """Bytes of all variables below `owner`; None if a user's hook may read other arrays too."""
    if not type(owner).load_own_variables.__module__.startswith("trimtab."):
        return None
    # A file may hold float64 for a float32 variable: the assignment converts it.
    return sum(8 * int(v.size) for v in owner.variables) + getattr(owner, "own_array_bytes", 0)
