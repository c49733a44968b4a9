"""Random tensors.

Source: Keras 3 `keras.random`; the numbers differ, their distributions do not.
"""

from trimtab.core.random import SeedGenerator as SeedGenerator
from trimtab.core.random import normal as normal
from trimtab.core.random import randint as randint
from trimtab.core.random import uniform as uniform
