"""Keras 3's `ops`: functions of tensors, run at once on numbers and recorded in a trace.

Source: Keras 3 `keras.ops` for names, arguments and promotion.
"""

from trimtab.ops.numpy import *  # noqa: F403
from trimtab.ops.nn import *  # noqa: F403
from trimtab.ops.core import *  # noqa: F403
from trimtab.ops.crossentropy import *  # noqa: F403
from trimtab.ops.activation import *  # noqa: F403
from trimtab.ops.math import *  # noqa: F403
