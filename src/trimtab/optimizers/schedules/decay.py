"""Schedules that fall by a formula of the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.optimizers.schedules.base import LearningRateSchedule, as_float, require_positive


@keras_export("keras.optimizers.schedules.ExponentialDecay")
class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: Rate at step 0.
        decay_steps: Steps in which the rate falls by the factor `decay_rate`, > 0.
        decay_rate: The factor.
        staircase: Whether the rate falls at multiples of `decay_steps` only.
        name: Name of the schedule.

    Raises:
        ValueError: If `decay_steps` is not positive.

    Source: Keras 3 `keras.optimizers.schedules.ExponentialDecay`.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        require_positive(type(self).__name__, "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        """The learning rate at `step`."""
        passed = as_float(step) / float(self.decay_steps)
        if self.staircase:
            passed = ops.floor(passed)
        rate = ops.cast(self.decay_rate, passed.dtype)
        return float(self.initial_learning_rate) * ops.power(rate, passed)


@keras_export("keras.optimizers.schedules.InverseTimeDecay")
class InverseTimeDecay(LearningRateSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: Rate at step 0.
        decay_steps: Unit of the steps, > 0.
        decay_rate: Growth of the divisor in `decay_steps` steps.
        staircase: Whether the rate falls at multiples of `decay_steps` only.
        name: Name of the schedule.

    Raises:
        ValueError: If `decay_steps` is not positive.

    Source: Keras 3 `keras.optimizers.schedules.InverseTimeDecay`.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        require_positive(type(self).__name__, "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        """The learning rate at `step`."""
        passed = as_float(step) / float(self.decay_steps)
        if self.staircase:
            passed = ops.floor(passed)
        return float(self.initial_learning_rate) / (1.0 + float(self.decay_rate) * passed)


@keras_export("keras.optimizers.schedules.PolynomialDecay")
class PolynomialDecay(LearningRateSchedule):
    """`(initial - end) * (1 - step / decay_steps) ** power + end`, and `end` afterwards.

    Args:
        initial_learning_rate: Rate at step 0.
        decay_steps: Step at which the rate reaches its end, > 0.
        end_learning_rate: Rate from there on.
        power: Exponent; 1 is a straight line.
        cycle: Whether the rate rises again after `decay_steps`, then falling in the next multiple
            of them.
        name: Name of the schedule.

    Raises:
        ValueError: If `decay_steps` is not positive.

    Source: Keras 3 `keras.optimizers.schedules.PolynomialDecay`.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        require_positive(type(self).__name__, "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        """The learning rate at `step`."""
        now, length = as_float(step), float(self.decay_steps)
        if self.cycle:
            cycles = ops.where(ops.equal(now, 0), 1.0, ops.ceil(now / length))
            passed = now / (length * cycles)
        else:
            passed = ops.minimum(now, length) / length
        end = float(self.end_learning_rate)
        height = float(self.initial_learning_rate) - end
        return height * ops.power(1 - passed, float(self.power)) + end


@keras_export("keras.optimizers.schedules.PiecewiseConstantDecay")
class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[i]` up to and including step `boundaries[i]`, the last value afterwards.

    Args:
        boundaries: Steps in ascending order.
        values: Rates, one more than boundaries.
        name: Name of the schedule.

    Raises:
        ValueError: If the lengths do not match.

    Source: Keras 3 `keras.optimizers.schedules.PiecewiseConstantDecay`.
    """

    def __init__(
        self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant"
    ) -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "PiecewiseConstantDecay: `values` must be one longer than `boundaries`; got "
                f"{len(values)} values and {len(boundaries)} boundaries"
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        """The learning rate at `step`."""
        now = ops.convert_to_tensor(step)
        rate = as_float(self.values[-1])
        for boundary, value in reversed(list(zip(self.boundaries, self.values, strict=False))):
            rate = ops.where(now <= ops.cast(boundary, now.dtype), float(value), rate)
        return rate
