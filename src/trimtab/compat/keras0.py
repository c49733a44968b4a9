"""Keras 0.x, as 0.3.3 was, under its own names: `import trimtab.compat.keras0 as keras`."""

from trimtab.compat import shims

__path__: list[str] = []
__getattr__ = shims.names_of(__name__, "keras0")
