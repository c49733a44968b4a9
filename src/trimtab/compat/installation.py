"""All the modules that a script may import, for one dialect."""

from __future__ import annotations

import sys
from typing import Any

from trimtab.compat import layer_shapes, namespace, shims
from trimtab.compat.dialect import Dialect
from trimtab.compat.shims import install
from trimtab.compat.tables.names import MODULES
from trimtab.compat.tensorflow_names import TensorFlowFinder, TheanoFinder


def install_all(dialect: Dialect) -> list[Any]:
    """Lets imports of keras, tf_keras and tensorflow find a dialect's modules; theano none."""
    layer_shapes.give()
    finders: list[Any] = [install(prefix, dialect) for prefix in ("keras", "tf_keras")]
    for finder in (TensorFlowFinder(dialect), TheanoFinder()):
        sys.meta_path.insert(0, finder)
        finders.append(finder)
    return finders


def remove_all(finders: list[Any]) -> None:
    """Takes away what `install_all` put there."""
    for finder in finders:
        shims.remove(finder)
    layer_shapes.take()


def find_in_keras(dialect: Dialect, module: str, name: str) -> Any:
    """What `keras.<module>.<name>` is in a dialect.

    >>> find_in_keras(Dialect("keras1"), "layers.core", "Dense")(3, init="uniform").units
    3
    """
    return namespace.find(dialect, MODULES[module], f"keras.{module}".rstrip("."), name)
