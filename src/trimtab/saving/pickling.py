"""Models as pickles and deep copies: configuration, state and the classes they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import tree
from trimtab.core.config import (
    deserialize_with_sharing,
    exported_name,
    get_registered_name,
    serialize_with_sharing,
)
from trimtab.lazy import lazy_module
from trimtab.saving.state import save_state
from trimtab.saving.weights import load_state

if TYPE_CHECKING:
    import pathlib
    import tempfile
else:
    pathlib = lazy_module("pathlib")
    tempfile = lazy_module("tempfile")

Entries = dict[str, dict[str, Any]]


class _Memory:
    """The arrays of objects, kept in dicts."""

    def __init__(self, entries: Entries) -> None:
        self.entries = entries

    def make(self, path: str, name: str | None) -> MutableMapping[str, Any]:
        """The entry for the object found at `path`."""
        del name
        return self.entries.setdefault(path, {})

    def has(self, path: str) -> bool:
        """Whether there is anything under `path`."""
        return any(known == path or known.startswith(f"{path}/") for known in self.entries)

    def get(self, path: str, limit_bytes: int | None = None) -> Mapping[str, Any]:
        """The entry of the object at `path`, empty if there is none."""
        del limit_bytes
        return self.entries.get(path, {})


def reduced(model: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """What `__reduce__` of a model returns.

    A model holds its graph, which is as deep as it has layers, and compiled steps, which hold
    machine addresses. So not its attributes travel but what a file would hold; no package is needed
    for that.

    Raises:
        TypeError: If an argument of a layer or of `compile` has no serialisable form.
    """
    memory = _Memory({})
    with tempfile.TemporaryDirectory() as folder:
        save_state(model, memory, pathlib.Path(folder))
        assets = {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in pathlib.Path(folder).rglob("*")
            if file.is_file()
        }
    # An entry may show a variable's own memory, which goes on changing.
    entries = {
        path: {key: np.array(value) for key, value in entry.items()}
        for path, entry in memory.entries.items()
    }
    return restored, (serialize_with_sharing(model), _own_objects(model), entries, assets)


def restored(
    config: dict[str, Any],
    custom_objects: dict[str, Any],
    entries: Entries,
    assets: Mapping[str, bytes] | None = None,
) -> Any:
    """The model that `reduced` described.

    Raises:
        ValueError: If configuration and state do not fit.
    """
    model = deserialize_with_sharing(config, custom_objects, safe_mode=False)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (assets or {}).items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        load_state(
            model,
            _Memory(entries),
            f"Pickle of {model.name}",
            skip_mismatch=False,
            assets=pathlib.Path(folder) if assets else None,
        )
    return model


def _own_objects(model: Any) -> dict[str, Any]:
    """Registered name -> class or function, of all that the library does not know by itself."""
    found: dict[str, Any] = {}
    seen: set[int] = set()

    def add(value: Any) -> None:
        if id(value) in seen:
            return
        seen.add(id(value))
        for part in tree.flatten(value):
            is_named = callable(part) and hasattr(part, "__name__")
            owner = part if is_named else type(part)
            if (is_named or hasattr(part, "get_config")) and exported_name(owner) is None:
                found[get_registered_name(owner)] = owner
            for argument in _arguments(part):
                add(argument)

    for layer in model._flatten_layers():
        add(layer)
    add(getattr(getattr(model, "training_state", None), "arguments", {}))
    return found


def _arguments(value: Any) -> Iterator[Any]:
    if hasattr(value, "_constructor_arguments"):
        yield from value.constructor_arguments().values()
