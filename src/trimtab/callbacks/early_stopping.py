"""EarlyStopping: ends a training that no longer improves."""

from __future__ import annotations

import warnings
from typing import Any

from trimtab.callbacks.base import Logs
from trimtab.callbacks.messages import print_message
from trimtab.callbacks.monitor import MonitorCallback
from trimtab.core.config import keras_export


@keras_export("keras.callbacks.EarlyStopping")
class EarlyStopping(MonitorCallback):
    """Stops a training when a value has not improved for some epochs.

    Args:
        monitor: Name of the value.
        min_delta: Least change, as an absolute number, that counts as an improvement.
        patience: Epochs without improvement after which training stops; with 0 it stops after the
            second epoch at the earliest.
        verbose: 1 to print what it does.
        mode: "min" if less is better, "max" if more is, "auto" if the name tells.
        baseline: Value that must be beaten for an improvement to restart the count.
        restore_best_weights: Whether the model gets the weights of its best epoch back when
            training ends, the moving statistics of batch normalization among them.
        start_from_epoch: First epoch that counts.

    Source: Keras 3 `keras.callbacks.EarlyStopping`.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.wait = 0
        self.stopped_epoch = 0
        self.best_epoch = 0
        self.best_weights: Any = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forgets the training before."""
        self.wait = 0
        self.stopped_epoch = 0
        self.best_epoch = 0
        self.best = None
        self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Stops the training if it is time."""
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._keep(epoch)
        self.wait += 1
        if self.is_improvement(current, self.best):
            self.best = current
            self._keep(epoch)
            if self.baseline is None or self.is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Gives the best weights back."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            print_message(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print_message(
                    "Restoring model weights from the end of the best epoch: "
                    f"{self.best_epoch + 1}."
                )
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: Logs | None) -> Any:
        """The watched value, None, with a warning, if it is not among the logs."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"EarlyStopping: `monitor` must name a logged value; got {self.monitor!r}, and "
                f"there are {', '.join(logs or {})}",
                stacklevel=3,
            )
        return value

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()
