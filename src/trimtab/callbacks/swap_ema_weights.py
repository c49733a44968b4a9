"""SwapEMAWeights: evaluation with the moving averages of the weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.callbacks.base import Callback, Logs
from trimtab.core.config import keras_export


@keras_export("keras.callbacks.SwapEMAWeights")
class SwapEMAWeights(Callback):
    """Exchanges the weights with their moving averages while the model is evaluated.

    It needs an optimizer with `use_ema=True`. The exchange is in place: nothing else may change
    weights or averages meanwhile. Batch Normalization's moving statistics are no weights with an
    average and stay those of the training.

    Args:
        swap_on_epoch: Whether the averages are in the model from the end of an epoch to the begin
            of the next too, so that callbacks after this one, such as `ModelCheckpoint`, see them.

    Source: Keras 3 `keras.callbacks.SwapEMAWeights`; here `predict` gives the weights back too.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._is_swapped = False

    def _pairs(self) -> list[tuple[Any, Any]]:
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        held = getattr(optimizer, "optimizers", [optimizer])
        averaging = [o for o in held if getattr(o, "_model_variables_moving_average", None)]
        if not averaging:
            raise ValueError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. "
                f"Received: use_ema={[getattr(o, 'use_ema', None) for o in held]}"
            )
        return [
            (variable, average)
            for one in averaging
            for variable, average in zip(
                one._trainable_variables, one._model_variables_moving_average, strict=True
            )
            if average is not None
        ]

    def _swap(self) -> None:
        for variable, average in self._pairs():
            kept = np.array(variable)
            variable.assign(average)
            average.assign(kept)
        self._is_swapped = not self._is_swapped

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Gives the weights back."""
        if self.swap_on_epoch and self._is_swapped:
            self._swap()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Puts the averages in; after the last epoch they stay."""
        if self.swap_on_epoch and not self._is_swapped:
            self._swap()
            if epoch == (self.params or {}).get("epochs", 0) - 1:
                for variable, average in self._pairs():
                    average.assign(variable)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Puts the averages in."""
        if not self._is_swapped:
            self._swap()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Gives the weights back."""
        if self._is_swapped:
            self._swap()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Puts the averages in."""
        if not self._is_swapped:
            self._swap()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Gives the weights back."""
        if self._is_swapped:
            self._swap()
