"""Scripts of Keras 0.x, 1.x, 2.x and tf.keras on trimtab: their spelling, and what it meant."""

from trimtab.compat.dialect import Dialect as Dialect
from trimtab.compat.scope import dialect as dialect
