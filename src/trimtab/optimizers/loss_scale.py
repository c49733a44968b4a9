"""Dynamic loss scaling, for gradients in float16."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import deserialize_keras_object, keras_export, serialize_keras_object
from trimtab.core.variable import Variable
from trimtab.initializers import Constant
from trimtab.ir.tensor import Tensor
from trimtab.optimizers.base import Optimizer

_DEFAULTS = {"use_ema": False, "ema_momentum": 0.99}
_OF_THE_INNER = (
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)


@keras_export("keras.optimizers.LossScaleOptimizer", "keras.mixed_precision.LossScaleOptimizer")
class LossScaleOptimizer(Optimizer):
    """Another optimizer, with a loss scale that adapts to the range of float16.

    The loss is multiplied by the scale and the gradients divided by it. A step whose gradients are
    not all finite is left out and halves the scale; `dynamic_growth_steps` finite ones in a row
    double it.

    Args:
        inner_optimizer: The optimizer that updates the weights.
        initial_scale: The scale at first.
        dynamic_growth_steps: Finite steps after which the scale doubles.
        name: Name; made from the class's if None.
        **kwargs: The shared arguments of `Optimizer` are accepted with their defaults only: set
            them on the inner optimizer.

    Raises:
        ValueError: If another argument is given.

    Source: Keras 3 `keras.optimizers.LossScaleOptimizer`; Micikevicius et al. 2018.
    """

    def __init__(
        self,
        inner_optimizer: Any,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                "LossScaleOptimizer: `dynamic` must be True; got False. Set `loss_scale_factor` on "
                "the inner optimizer for a fixed scale."
            )
        for key, value in kwargs.items():
            if key not in _OF_THE_INNER or value != _DEFAULTS.get(key):
                raise ValueError(
                    f"LossScaleOptimizer: `{key}` must be set on the `inner_optimizer`; "
                    f"got {value!r}"
                )
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        self.inner_optimizer.loss_scale_factor = None

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the counter and the scale, and builds the inner optimizer."""
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
        self.dynamic_scale = self.add_variable(
            (), Constant(self.initial_scale), dtype="float32", name="dynamic_scale"
        )
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self) -> list[Variable]:
        """The own variables, then those of the inner optimizer."""
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def iterations(self) -> Any:
        """Number of updates of the inner optimizer."""
        return self.inner_optimizer.iterations

    def is_update_due(self) -> Any:
        """Whether the inner optimizer's next step updates the weights."""
        return self.inner_optimizer.is_update_due()

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's learning rate."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self.inner_optimizer.learning_rate = learning_rate

    def scale_loss(self, loss: Any) -> Any:
        """The loss to differentiate: times the scale."""
        return loss * (self.dynamic_scale if self.built else self.initial_scale)

    def check_finite(self, grads: Sequence[Any]) -> Tensor:
        """Whether all gradients are finite, a boolean scalar."""
        finite = [ops.all(ops.isfinite(g)) for g in grads if g is not None]
        return ops.all(ops.stack(finite))

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None
    ) -> None:
        """One step from scaled gradients, left out where one of them is not finite.

        Args:
            grads: Gradients of the scaled loss, one a weight.
            trainable_variables: The weights; those that the optimizer was built for if None.

        Raises:
            ValueError: If gradients and weights do not match, or there is no gradient at all.
        """
        variables = self._variables_for(grads, trainable_variables)
        is_finite = self.check_finite(grads)
        scale, counter = self.dynamic_scale.value, self.step_counter.value
        # Exact where the scale is a power of two, as it is by default.
        share = 1.0 / scale
        unscaled = [
            g if g is None or v.overwrite_with_gradient else g * share
            for g, v in zip(grads, variables, strict=True)
        ]
        self._run_if(is_finite, lambda: self.inner_optimizer.apply(unscaled, variables), variables)
        is_growth = ops.equal(counter, self.dynamic_growth_steps - 1)
        grown = scale * ops.where(is_growth, 2.0, 1.0)
        self.dynamic_scale.assign(ops.where(is_finite, grown, scale * 0.5))
        is_counted = ops.logical_and(is_finite, ops.logical_not(is_growth))
        self.step_counter.assign(ops.where(is_counted, counter + 1, 0))

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Gives the weights the inner optimizer's moving average, if it keeps one."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, the inner optimizer as its configuration."""
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """The optimizer that `get_config` described, without its state."""
        given = dict(config)
        inner = deserialize_keras_object(given.pop("inner_optimizer"), custom_objects)
        return cls(inner, **given)
