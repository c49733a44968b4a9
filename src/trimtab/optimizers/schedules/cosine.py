"""Schedules that fall along half a cosine."""

from __future__ import annotations

import math
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.optimizers.schedules.base import LearningRateSchedule, as_float, require_positive


@keras_export("keras.optimizers.schedules.CosineDecay")
class CosineDecay(LearningRateSchedule):
    """A straight rise, if there is a warm-up, then half a cosine.

    `peak * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)`, steps counted from the
    warm-up's end and up to `decay_steps`.

    Args:
        initial_learning_rate: Rate at step 0; the peak, if there is no warm-up.
        decay_steps: Steps from the peak to the end, > 0.
        alpha: Rate at the end, as a share of the peak.
        name: Name of the schedule.
        warmup_target: Peak at the end of the warm-up; no warm-up if None.
        warmup_steps: Steps of the warm-up.

    Raises:
        ValueError: If `decay_steps` is not positive.

    Source: Keras 3 `keras.optimizers.schedules.CosineDecay`; Loshchilov and Hutter 2017.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        require_positive(type(self).__name__, "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Tensor:
        """The learning rate at `step`."""
        now = as_float(step)
        start = float(self.initial_learning_rate)
        if self.warmup_target is None:
            return self._falling(now, start)
        peak, warmup = float(self.warmup_target), float(self.warmup_steps)
        falling = self._falling(ops.maximum(now - warmup, 0.0), peak)
        if not warmup:
            return falling
        rising = (peak - start) * (now / warmup) + start
        rate: Tensor = ops.where(now < warmup, rising, falling)
        return rate

    def _falling(self, step: Tensor, peak: float) -> Tensor:
        length, alpha = float(self.decay_steps), float(self.alpha)
        passed = ops.minimum(step, length) / length
        return peak * ((1 - alpha) * (0.5 * (1.0 + ops.cos(math.pi * passed))) + alpha)


@keras_export("keras.optimizers.schedules.CosineDecayRestarts")
class CosineDecayRestarts(LearningRateSchedule):
    """Half cosines one after the other.

    Each is `t_mul` times as long and `m_mul` times as high as the one before.

    Args:
        initial_learning_rate: Rate at step 0.
        first_decay_steps: Steps of the first half cosine, > 0.
        t_mul: Factor of the lengths, >= 1.
        m_mul: Factor of the heights.
        alpha: Rate at the end of each, as a share of the initial rate.
        name: Name of the schedule.

    Raises:
        ValueError: If `first_decay_steps` is not positive.

    Source: Keras 3 `keras.optimizers.schedules.CosineDecayRestarts`; Loshchilov and Hutter 2017.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        require_positive(type(self).__name__, "first_decay_steps", first_decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        """The learning rate at `step`."""
        passed = as_float(step) / float(self.first_decay_steps)
        growth = float(self.t_mul)
        if growth == 1.0:
            restarts = ops.floor(passed)
            passed = passed - restarts
        else:
            # n periods take (growth**n - 1) / (growth - 1) times the first: solved for n.
            restarts = ops.floor(ops.log(1.0 - passed * (1.0 - growth)) / math.log(growth))
            scale = ops.power(ops.cast(growth, passed.dtype), restarts)
            passed = (passed - (1.0 - scale) / (1.0 - growth)) / scale
        height = ops.power(ops.cast(self.m_mul, passed.dtype), restarts)
        alpha = float(self.alpha)
        cosine = 0.5 * height * (1.0 + ops.cos(math.pi * passed))
        return float(self.initial_learning_rate) * ((1 - alpha) * cosine + alpha)
