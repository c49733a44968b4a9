"""Adadelta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.optimizers.base import Optimizer, shared_arguments


@keras_export("keras.optimizers.Adadelta")
class Adadelta(Optimizer):
    """Gradient descent whose step has the size of past steps.

    With `rms(x) = sqrt(x + epsilon)`: `a = rho * a + (1 - rho) * g**2`, `step = rms(d) / rms(a) *
    g`, `d = rho * d + (1 - rho) * step**2`, `w -= learning_rate * step`.

    Args:
        learning_rate: A float, a schedule or a callable.
        rho: Weight of the old averages.
        epsilon: Added inside the roots.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.Adadelta`; Zeiler 2012.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
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
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the averages for each weight."""
        if self.built:
            return
        super().build(variables)
        self._accumulated_grads, self._accumulated_delta_vars = self.add_optimizer_variables(
            variables, ["accumulated_grad", "accumulated_delta_var"]
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its averages."""
        index = self._get_variable_index(variable)
        gradient = ops.cast(gradient, variable.dtype)
        squares, steps = self._accumulated_grads[index], self._accumulated_delta_vars[index]
        square = self.rho * squares + (1 - self.rho) * ops.square(gradient)
        step = ops.sqrt(steps + self.epsilon) * gradient / ops.sqrt(square + self.epsilon)
        squares.assign(square)
        steps.assign(self.rho * steps + (1 - self.rho) * ops.square(step))
        variable.assign(variable - ops.cast(learning_rate, variable.dtype) * step)
