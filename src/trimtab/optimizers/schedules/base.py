"""Base of the learning rate schedules."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import Configurable, keras_export
from trimtab.ir.tensor import Tensor


@keras_export("keras.optimizers.schedules.LearningRateSchedule")
class LearningRateSchedule(Configurable):
    """Base of the schedules: a callable from the number of steps so far to the learning rate.

    It runs inside a traced step: it may use `trimtab.ops`, and no Python control flow that depends
    on the step.

    Source: Keras 3 `keras.optimizers.schedules.LearningRateSchedule`.
    """

    def __call__(self, step: Any) -> Any:
        """The learning rate at `step`, counted from 0.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: a schedule must override `__call__(self, step)`"
        )


def as_float(step: Any) -> Tensor:
    """The step as a scalar of `floatx()`."""
    return ops.cast(step, settings.floatx())


def require_positive(owner: str, name: str, value: float) -> None:
    """Checks a number of steps.

    Raises:
        ValueError: If it is not positive.
    """
    if value <= 0:
        raise ValueError(f"{owner}: `{name}` must be > 0; got {value}")
