"""Follow the regularized leader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.initializers import Constant
from trimtab.optimizers.base import Optimizer, shared_arguments


@keras_export("keras.optimizers.Ftrl")
class Ftrl(Optimizer):
    """Follow the regularized leader: an online method that sets small weights to exactly 0.

    With `a' = a + g**2`, `s = (a'**-p - a**-p) / learning_rate` and p the learning rate's power:
    `z += g + 2 * l2_shrinkage * w - s * w`, `q = a'**-p / learning_rate + 2 * l2 + beta /
    learning_rate`, `w = (clip(z, -l1, l1) - z) / q`.

    Args:
        learning_rate: A float, a schedule or a callable.
        learning_rate_power: Exponent of the sum of squares in the step size, <= 0.
        initial_accumulator_value: The sum of squares at first, >= 0.
        l1_regularization_strength: Weight of the penalty on magnitudes, >= 0.
        l2_regularization_strength: Weight of the penalty on squares, >= 0.
        l2_shrinkage_regularization_strength: As the former, but of the gradient's step only, >= 0.
        beta: Added to the divisor of the step size.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.Ftrl`; McMahan et al. 2013.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
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
        self._check_signs(
            learning_rate_power,
            initial_accumulator_value=initial_accumulator_value,
            l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength,
            l2_shrinkage_regularization_strength=l2_shrinkage_regularization_strength,
        )
        super().__init__(**shared_arguments(locals()))
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    @staticmethod
    def _check_signs(learning_rate_power: float, **others: float) -> None:
        if learning_rate_power > 0:
            raise ValueError(f"Ftrl: `learning_rate_power` must be <= 0; got {learning_rate_power}")
        for name, value in others.items():
            if value < 0:
                raise ValueError(f"Ftrl: `{name}` must be >= 0; got {value}")

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the sum of squares and the linear term for each weight."""
        if self.built:
            return
        super().build(variables)
        self._squares, self._linears = self.add_optimizer_variables(
            variables,
            ["accumulator", "linear"],
            [Constant(self.initial_accumulator_value), "zeros"],
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its slots."""
        index = self._get_variable_index(variable)
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        squares, linear = self._squares[index], self._linears[index]
        total = squares + ops.square(gradient)
        new_power = ops.power(total, -self.learning_rate_power)
        sigma = (new_power - ops.power(squares, -self.learning_rate_power)) / rate
        shrunk = gradient + 2 * self.l2_shrinkage_regularization_strength * variable
        z = linear + shrunk - sigma * variable
        l2 = self.l2_regularization_strength + self.beta / (2.0 * rate)
        l1 = self.l1_regularization_strength
        variable.assign((ops.clip(z, -l1, l1) - z) / (new_power / rate + 2 * l2))
        linear.assign(z)
        squares.assign(total)
