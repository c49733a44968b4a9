"""tf.keras 2.x, as 2.10 was, under its own names: `import trimtab.compat.tf_keras as keras`."""

from trimtab.compat import shims

__path__: list[str] = []
__getattr__ = shims.names_of(__name__, "tf_keras")
