"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.optimizers.base import Optimizer, shared_arguments
from trimtab.primitives.updates import adam_update


@keras_export("keras.optimizers.Adam")
class Adam(Optimizer):
    """Gradient descent scaled by moving averages of the gradient and of its square.

    `m += (g - m) * (1 - beta_1)`, `v += (g**2 - v) * (1 - beta_2)`,
    `w -= learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)`.
    `beta_1` and `beta_2` weigh the old average; epsilon stands outside the bias correction.

    Args:
        learning_rate: A float, a schedule or a callable.
        beta_1: Weight of the old average of the gradient.
        beta_2: Weight of the old average of its square.
        epsilon: Added to the root, against division by 0.
        amsgrad: Whether to divide by the largest average of the square so far.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.Adam`; Kingma and Ba 2014, Reddi et al. 2018 for `amsgrad`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        self.amsgrad = amsgrad

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the averages for each weight."""
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )
        if self.amsgrad:
            self._velocity_hats = self.add_optimizer_variables(variables, "velocity_hat")

    def _step_size(self, learning_rate: Any, dtype: str) -> Tensor:
        """The learning rate with the bias correction of both averages."""
        step = ops.cast(self.iterations + 1, dtype)
        unseen_1 = 1 - ops.power(ops.cast(self.beta_1, dtype), step)
        unseen_2 = 1 - ops.power(ops.cast(self.beta_2, dtype), step)
        return ops.cast(learning_rate, dtype) * ops.sqrt(unseen_2) / unseen_1

    def update_all(
        self, gradients: Sequence[Any], variables: Sequence[Variable], learning_rate: Any
    ) -> None:
        """Updates the weights, the step size being calculated once."""
        sizes = {d: self._step_size(learning_rate, d) for d in {v.dtype for v in variables}}
        for gradient, variable in zip(gradients, variables, strict=True):
            self._update(gradient, variable, sizes[variable.dtype])

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its averages."""
        self._update(gradient, variable, self._step_size(learning_rate, variable.dtype))

    def _update(self, gradient: Any, variable: Variable, step_size: Tensor) -> None:
        index = self._get_variable_index(variable)
        slots = [self._momentums[index], self._velocities[index]]
        if self.amsgrad:
            slots.append(self._velocity_hats[index])
        updated = adam_update(
            variable.value,
            *(slot.value for slot in slots),
            ops.cast(gradient, variable.dtype),
            step_size,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            amsgrad=bool(self.amsgrad),
        )
        for target, value in zip([variable, *slots], updated, strict=True):
            target.assign(value)


@keras_export("keras.optimizers.AdamW")
class AdamW(Adam):
    """Adam with weight decay that is not part of the gradient.

    `w -= w * weight_decay * learning_rate` before each update.

    Args:
        learning_rate: A float, a schedule or a callable.
        weight_decay: Rate of the weight decay.
        beta_1: Weight of the old average of the gradient.
        beta_2: Weight of the old average of its square.
        epsilon: Added to the root, against division by 0.
        amsgrad: Whether to divide by the largest average of the square so far.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range, or `weight_decay` is None.

    Source: Keras 3 `keras.optimizers.AdamW`; Loshchilov and Hutter 2019.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        if weight_decay is None:
            raise ValueError("AdamW: `weight_decay` must be a float; got None. Adam has none.")
        super().__init__(
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            amsgrad=amsgrad,
            **shared_arguments(locals()),
        )
