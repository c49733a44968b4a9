"""Callbacks with the habits of old versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab import callbacks
from trimtab.compat.dialect import Dialect
from trimtab.compat.history import callback_of
from trimtab.compat.translate import Translation

# Until this version {epoch} in a name and the patience of EarlyStopping counted from 0.
_COUNTS_FROM_ZERO_UNTIL = (2, 0, 9)


class OldModelCheckpoint(callbacks.ModelCheckpoint):
    """`ModelCheckpoint` under any name, every `period` epochs."""

    period: int = 1
    first_number: int = 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves, if it is time."""
        if (epoch + 1) % self.period == 0:
            super().on_epoch_end(epoch, logs)

    def _filled(self, epoch: int, batch: int | None, logs: Any) -> str:
        return super()._filled(epoch - 1 + self.first_number, batch, logs)


def _direction(given: dict[str, Any], default: str) -> None:
    """`mode="auto"` as it was: by the name of what is watched."""
    if given.get("mode", "auto") == "auto":
        monitor = str(given.get("monitor", default))
        given["mode"] = "max" if "acc" in monitor or monitor.startswith("fmeasure") else "min"


def _by_name(names: tuple[str, ...], result: Translation) -> dict[str, Any]:
    """All arguments by name."""
    named = dict(zip(names, result.positional, strict=False))
    return {**named, **result.arguments}


def _checkpoint(dialect: Dialect, target: Any, result: Translation) -> Any:
    names = ("filepath", "monitor", "verbose", "save_best_only", "save_weights_only", "mode")
    given = _by_name(names, result)
    _direction(given, "val_loss")
    path = given.pop("filepath")
    period = int(given.pop("period", 1))
    given.pop("options", None)
    suffix = ".weights.h5" if given.get("save_weights_only") else ".keras"
    made = OldModelCheckpoint(f"checkpoint{suffix}", **given)
    made.filepath = str(path)
    made.period = period
    made.first_number = 0 if dialect.version < _COUNTS_FROM_ZERO_UNTIL else 1
    return made


def _early_stopping(dialect: Dialect, target: Any, result: Translation) -> Any:
    given = _by_name(("monitor", "min_delta", "patience", "verbose", "mode"), result)
    _direction(given, "val_loss")
    if dialect.version < _COUNTS_FROM_ZERO_UNTIL:
        patience = int(given.get("patience", 0))
        given["patience"] = patience + 1
        dialect.journal.translate(
            f"EarlyStopping, patience={patience}",
            f"patience={patience + 1}: it stopped after one more bad epoch",
        )
    return target(**given)


def _reduce(dialect: Dialect, target: Any, result: Translation) -> Any:
    given = _by_name(("monitor", "factor", "patience", "verbose", "mode"), result)
    _direction(given, "val_loss")
    return target(**given)


def _plain(dialect: Dialect, target: Any, result: Translation) -> Any:
    return target(*result.positional, **result.arguments)


RULES: dict[str, Callable[[Dialect, Any, Translation], Any]] = {
    "ModelCheckpoint": _checkpoint,
    "EarlyStopping": _early_stopping,
    "ReduceLROnPlateau": _reduce,
}


def finish(name: str) -> Callable[[Dialect, Any, Translation], Any]:
    """Makes the callbacks of a name."""
    return RULES.get(name, _plain)


def class_named(dialect: Dialect, name: str) -> Any:
    """The class that a script's own callbacks derive from, if it is another than today's."""
    return callback_of(dialect) if name == "Callback" else None
