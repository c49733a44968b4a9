"""A block of code in which old spellings hold."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import trimtab
from trimtab.compat import namespace
from trimtab.compat.adapters import Adapter
from trimtab.compat.dialect import Dialect
from trimtab.compat.installation import Installation
from trimtab.core import settings

_OWN = ("layers", "models", "optimizers", "callbacks", "regularizers", "constraints", "utils")


@contextlib.contextmanager
def dialect(name: str) -> Iterator[Any]:
    """A block in which old spellings hold, for imports of keras and for trimtab's own names.

    Inside, `import keras`, `from keras.layers import ...` and `import tensorflow` give trimtab
    under the names of the era, and `trimtab.layers`, `trimtab.models` and their kin take its
    arguments. It holds for the whole process, in all threads, until the block ends.

    Args:
        name: An era ("keras0", "keras1", "keras2", "tf_keras") or a version ("1.0.8").

    Returns:
        The module `keras` of the era; its `dialect` has the record of what was translated.

    Raises:
        ValueError: If there is no such era or version.

    >>> import trimtab.compat
    >>> with trimtab.compat.dialect("keras1") as keras:
    ...     layer = keras.layers.Dense(3, input_dim=2, init="uniform", bias=False)
    >>> layer.use_bias
    False
    """
    rules = Dialect(name)
    ordering = settings.image_data_format()
    installed = Installation(rules)
    replaced = _overlay(rules)
    try:
        yield importlib.import_module("keras")
    finally:
        for module, attribute, value in replaced:
            setattr(module, attribute, value)
        installed.remove()
        settings.set_image_data_format(ordering)


def _overlay(rules: Dialect) -> list[tuple[ModuleType, str, Any]]:
    """Puts stand-ins into trimtab's own modules; returns what was there."""
    replaced: list[tuple[ModuleType, str, Any]] = []
    places = [(area, getattr(trimtab, area)) for area in _OWN]
    places += [("models", trimtab), ("layers", trimtab)]
    for area, module in places:
        find = namespace.AREAS[area]
        for name in [n for n in vars(module) if not n.startswith("_")]:
            value = vars(module)[name]
            if isinstance(value, (ModuleType, Adapter)):
                continue
            found = find(rules, name)
            if isinstance(found, Adapter):
                replaced.append((module, name, value))
                setattr(module, name, found)
    return replaced
