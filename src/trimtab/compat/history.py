"""Callbacks of old: what they were shown."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.callbacks import Callback
from trimtab.compat.dialect import Dialect


class OldCallback(Callback):
    """Base of a script's callbacks: `params` and `validation_data` as then."""

    validation_data: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes the parameters, under the names of all eras."""
        known = dict(params)
        known.setdefault("nb_epoch", params.get("epochs"))
        super().set_params(known)


def prepare_callbacks(dialect: Dialect, given: Any) -> Any:
    """The callbacks that were given, as a list."""
    if given is None or not dialect.is_old:
        return given
    return list(given) if isinstance(given, (list, tuple)) else given


def show_to_callbacks(given: Any, validation_data: Any) -> None:
    """Gives callbacks `validation_data`, which old versions set: inputs, targets, weights."""
    if not isinstance(given, list) or not isinstance(validation_data, tuple):
        return
    parts = [part for part in validation_data[:2] if part is not None]
    flat = [array for part in parts for array in (part if isinstance(part, list) else [part])]
    if not flat or not all(hasattr(array, "shape") for array in flat):
        return
    for callback in given:
        if isinstance(callback, OldCallback):
            callback.validation_data = [*flat, np.ones(len(flat[0]), "float32")]
