"""Adagrad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.initializers import Constant
from trimtab.optimizers.base import Optimizer, shared_arguments


@keras_export("keras.optimizers.Adagrad")
class Adagrad(Optimizer):
    """Gradient descent scaled by the root of the sum of all squared gradients so far.

    `a += g**2`, `w -= learning_rate * g / sqrt(a + epsilon)`.

    Args:
        learning_rate: A float, a schedule or a callable.
        initial_accumulator_value: The sum at first.
        epsilon: Added inside the root.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.Adagrad`; Duchi et al. 2011.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
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
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the sum for each weight."""
        if self.built:
            return
        super().build(variables)
        self._accumulators_of_squares = self.add_optimizer_variables(
            variables, "accumulator", Constant(self.initial_accumulator_value)
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its sum."""
        gradient = ops.cast(gradient, variable.dtype)
        accumulator = self._accumulators_of_squares[self._get_variable_index(variable)]
        total = accumulator + ops.square(gradient)
        accumulator.assign(total)
        step = ops.cast(learning_rate, variable.dtype) * gradient / ops.sqrt(total + self.epsilon)
        variable.assign(variable - step)
