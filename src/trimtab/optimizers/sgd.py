"""Gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.optimizers.base import Optimizer, shared_arguments
from trimtab.primitives.updates import sgd_update


@keras_export("keras.optimizers.SGD")
class SGD(Optimizer):
    """Gradient descent, with momentum if it is not 0.

    `velocity = momentum * velocity - learning_rate * g`, then `w += velocity`, or with Nesterov's
    rule `w += momentum * velocity - learning_rate * g`.

    Args:
        learning_rate: A float, a schedule or a callable.
        momentum: Weight of the old velocity, a float in [0, 1].
        nesterov: Whether to use Nesterov's rule.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.SGD`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        if not isinstance(momentum, float) or not 0 <= momentum <= 1:
            raise ValueError(f"SGD: `momentum` must be a float between [0, 1]; got {momentum!r}")
        self.momentum = momentum
        self.nesterov = nesterov

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes a velocity for each weight, if there is momentum."""
        if self.built:
            return
        super().build(variables)
        self.momentums = (
            self.add_optimizer_variables(variables, "momentum") if self.momentum else []
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its velocity."""
        slots = [self.momentums[self._get_variable_index(variable)]] if self.momentum else []
        updated = sgd_update(
            variable.value,
            *(slot.value for slot in slots),
            ops.cast(gradient, variable.dtype),
            ops.cast(learning_rate, variable.dtype),
            momentum=self.momentum,
            nesterov=bool(self.nesterov),
        )
        for target, value in zip([variable, *slots], updated, strict=True):
            target.assign(value)
