"""Callbacks of old: what they were shown."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.callbacks import Callback
from trimtab.compat.dialect import Dialect
from trimtab.compat.tables.rows import TF_KERAS

Hook = Callable[..., None]


def _of_the_batch(hook: Hook) -> Hook:
    """`on_batch_end` with the values of the batch itself, as before tf.keras."""

    @functools.wraps(hook)
    def on_batch_end(self: Any, batch: int, logs: Any = None) -> None:
        hook(self, batch, self._own_logs(batch, logs))

    return on_batch_end


class OldCallback(Callback):
    """Base of a script's callbacks: `params`, `validation_data` and logs as then."""

    dialect: Dialect | None = None
    validation_data: Any = None
    # (rows a batch, rows of an epoch), where they are known.
    sizes: tuple[int, int] | None = None
    _means: tuple[int, dict[str, float]] = (0, {})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        is_old = cls.dialect is not None and cls.dialect.version < TF_KERAS
        if is_old and "on_batch_end" in cls.__dict__:
            cls.on_batch_end = _of_the_batch(cls.on_batch_end)  # type: ignore[method-assign]

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes the parameters, under the names of all eras."""
        known = dict(params)
        known.setdefault("nb_epoch", params.get("epochs"))
        if self.sizes is not None:
            known.setdefault("batch_size", self.sizes[0])
            known.setdefault("nb_sample", self.sizes[1])
            known.setdefault("samples", self.sizes[1])
        super().set_params(known)

    def _own_logs(self, batch: int, logs: Any) -> dict[str, Any]:
        """The values of a batch, from the means of the epoch before it and after it."""
        size, total = self.sizes or (1, 0)
        rows = min(size, total - batch * size) if total else size
        seen, before = self._means if batch > 0 else (0, {})
        means = {name: float(value) for name, value in (logs or {}).items()}
        own = {
            name: (mean * (seen + rows) - before.get(name, 0.0) * seen) / rows
            for name, mean in means.items()
        }
        self._means = seen + rows, means
        return {"batch": batch, "size": rows, **own}


@functools.lru_cache(maxsize=32)
def callback_of(dialect: Dialect) -> type[OldCallback]:
    """The base of callbacks in a dialect."""
    return type("Callback", (OldCallback,), {"dialect": dialect})


def prepare_callbacks(dialect: Dialect, given: Any) -> Any:
    """The callbacks that were given, as a list."""
    if given is None or not dialect.is_old:
        return given
    return list(given) if isinstance(given, (list, tuple)) else given


def show_to_callbacks(given: Any, arguments: dict[str, Any], x: Any) -> None:
    """Tells a script's callbacks what old versions told: sizes, and the data to validate on.

    Args:
        given: The callbacks.
        arguments: The arguments of `fit` by name.
        x: Its inputs.
    """
    own = [callback for callback in given or () if isinstance(callback, OldCallback)]
    first = x[0] if isinstance(x, (list, tuple)) and x else x
    if hasattr(first, "shape") and len(first.shape):
        total = len(first)
        if arguments.get("validation_data") is None:
            total -= int(total * (arguments.get("validation_split") or 0.0))
        for callback in own:
            callback.sizes = int(arguments.get("batch_size") or 32), total
    data = arguments.get("validation_data")
    if not isinstance(data, tuple):
        return
    parts = [part for part in data[:2] if part is not None]
    flat = [array for part in parts for array in (part if isinstance(part, list) else [part])]
    if flat and all(hasattr(array, "shape") for array in flat):
        for callback in own:
            callback.validation_data = [*flat, np.ones(len(flat[0]), "float32")]
