"""AdamW without a schedule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.optimizers.base import Optimizer, shared_arguments


@keras_export("keras.optimizers.ScheduleFreeAdamW")
class ScheduleFreeAdamW(Optimizer):
    """Adam on one sequence of weights, `z`, with the mean of that sequence in place of a schedule.

    `v += (g**2 - v) * (1 - beta_2)`, `z -= learning_rate * g / (sqrt(v / (1 - beta_2**t)) +
    epsilon)`, `x += (z - x) / t`. The model's weights, at which gradients are taken, are `y = (1 -
    beta_1) * z + beta_1 * x`; only `y`, `z` and `v` are kept, as `x` follows from `y` and `z`.

    Args:
        learning_rate: A float, a schedule or a callable.
        beta_1: Weight of the mean in the model's weights; not 0.
        beta_2: Weight of the old average of the squared gradient.
        epsilon: Added to the root, against division by 0.
        warmup_steps: Steps over which the learning rate rises to its value.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.ScheduleFreeAdamW`; Defazio et al. 2024.
    """

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**shared_arguments(locals()))
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the sequence, which starts at the weight, and the average for each weight."""
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )
        for momentum, variable in zip(self._momentums, variables, strict=True):
            if momentum is not None:
                momentum.assign(variable)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight, its sequence and its average."""
        index, dtype = self._get_variable_index(variable), variable.dtype
        gradient, rate = ops.cast(gradient, dtype), ops.cast(learning_rate, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        if self.warmup_steps > 0:
            rate = rate * ops.minimum(step / self.warmup_steps, 1.0)
        z, v = self._momentums[index], self._velocities[index]
        new_v = v + (ops.square(gradient) - v) * (1 - self.beta_2)
        unseen = 1 - ops.power(ops.cast(self.beta_2, dtype), step)
        new_z = z - rate * gradient / (ops.sqrt(new_v / unseen) + self.epsilon)
        x = (variable - (1 - self.beta_1) * z) / self.beta_1
        share = 1.0 / step
        new_x = (1 - share) * x + share * new_z
        variable.assign((1 - self.beta_1) * new_z + self.beta_1 * new_x)
        z.assign(new_z)
        v.assign(new_v)
