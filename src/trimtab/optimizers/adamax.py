"""Adamax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.optimizers.base import Optimizer, shared_arguments


@keras_export("keras.optimizers.Adamax")
class Adamax(Optimizer):
    """Adam with the largest past gradient in place of the root of the mean square.

    `m += (g - m) * (1 - beta_1)`, `u = max(beta_2 * u, |g|)`,
    `w -= learning_rate / (1 - beta_1**t) * m / (u + epsilon)`.

    Args:
        learning_rate: A float, a schedule or a callable.
        beta_1: Weight of the old average of the gradient.
        beta_2: Factor by which a past gradient fades.
        epsilon: Added to the divisor, against division by 0.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.Adamax`; Kingma and Ba 2014, section 7.
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
        """Makes the average and the largest gradient for each weight."""
        if self.built:
            return
        super().build(variables)
        self._m, self._u = self.add_optimizer_variables(variables, ["momentum", "norm"])

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its slots."""
        index, dtype = self._get_variable_index(variable), variable.dtype
        gradient = ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        unseen = 1 - ops.power(ops.cast(self.beta_1, dtype), step)
        m = self._m[index] + (gradient - self._m[index]) * (1 - self.beta_1)
        u = ops.maximum(self.beta_2 * self._u[index], ops.abs(gradient))
        self._m[index].assign(m)
        self._u[index].assign(u)
        variable.assign(
            variable - ops.cast(learning_rate, dtype) * m / (unseen * (u + self.epsilon))
        )
