"""Adam with Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.optimizers.base import Optimizer, shared_arguments


@keras_export("keras.optimizers.Nadam")
class Nadam(Optimizer):
    """Adam with Nesterov's momentum.

    With `u_t = beta_1 * (1 - 0.96**t / 2)` and `p_t` the product of `u_1` to `u_t`: `m` and `v` as
    in Adam, `w -= learning_rate * (u_{t+1} * m / (1 - p_{t+1}) + (1 - u_t) * g / (1 - p_t)) /
    (sqrt(v / (1 - beta_2**t)) + epsilon)`.

    Args:
        learning_rate: A float, a schedule or a callable.
        beta_1: Weight of the old average of the gradient.
        beta_2: Weight of the old average of its square.
        epsilon: Added to the divisor, against division by 0.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.Nadam`; Dozat 2016.
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
        """Makes the averages for each weight, and the product of the momenta."""
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )
        dtype = variables[0].dtype if variables else None
        self._u_product = self.add_variable((), "ones", dtype=dtype, name="u_product")

    def _momentum(self, ahead: int, dtype: str) -> Tensor:
        step = ops.cast(self.iterations + ahead, dtype)
        return self.beta_1 * (1.0 - 0.5 * ops.power(ops.cast(0.96, dtype), step))

    def update_all(
        self, gradients: Sequence[Any], variables: Sequence[Variable], learning_rate: Any
    ) -> None:
        """Updates the product of the momenta, then the weights."""
        product = self._u_product
        product.assign(product * self._momentum(1, product.dtype))
        super().update_all(gradients, variables, learning_rate)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its averages."""
        index, dtype = self._get_variable_index(variable), variable.dtype
        gradient = ops.cast(gradient, dtype)
        now, following = self._momentum(1, dtype), self._momentum(2, dtype)
        product = ops.cast(self._u_product, dtype)
        m, v = self._momentums[index], self._velocities[index]
        new_m = m + (gradient - m) * (1 - self.beta_1)
        new_v = v + (ops.square(gradient) - v) * (1 - self.beta_2)
        step = ops.cast(self.iterations + 1, dtype)
        unseen = 1 - ops.power(ops.cast(self.beta_2, dtype), step)
        direction = following * new_m / (1 - product * following) + (1 - now) * gradient / (
            1 - product
        )
        divisor = ops.sqrt(new_v / unseen) + self.epsilon
        m.assign(new_m)
        v.assign(new_v)
        variable.assign(variable - direction * ops.cast(learning_rate, dtype) / divisor)
