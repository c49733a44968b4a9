"""ReduceLROnPlateau: a smaller learning rate when training stalls."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from trimtab.callbacks.base import Logs
from trimtab.callbacks.messages import print_message
from trimtab.callbacks.monitor import MonitorCallback
from trimtab.core.config import keras_export


@keras_export("keras.callbacks.ReduceLROnPlateau")
class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by a factor when a value has not improved for some epochs.

    Args:
        monitor: Name of the value.
        factor: Factor, below 1.
        patience: Epochs without improvement after which the rate is reduced.
        verbose: 1 to print what it does.
        mode: "min" if less is better, "max" if more is, "auto" if the name tells.
        min_delta: Least change, as an absolute number, that counts as an improvement.
        cooldown: Epochs after a reduction that do not count.
        min_lr: Least learning rate.

    Raises:
        ValueError: If `factor` is 1 or more.

    Source: Keras 3 `keras.callbacks.ReduceLROnPlateau`.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau: `factor` must be below 1; got {factor}")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.wait = 0
        self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forgets the training before."""
        self.best = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Logs the learning rate, and reduces it if it is time."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"ReduceLROnPlateau: `monitor` must name a logged value; got {self.monitor!r}, "
                f"and there are {', '.join(logs)}",
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(self.model.optimizer, epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether epochs do not count at present."""
        return self.cooldown_counter > 0

    def _reduce(self, optimizer: Any, epoch: int) -> bool:
        old_rate = float(optimizer.learning_rate)
        # The rate is kept in float32: compare with what `min_lr` becomes there.
        if old_rate <= np.float32(self.min_lr):
            return False
        new_rate = max(old_rate * self.factor, self.min_lr)
        optimizer.learning_rate = new_rate
        if self.verbose > 0:
            print_message(
                f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {new_rate}."
            )
        return True
