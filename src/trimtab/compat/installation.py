"""All the modules that a script may import, for one dialect."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from trimtab.compat import layer_shapes, namespace, shims
from trimtab.compat.dialect import Dialect
from trimtab.compat.shims import install
from trimtab.compat.tables.names import MODULES
from trimtab.compat.tensorflow_names import TensorFlowFinder, TheanoFinder

_HIDDEN = ("keras", "tf_keras", "tensorflow", "theano")


class Installation:
    """Lets imports of keras, tf_keras and tensorflow find a dialect's modules; theano none.

    Modules of these names that were imported before are put aside until `remove`.

    Args:
        dialect: Whose rules hold.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._hidden: dict[str, ModuleType] = {
            name: sys.modules.pop(name)
            for name in list(sys.modules)
            if name.partition(".")[0] in _HIDDEN
        }
        layer_shapes.give()
        self._finders: list[Any] = [install(prefix, dialect) for prefix in ("keras", "tf_keras")]
        for finder in (TensorFlowFinder(dialect), TheanoFinder()):
            sys.meta_path.insert(0, finder)
            self._finders.append(finder)

    def remove(self) -> None:
        """Puts everything back as it was."""
        for finder in self._finders:
            shims.remove(finder)
        layer_shapes.take()
        sys.modules.update(self._hidden)


def find_in_keras(dialect: Dialect, module: str, name: str) -> Any:
    """What `keras.<module>.<name>` is in a dialect.

    >>> find_in_keras(Dialect("keras1"), "layers.core", "Dense")(3, init="uniform").units
    3
    """
    return namespace.find(dialect, MODULES[module], f"keras.{module}".rstrip("."), name)
