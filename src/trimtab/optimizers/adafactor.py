"""Adafactor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.optimizers.base import Optimizer, shared_arguments
from trimtab.primitives.updates import adafactor_update


@keras_export("keras.optimizers.Adafactor")
class Adafactor(Optimizer):
    """Gradient descent that stores only row and column averages of a squared gradient.

    With `b = 1 - t**beta_2_decay` and `g2 = g**2 + epsilon_1`: `r` and `c` average the mean of g2
    over columns and rows with weight b, `v = r / mean(r) * c` (a vector averages g2 itself), `u = g
    / sqrt(v)`, `w -= max(epsilon_2, rms(w)) * rate * u / max(1, rms(u) / clip_threshold)`.

    Args:
        learning_rate: A float, a schedule or a callable.
        beta_2_decay: Exponent of the step in the weight of new squares.
        epsilon_1: Added to the squares.
        epsilon_2: Least size of a weight in the step size.
        clip_threshold: Largest root mean square of the scaled gradient.
        relative_step: Whether a fixed learning rate falls as `1 / sqrt(t)`, once that is smaller.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.Adafactor`; Shazeer and Stern 2018.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
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
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the averages for each weight; those of rows and columns are 0 for a vector."""
        if self.built:
            return
        super().build(variables)
        self._r: list[Variable] = []
        self._c: list[Variable] = []
        self._v: list[Variable] = []
        for variable in variables:
            shape, name = variable.shape, variable.name
            if len(shape) < 2:
                self._r.append(self.add_variable((), dtype="int32", name=name))
                self._c.append(self.add_variable((), dtype="int32", name=name))
            else:
                columns = (*shape[:-2], shape[-1])
                self._r.append(self.add_variable(shape[:-1], dtype=variable.dtype, name=name))
                self._c.append(self.add_variable(columns, dtype=variable.dtype, name=name))
            self._v.append(self.add_variable_from_reference(variable, "velocity"))

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight and its averages."""
        index, dtype = self._get_variable_index(variable), variable.dtype
        step = ops.cast(self.iterations + 1, dtype)
        fallen = 1 / ops.sqrt(step)
        velocity, slots = self._v[index], [self._v[index]]
        averages = [velocity]
        if len(variable.shape) >= 2:
            averages = [self._r[index], self._c[index]]
            slots = [velocity, *averages]
        updated = adafactor_update(
            variable.value,
            *(average.value for average in averages),
            ops.cast(gradient, dtype),
            ops.minimum(ops.cast(learning_rate, dtype), fallen),
            1 - ops.power(step, self.beta_2_decay),
            epsilon_1=self.epsilon_1,
            epsilon_2=self.epsilon_2,
            clip_threshold=self.clip_threshold,
        )
        for target, value in zip([variable, *slots], updated, strict=True):
            target.assign(value)
