"""Gradient descent scaled by a moving average of the squared gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.optimizers.base import Optimizer, shared_arguments


@keras_export("keras.optimizers.RMSprop")
class RMSprop(Optimizer):
    """Gradient descent scaled by the root of a moving average of the squared gradient.

    `v = rho * v + (1 - rho) * g**2`, step `learning_rate * g / sqrt(v + epsilon)`; epsilon stands
    inside the root. With momentum, `velocity = momentum * velocity + step` is subtracted instead of
    the step.

    Args:
        learning_rate: A float, a schedule or a callable.
        rho: Weight of the old average.
        momentum: Weight of the old velocity; none if 0.
        epsilon: Added inside the root, against division by 0.
        centered: Whether to divide by the variance of the gradient, `v - average(g)**2`, instead.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.RMSprop`; Tieleman and Hinton 2012.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the averages for each weight."""
        if self.built:
            return
        super().build(variables)
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        if self.momentum > 0:
            self._momentums = self.add_optimizer_variables(variables, "momentum")
        if self.centered:
            self._average_gradients = self.add_optimizer_variables(variables, "average_gradient")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its averages."""
        index = self._get_variable_index(variable)
        gradient = ops.cast(gradient, variable.dtype)
        velocity = self._velocities[index]
        square = self.rho * velocity + (1 - self.rho) * ops.square(gradient)
        velocity.assign(square)
        divisor = square + self.epsilon
        if self.centered:
            average = self._average_gradients[index]
            mean = self.rho * average + (1 - self.rho) * gradient
            average.assign(mean)
            divisor = square - ops.square(mean) + self.epsilon
        step = ops.cast(learning_rate, variable.dtype) * gradient / ops.sqrt(divisor)
        if self.momentum > 0:
            momentum = self._momentums[index]
            step = self.momentum * momentum + step
            momentum.assign(step)
        variable.assign(variable - step)
