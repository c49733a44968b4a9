"""Engines: what runs a graph. `get` imports one by name, when it is first asked for."""

from __future__ import annotations

import importlib
from typing import cast

from trimtab.engines.base import Batches as Batches
from trimtab.engines.base import Engine as Engine
from trimtab.engines.base import Executable as Executable

_MODULES = {"cpu": "trimtab.engines.cpu.engine", "reference": "trimtab.engines.reference"}
_LOADED: dict[str, Engine] = {}


def get(name: str) -> Engine:
    """The engine called `name`: "cpu" (C++, the default) or "reference" (NumPy, the definition).

    Raises:
        ValueError: If there is no such engine.
    """
    if name not in _LOADED:
        if name not in _MODULES:
            raise ValueError(f"engine: must be one of {', '.join(_MODULES)}; got {name!r}")
        _LOADED[name] = cast(Engine, importlib.import_module(_MODULES[name]).ENGINE)
    return _LOADED[name]


def set_num_threads(count: int) -> None:
    """Sets how many threads the C++ engine works with; see `trimtab.config.set_num_threads`."""
    importlib.import_module("trimtab.engines.cpu.engine").set_num_threads(count)


def num_threads() -> int:
    """How many threads the C++ engine works with."""
    return int(importlib.import_module("trimtab.engines.cpu.engine").num_threads())


def describe() -> dict[str, str]:
    """What the C++ engine computes with: instruction set, threads, convolutions."""
    description: dict[str, str] = importlib.import_module("trimtab.engines.cpu.engine").describe()
    return description
