"""The callback that recalibrates a model when its training ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.batchnorm.recalibrating import (
    MODES,
    Recalibration,
    chosen_norms,
    recalibrate,
    statistics_of,
)
from trimtab.batchnorm.rewriting import batchnorms
from trimtab.callbacks import Callback
from trimtab.core.variable import Variable


class Recalibrate(Callback):
    """Recalibrates the model when `fit` ends, and if wanted for each validation.

    Put it behind `SwapEMAWeights` and others that exchange weights: averaged weights never had
    moving statistics of their own.

    Args:
        x: As for `recalibrate`.
        mode: As for `recalibrate`.
        during_validation: Whether each validation in `fit` is made with recalibrated statistics
            too; afterwards training goes on with its own.
        batch_size: As for `recalibrate`.

    Attributes:
        report: The last `Recalibration`, None before.
    """

    def __init__(
        self,
        x: Any,
        mode: str = "exact",
        during_validation: bool = False,
        batch_size: int = 256,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"Recalibrate: `mode` must be 'exact' or 'quick'; got {mode!r}")
        self.x = x
        self.mode = mode
        self.during_validation = during_validation
        self.batch_size = batch_size
        self.report: Recalibration | None = None
        self._saved: list[tuple[Variable, Any]] | None = None
        self._is_training = False

    def _recalibrate(self) -> None:
        self.report = recalibrate(self.model, self.x, mode=self.mode, batch_size=self.batch_size)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Notes that `fit` runs; refuses a model without Batch Normalization."""
        if self.model.built:
            chosen_norms(self.model, None)
        self._is_training = True

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Measures for a validation."""
        if self.during_validation and self._is_training:
            norms = batchnorms(self.model)
            self._saved = [(v, np.array(v)) for norm in norms for v in statistics_of(norm)]
            self._recalibrate()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Gives the training its statistics back."""
        for variable, value in self._saved or ():
            variable.assign(value)
        self._saved = None

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Measures for good."""
        self._is_training = False
        self._recalibrate()
