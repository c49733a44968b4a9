"""ModelCheckpoint: saves the model as it is trained, each time or when it is better."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from trimtab.callbacks.base import Logs
from trimtab.callbacks.batch_count import BatchCount
from trimtab.callbacks.messages import print_message
from trimtab.callbacks.monitor import MonitorCallback
from trimtab.core.config import keras_export


@keras_export("keras.callbacks.ModelCheckpoint")
class ModelCheckpoint(MonitorCallback):
    """Saves the model or its weights after epochs, or after some number of batches.

    Args:
        filepath: Name of the file. It may hold fields such as `{epoch:02d}`, from 1, `{batch}`,
            from 1, and the names of logged values. It ends in ".weights.h5" with
            `save_weights_only`, else in ".keras" or ".h5".
        monitor: Name of the value that says what is best.
        verbose: 1 to print what it does.
        save_best_only: Whether to save only when the value has improved.
        save_weights_only: Whether to save the weights without the model.
        mode: "min" if less is better, "max" if more is, "auto" if the name tells.
        save_freq: "epoch", or a number of batches; the latter takes a return to Python after every
            batch.
        initial_value_threshold: Value to beat first, with `save_best_only`.

    Raises:
        ValueError: If `save_freq` or the suffix is another one.

    Source: Keras 3 `keras.callbacks.ModelCheckpoint`.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        suffixes = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(suffixes):
            raise ValueError(
                f"ModelCheckpoint: `filepath` must end in {' or '.join(suffixes)} with "
                f"save_weights_only={save_weights_only}; got {self.filepath!r}"
            )
        if isinstance(save_freq, int):
            self._count = BatchCount(save_freq)
            self.on_train_batch_end = self._after_batch  # type: ignore[method-assign]
        elif save_freq != "epoch":
            raise ValueError(
                "ModelCheckpoint: `save_freq` must be 'epoch' or a number of batches; got "
                f"{save_freq!r}"
            )
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Takes note of the epoch."""
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Saves, if it is time."""
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _after_batch(self, batch: int, logs: Logs | None = None) -> None:
        if self._count.is_due(batch):
            self._save(self._epoch, batch, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: Logs) -> None:
        filepath = self._filled(epoch, batch, logs)
        if not self._wants(epoch, logs, filepath):
            return
        try:
            if self.save_weights_only:
                self.model.save_weights(filepath, overwrite=True)
            else:
                self.model.save(filepath, overwrite=True)
        except IsADirectoryError as error:
            raise IsADirectoryError(
                "Please specify a non-directory filepath for ModelCheckpoint. Filepath used is an "
                f"existing directory: {filepath}"
            ) from error
        self._say(f"\nEpoch {epoch + 1}: finished saving model to {filepath}")

    def _wants(self, epoch: int, logs: Logs, filepath: str) -> bool:
        if not self.save_best_only:
            self._say(f"\nEpoch {epoch + 1}: saving model to {filepath}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(f"Can save best model only with {self.monitor} available.", stacklevel=4)
            return True
        if np.ndim(current) > 0:
            warnings.warn(
                f"Can save best model only when `monitor` is a scalar value. Received: {current}. "
                "Falling back to `save_best_only=False`.",
                stacklevel=4,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self.is_improvement(current, self.best):
            self._say(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {best}")
            return False
        self._say(
            f"\nEpoch {epoch + 1}: {self.monitor} improved from {best} to {current:.5f}, saving "
            f"model to {filepath}"
        )
        self.best = current
        return True

    def _say(self, message: str) -> None:
        if self.verbose > 0:
            print_message(message)

    def _filled(self, epoch: int, batch: int | None, logs: Logs) -> str:
        fields: dict[str, Any] = {"epoch": epoch + 1, **logs}
        if batch is not None:
            fields.setdefault("batch", batch + 1)
        try:
            return self.filepath.format(**fields)
        except KeyError as error:
            raise KeyError(
                f'Failed to format this callback filepath: "{self.filepath}". Reason: {error}'
            ) from error
