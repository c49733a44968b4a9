"""Lamb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.optimizers.base import Optimizer, shared_arguments
from trimtab.primitives.updates import lamb_update


@keras_export("keras.optimizers.Lamb")
class Lamb(Optimizer):
    """Adam whose step for each weight is as long as the weight, times the learning rate.

    With Adam's bias-corrected averages `update = m / (sqrt(v) + epsilon)`: `w -= learning_rate *
    |w| / |update| * update`, the ratio being 1 where either norm is 0.

    Args:
        learning_rate: A float, a schedule or a callable.
        beta_1: Weight of the old average of the gradient.
        beta_2: Weight of the old average of its square.
        epsilon: Added to the divisor, against division by 0.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.Lamb`; You et al. 2020.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
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

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the averages for each weight."""
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its averages."""
        index, dtype = self._get_variable_index(variable), variable.dtype
        step = ops.cast(self.iterations + 1, dtype)
        slots = [self._momentums[index], self._velocities[index]]
        updated = lamb_update(
            variable.value,
            *(slot.value for slot in slots),
            ops.cast(gradient, dtype),
            ops.cast(learning_rate, dtype),
            1.0 / (1.0 - ops.power(ops.cast(self.beta_1, dtype), step)),
            1.0 / (1.0 - ops.power(ops.cast(self.beta_2, dtype), step)),
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )
        for target, value in zip([variable, *slots], updated, strict=True):
            target.assign(value)
