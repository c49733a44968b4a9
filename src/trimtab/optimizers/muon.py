"""Muon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.optimizers.base import Optimizer, shared_arguments
from trimtab.primitives.updates import adam_update


@keras_export("keras.optimizers.Muon")
class Muon(Optimizer):
    """Momentum whose matrices are made nearly orthogonal; Adam for all that is no hidden matrix.

    Of a weight of two axes, `m = momentum * m + g`, and `g + momentum * m` (or `m`) is scaled to
    norm 1 and brought near to an orthogonal matrix by steps
    `x = a x + (b x x^T + c (x x^T)^2) x`; the weight goes down by it times
    `learning_rate * rms_rate * sqrt(longer side)`. Embeddings, weights of other than two axes and
    those of `exclude_layers` are updated as by `AdamW`; the output's kernel should be too.

    Args:
        learning_rate: A float, a schedule or a callable.
        adam_beta_1: Adam's weight of the old average of the gradient.
        adam_beta_2: Adam's weight of the old average of its square.
        adam_weight_decay: Weight decay of what Adam updates.
        epsilon: Adam's, added to the root.
        weight_decay: Weight decay of the matrices.
        exclude_layers: Patterns; weights in whose path one is found are Adam's.
        exclude_embeddings: Whether weights with "embedding" in their path are Adam's.
        muon_a: a of the steps.
        muon_b: b of the steps.
        muon_c: c of the steps.
        adam_lr_ratio: Adam's learning rate as a multiple of the main one.
        momentum: Weight of the old momentum.
        ns_steps: Number of steps towards an orthogonal matrix.
        nesterov: Whether to look ahead by the momentum.
        rms_rate: Size of an update; None for no such scaling.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.Muon`; K. Jordan et al. 2024; J. Liu et al., arXiv:2502.16982,
    for `rms_rate`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(**shared_arguments(locals()))
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = list(exclude_layers or [])
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def _is_adams(self, variable: Variable) -> bool:
        if len(variable.shape) != 2:
            return True
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the momentum of each weight, and for Adam's weights the average of the square."""
        if self.built:
            return
        super().build(variables)
        self._momentums: list[Variable | None] = [None] * len(variables)
        self._velocities: list[Variable | None] = [None] * len(variables)
        for index, variable in enumerate(variables):
            if variable.overwrite_with_gradient:
                continue
            self._momentums[index] = self.add_variable_from_reference(variable, "momentum")
            if self._is_adams(variable):
                self._velocities[index] = self.add_variable_from_reference(variable, "velocity")

    def _decay_of(self, variable: Variable) -> float | None:
        return self.adam_weight_decay if self._is_adams(variable) else self.weight_decay

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its slots."""
        index, dtype = self._get_variable_index(variable), variable.dtype
        gradient, rate = ops.cast(gradient, dtype), ops.cast(learning_rate, dtype)
        momentum, velocity = self._momentums[index], self._velocities[index]
        if momentum is None:
            raise ValueError(f"{self.name}: '{variable.path}' takes its gradient as its value")
        if velocity is not None:
            self._update_as_adam(gradient, variable, rate, momentum, velocity)
            return
        new = self.momentum * momentum + gradient
        ahead = gradient + self.momentum * new if self.nesterov else new
        update = rate * self._orthogonal(ahead)
        if self.rms_rate is not None:
            update = update * (max(variable.shape) ** 0.5 * self.rms_rate)
        momentum.assign(new)
        variable.assign(variable - update)

    def _update_as_adam(
        self, gradient: Tensor, variable: Variable, rate: Tensor, m: Variable, v: Variable
    ) -> None:
        step = ops.cast(self.iterations + 1, variable.dtype)
        unseen_1 = 1 - ops.power(ops.cast(self.adam_beta_1, variable.dtype), step)
        unseen_2 = 1 - ops.power(ops.cast(self.adam_beta_2, variable.dtype), step)
        updated = adam_update(
            variable.value,
            m.value,
            v.value,
            gradient,
            rate * self.adam_lr_ratio * ops.sqrt(unseen_2) / unseen_1,
            beta_1=self.adam_beta_1,
            beta_2=self.adam_beta_2,
            epsilon=self.epsilon,
            amsgrad=False,
        )
        for target, value in zip((variable, m, v), updated, strict=True):
            target.assign(value)

    def _orthogonal(self, x: Tensor) -> Tensor:
        """A matrix with the singular vectors of `x` and singular values near 1."""
        is_tall = x.shape[0] > x.shape[1]
        x = ops.transpose(x) if is_tall else x
        x = x / (ops.norm(x, axis=(-2, -1), keepdims=True) + 1e-7)
        for _ in range(self.ns_steps):
            square = x @ ops.transpose(x)
            x = self.muon_a * x + (self.muon_b * square + self.muon_c * square @ square) @ x
        return ops.transpose(x) if is_tall else x

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        names = (
            *("adam_beta_1", "adam_beta_2", "adam_weight_decay", "epsilon", "exclude_layers"),
            *("exclude_embeddings", "muon_a", "muon_b", "muon_c", "adam_lr_ratio", "momentum"),
            *("ns_steps", "nesterov", "rms_rate"),
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
