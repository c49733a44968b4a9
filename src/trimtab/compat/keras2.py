"""Keras 2.0 to 2.3, as 2.2.4 was, under its own names: `import trimtab.compat.keras2 as keras`."""

from trimtab.compat import shims

__path__: list[str] = []
__getattr__ = shims.names_of(__name__, "keras2")
