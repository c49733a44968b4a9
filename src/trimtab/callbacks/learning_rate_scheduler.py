"""LearningRateScheduler: a learning rate for each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.callbacks.base import Callback, Logs
from trimtab.callbacks.messages import print_message
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor


@keras_export("keras.callbacks.LearningRateScheduler")
class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    Args:
        schedule: `schedule(epoch, learning_rate)`, or `schedule(epoch)`: the new rate, a float, for
            the epoch's number from 0.
        verbose: 1 to print the rate.

    Source: Keras 3 `keras.callbacks.LearningRateScheduler`.
    """

    def __init__(self, schedule: Callable[..., Any], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Sets the rate.

        Raises:
            ValueError: If the schedule does not return a float.
        """
        optimizer = self.model.optimizer
        arguments = (epoch, float(optimizer.learning_rate)) if self._takes_rate else (epoch,)
        rate = self.schedule(*arguments)
        if isinstance(rate, Tensor) and rate.shape == () and rate.dtype.startswith("float"):
            rate = float(rate)  # type: ignore[arg-type]
        if not isinstance(rate, (float, np.floating)):
            raise ValueError(
                f"LearningRateScheduler: `schedule` must return a float; got {rate!r} for epoch "
                f"{epoch}"
            )
        optimizer.learning_rate = rate
        if self.verbose > 0:
            print_message(
                f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}."
            )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Logs the rate."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _takes_two(schedule: Callable[..., Any]) -> bool:
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a built-in function without a signature
        return True
    return True
