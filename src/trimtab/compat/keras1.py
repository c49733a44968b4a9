"""Keras 1.x, as 1.2.2 was, under its own names: `import trimtab.compat.keras1 as keras`."""

from trimtab.compat import shims

__path__: list[str] = []
__getattr__ = shims.names_of(__name__, "keras1")
