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
