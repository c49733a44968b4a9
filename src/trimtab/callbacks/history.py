"""History: the record of a training."""

from __future__ import annotations

from typing import Any

from trimtab.callbacks.base import Callback, Logs
from trimtab.core.config import keras_export


@keras_export("keras.callbacks.History")
class History(Callback):
    """What `fit` returns: the logs of its epochs.

    Attributes:
        history: Name -> list with one value an epoch.
        epoch: Numbers of the epochs, from 0.

    Source: Keras 3 `keras.callbacks.History`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Starts the list of epochs; values of an earlier training with this object stay."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Records the epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
