"""An optimizer's state as Keras 2 kept it."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core.variable import Variable
from trimtab.saving.origin import Version

State = np.ndarray[Any, Any]

# Those whose slots mean today what they meant in Keras 2.
_SAME_SLOTS = frozenset({"SGD", "RMSprop", "Adam", "Adagrad", "Adadelta", "Adamax"})


# From this version on the slots of one weight lie together, as they do today.
_TOGETHER: Version = (2, 11, 0)


def staged_state(
    optimizer: Any, arrays: list[State], version: Version | None
) -> list[tuple[Variable, State]] | None:
    """The optimizer's variables with their values; None if they do not fit.

    Args:
        optimizer: A built optimizer.
        arrays: The steps made, then (before tf.keras 2.11) the first slot of every weight, the
            second, and so on; arrays of one element in place of slots that were not in use.
        version: The version that wrote them.
    """
    if type(optimizer).__name__ not in _SAME_SLOTS or not arrays or arrays[0].shape != ():
        return None
    own = {id(optimizer._iterations), id(optimizer._learning_rate)}
    slots = [v for v in optimizer.variables if id(v) not in own]
    count = len(optimizer._trainable_variables)
    kinds = len(slots) // count if count else 0
    rest = arrays[1:]
    used, unused = rest[: len(slots)], rest[len(slots) :]
    by_weight = used
    if len(used) == len(slots) and (version is None or version < _TOGETHER):
        by_weight = [used[kind * count + i] for i in range(count) for kind in range(kinds)]
    fits = len(by_weight) == len(slots) and all(
        a.shape == v.shape for a, v in zip(by_weight, slots, strict=True)
    )
    if not fits or any(a.shape != (1,) for a in unused):
        return None
    return [(optimizer._iterations, arrays[0]), *zip(slots, by_weight, strict=True)]
