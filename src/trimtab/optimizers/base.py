"""Base of the optimizers: one step from gradients to new weights."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core import settings
from trimtab.core.arguments import message
from trimtab.core.config import keras_export
from trimtab.core.host import or_on_host
from trimtab.core.stateless import call_with_values
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.optimizers import schedules
from trimtab.optimizers.clipping import clip_by_global_norm, clip_by_norm
from trimtab.optimizers.schedules import LearningRateSchedule
from trimtab.optimizers.state import OptimizerState

# The arguments that every optimizer takes.
_SHARED = (
    "learning_rate",
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
    "name",
)


def shared_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What `Optimizer.__init__` takes, out of the `locals()` of a constructor that takes it too."""
    return {**{name: arguments[name] for name in _SHARED}, **arguments["kwargs"]}


@keras_export("keras.optimizers.Optimizer", "keras.Optimizer")
class Optimizer(OptimizerState):
    """Base of the optimizers.

    A step is, in this order: division by the loss scale, clipping, weight decay `w -= w *
    weight_decay * learning_rate`, the update, the moving average, the weights' constraints,
    `iterations += 1`. A subclass overrides `build`, which makes its slots, and `update_step`. Both
    run inside a traced step, where the values of tensors are not known.

    Args:
        learning_rate: A float, a `LearningRateSchedule`, or a callable without arguments.
        weight_decay: Rate of the weight decay; none if None.
        clipnorm: Largest Euclidean norm of the gradient of each weight.
        clipvalue: Largest magnitude of each element of a gradient.
        global_clipnorm: Largest Euclidean norm of all gradients together.
        use_ema: Whether to keep a moving average of the weights, which becomes their value at the
            end of
            training: `average = ema_momentum * average + (1 - ema_momentum) * weight`.
        ema_momentum: Weight of the old average, in [0, 1].
        ema_overwrite_frequency: Steps after which the average becomes the weights' value during
            training.
        loss_scale_factor: Factor of the loss, by which gradients are divided.
        gradient_accumulation_steps: Number of steps, >= 2, whose mean gradient makes one update.
            Batch Normalization takes no part in it, as in Keras: each of these batches is
            normalized with its own statistics, and each moves the moving ones. So the statistics
            are those of small batches, however many make an update; with
            `compile(pool_batch_statistics=True)` the moving ones move once an update, by the
            statistics of all its batches together.
        name: Name; made from the class's if None.
        **kwargs: Must be empty, but for `decay`, which is ignored with a warning.

    Raises:
        ValueError: If an argument is unknown or out of range.

    Source: Keras 3 `keras.optimizers.Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any,
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
        _refuse_unknown(type(self).__name__, kwargs)
        super().__init__(name)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._check_arguments()
        self._undecayed: set[int] = set()
        self._undecayed_names: re.Pattern[str] | None = None
        self._iterations = self._track(
            Variable(0, dtype="int32", trainable=False, name="iteration")
        )
        self._learning_rate: Any = self._as_rate(learning_rate)

    def _check_arguments(self) -> None:
        owner = type(self).__name__
        steps, frequency = self.gradient_accumulation_steps, self.ema_overwrite_frequency
        if steps is not None and not (isinstance(steps, int) and steps >= 2):
            raise ValueError(
                f"{owner}: `gradient_accumulation_steps` must be an integer >= 2 or None; got "
                f"{steps!r}"
            )
        if self.use_ema and not 0 <= self.ema_momentum <= 1:
            raise ValueError(f"{owner}: `ema_momentum` must lie in [0, 1]; got {self.ema_momentum}")
        if (
            self.use_ema
            and frequency is not None
            and not (isinstance(frequency, int) and frequency >= 1)
        ):
            raise ValueError(
                f"{owner}: `ema_overwrite_frequency` must be an integer >= 1 or None; got "
                f"{frequency!r}"
            )
        limits = (self.clipnorm, self.clipvalue, self.global_clipnorm)
        if sum(limit is not None for limit in limits) > 1:
            raise ValueError(
                f"{owner}: Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set; "
                f"got {limits}"
            )

    def _as_rate(self, learning_rate: Any) -> Any:
        if isinstance(learning_rate, LearningRateSchedule) or callable(learning_rate):
            return learning_rate
        if not isinstance(learning_rate, (float, np.floating)):
            raise ValueError(
                f"{type(self).__name__}: `learning_rate` must be a float, a LearningRateSchedule "
                f"or a callable; got {learning_rate!r}"
            )
        variable = Variable(
            float(learning_rate), dtype=settings.floatx(), trainable=False, name="learning_rate"
        )
        return self._track(variable)

    @property
    def iterations(self) -> Any:
        """Number of updates so far: of steps, over `gradient_accumulation_steps` if that is set."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The present learning rate: a variable, or what the schedule or callable gives."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations)
        if isinstance(self._learning_rate, Variable) or not callable(self._learning_rate):
            return self._learning_rate
        return self._learning_rate()

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        previous = self._learning_rate
        if isinstance(learning_rate, LearningRateSchedule) or (
            callable(learning_rate) and not isinstance(learning_rate, Tensor)
        ):
            self._learning_rate = learning_rate
            self._variables = [v for v in self._variables if v is not previous]
            return
        if not isinstance(previous, Variable):
            raise TypeError(
                f"{type(self).__name__}: its learning rate is a schedule or callable and cannot be "
                f"set to a number; got {learning_rate!r}. Make the optimizer with a float to set "
                "it later."
            )
        previous.assign(learning_rate)

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the slots for the weights; subclasses make theirs after those of this method.

        Args:
            variables: The weights, in the order of their gradients.
        """
        if self.use_ema:
            self._model_variables_moving_average = self.add_optimizer_variables(
                variables, "average"
            )
        if self.gradient_accumulation_steps:
            self._accumulated_gradients = [
                self.add_variable_from_reference(v, "gradient_accumulator") for v in variables
            ]
        self._remember(variables)
        self.built = True

    def is_update_due(self) -> Any:
        """Whether the next step updates the weights: the last of those accumulated, or any."""
        if not self.gradient_accumulation_steps:
            return ops.convert_to_tensor(True)
        return ops.equal((self._iterations + 1) % self.gradient_accumulation_steps, 0)

    def assign(self, variable: Variable, value: Any) -> None:
        """Sets a variable to `value`."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """Adds `value` to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """Subtracts `value` from a variable."""
        variable.assign_sub(value)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Updates one weight.

        Args:
            gradient: Its gradient, clipped.
            variable: The weight.
            learning_rate: The learning rate of this step.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: an optimizer must override `update_step`"
        )

    def update_all(
        self, gradients: Sequence[Any], variables: Sequence[Variable], learning_rate: Any
    ) -> None:
        """Updates the weights one by one; overridden where they share a calculation."""
        for gradient, variable in zip(gradients, variables, strict=True):
            or_on_host(
                type(self).__name__, self.update_step, (gradient, variable, learning_rate), {}
            )

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Any:
        """One step from (gradient, weight) pairs; see `apply`.

        Returns:
            The variable that counts the steps.
        """
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, variables)
        return self._iterations

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None
    ) -> None:
        """One step: new weights from their gradients.

        Args:
            grads: One gradient a weight; a weight with None stays as it is.
            trainable_variables: The weights; those that the optimizer was built for if None. The
                first call builds it.

        Raises:
            ValueError: If gradients and weights do not match, or there is no gradient at all.
        """
        if len(grads) == 0:
            return
        variables = self._variables_for(grads, trainable_variables)
        grads, variables = self._with_gradients(grads, variables)
        grads, variables = self._without_overwritten(grads, variables)
        if grads:
            if self.loss_scale_factor is not None:
                grads = [g * (1.0 / self.loss_scale_factor) for g in grads]
            if self.gradient_accumulation_steps:
                self._accumulate(grads, variables)
            else:
                self._step(grads, variables)
            if self.use_ema:
                self._update_averages()
            for variable in variables:
                if variable.constraint is not None:
                    variable.assign(variable.constraint(variable))
        self._iterations.assign_add(1)

    def _variables_for(
        self, grads: Sequence[Any], given: Sequence[Variable] | None
    ) -> list[Variable]:
        if given is None and not self.built:
            raise ValueError(
                f"{type(self).__name__}: must be built to apply gradients without their variables; "
                "call `optimizer.build(trainable_variables)`"
            )
        variables = self._trainable_variables if given is None else list(given)
        if not self.built:
            self.build(variables)
        self._require_known(variables)
        if len(grads) != len(variables):
            raise ValueError(
                f"{type(self).__name__}: needs one gradient for each of the {len(variables)} "
                f"variables; got {len(grads)}"
            )
        return variables

    def _with_gradients(
        self, grads: Sequence[Any], variables: Sequence[Variable]
    ) -> tuple[list[Any], list[Variable]]:
        kept = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        if not kept:
            raise ValueError(
                f"{type(self).__name__}: No gradients provided for any variable; does the "
                "loss depend on them?"
            )
        missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
        if missing:
            warnings.warn(
                f"{type(self).__name__}: no gradient for the variables {missing}, which stay as "
                "they are; does the loss depend on them?",
                stacklevel=3,
            )
        return [g for g, _ in kept], [v for _, v in kept]

    def _without_overwritten(
        self, grads: list[Any], variables: list[Variable]
    ) -> tuple[list[Any], list[Variable]]:
        """Gives weights marked so their gradient as new value, and returns the others.

        Where gradients are accumulated, it is the largest of them, as for a range or a maximum.
        """
        pairs = list(zip(grads, variables, strict=True))
        for gradient, variable in pairs:
            if variable.overwrite_with_gradient and self.gradient_accumulation_steps:
                accumulator = self._accumulated_gradients[self._get_variable_index(variable)]
                is_update = self.is_update_due()
                largest = ops.maximum(gradient, accumulator)
                variable.assign(ops.where(is_update, largest, variable))
                accumulator.assign(ops.where(is_update, 0.0, largest))
            elif variable.overwrite_with_gradient:
                variable.assign(gradient)
        rest = [(g, v) for g, v in pairs if not v.overwrite_with_gradient]
        return [g for g, _ in rest], [v for _, v in rest]

    def step_rate(self) -> Any:
        """The learning rate of the step at work; a subclass may make it differ from the set one."""
        return self.learning_rate

    def _step(self, grads: Sequence[Any], variables: Sequence[Variable]) -> None:
        rate = self.step_rate()
        grads = self._clip_gradients(grads)
        for variable in filter(self._is_decayed, variables):
            decay = self._decay_of(variable)
            if decay is not None:
                variable.assign(variable - variable * (decay * ops.cast(rate, variable.dtype)))
        self.update_all(grads, variables, rate)

    def _clip_gradients(self, grads: Sequence[Any]) -> Sequence[Any]:
        if self.clipnorm and self.clipnorm > 0:
            return [clip_by_norm(g, self.clipnorm) for g in grads]
        if self.global_clipnorm and self.global_clipnorm > 0:
            return clip_by_global_norm(grads, self.global_clipnorm)
        if self.clipvalue and self.clipvalue > 0:
            return [ops.clip(g, -self.clipvalue, self.clipvalue) for g in grads]
        return grads

    def _accumulate(self, grads: Sequence[Any], variables: Sequence[Variable]) -> None:
        steps = self.gradient_accumulation_steps or 1
        is_update = self.is_update_due()
        accumulators = [self._accumulated_gradients[self._get_variable_index(v)] for v in variables]
        sums = [g + a for g, a in zip(grads, accumulators, strict=True)]
        means = [s / steps for s in sums]
        self._run_if(is_update, lambda: self._step(means, variables), variables)
        for accumulator, total in zip(accumulators, sums, strict=True):
            accumulator.assign(ops.where(is_update, 0.0, total))

    def _run_if(self, condition: Any, function: Any, variables: Sequence[Variable]) -> None:
        """Runs `function` in any case, and keeps what it assigned only where `condition` holds."""
        affected = [*variables, *self.variables]
        before = [v.value for v in affected]
        _, after = call_with_values(function, affected, before)
        for variable, old, new in zip(affected, before, after, strict=True):
            if new is not old:
                variable.assign(ops.where(condition, new, old))

    def _update_averages(self) -> None:
        pairs = [
            (v, a)
            for v, a in zip(
                self._trainable_variables, self._model_variables_moving_average, strict=True
            )
            if a is not None
        ]
        started = ops.not_equal(self.iterations, 0)
        for variable, average in pairs:
            momentum = ops.cast(started, variable.dtype) * self.ema_momentum
            average.assign(momentum * average + (1 - momentum) * variable)
        if self.ema_overwrite_frequency:
            is_due = ops.equal((self.iterations + 1) % self.ema_overwrite_frequency, 0)
            for variable, average in pairs:
                variable.assign(ops.where(is_due, average, variable))

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Gives the weights their moving average, if one is kept: the last act of training.

        Args:
            var_list: The weights that the optimizer was built for.

        Raises:
            ValueError: If their number differs.
        """
        if not self.use_ema:
            return
        averages = self._model_variables_moving_average
        if len(var_list) != len(averages):
            raise ValueError(
                f"{type(self).__name__}: keeps averages of {len(averages)} variables; got "
                f"{len(var_list)}"
            )
        for variable, average in zip(var_list, averages, strict=True):
            if average is not None:
                variable.assign(average)

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Chooses weights that weight decay leaves alone; to be called before training.

        Args:
            var_list: The weights.
            var_names: Patterns: weights in whose name one is found are left alone.
        """
        self._undecayed = {id(variable) for variable in var_list or ()}
        patterns = list(var_names or ())
        self._undecayed_names = re.compile("|".join(patterns)) if patterns else None

    def _decay_of(self, variable: Variable) -> float | None:
        return self.weight_decay

    def _is_decayed(self, variable: Variable) -> bool:
        pattern = self._undecayed_names
        is_named = pattern is not None and pattern.search(variable.name) is not None
        return id(variable) not in self._undecayed and not is_named

    def scale_loss(self, loss: Any) -> Any:
        """The loss to differentiate: times `loss_scale_factor`."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def stateless_apply(
        self,
        optimizer_variables: Sequence[Any],
        grads: Sequence[Any],
        trainable_variables: Sequence[Any],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """(new weights, new values of the optimizer's variables); no variable changes.

        Args:
            optimizer_variables: Values to start from, in the order of `variables`.
            grads: Gradients.
            trainable_variables: Values of the weights that the optimizer was built for.

        Raises:
            ValueError: If the optimizer is not built, or the numbers do not match.
        """
        weights, own = self._trainable_variables, self.variables
        if (
            not self.built
            or len(weights) != len(trainable_variables)
            or len(own) != len(optimizer_variables)
        ):
            raise ValueError(
                f"{type(self).__name__}: stateless_apply needs a built optimizer and one value for "
                f"each of its {len(weights)} weights and {len(own)} variables; got "
                f"{len(trainable_variables)} and {len(optimizer_variables)}"
            )
        values = [*trainable_variables, *optimizer_variables]
        _, after = call_with_values(lambda: self.apply(grads), [*weights, *own], values)
        return after[: len(weights)], after[len(weights) :]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with the name and learning rate in use."""
        shared = {name: getattr(self, name) for name in _SHARED if name != "learning_rate"}
        config = {**shared, **super().get_config(), "name": self.name}
        config.pop("decay", None)
        if isinstance(self._learning_rate, Variable):
            config["learning_rate"] = float(self._learning_rate.numpy())
        else:
            config["learning_rate"] = schedules.serialize(self._learning_rate)
        return config

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """The optimizer that `get_config` described, without its state."""
        given = dict(config)
        if isinstance(given.get("learning_rate"), dict):
            given["learning_rate"] = schedules.deserialize(given["learning_rate"], custom_objects)
        return super().from_config(given, custom_objects)


def _refuse_unknown(owner: str, arguments: dict[str, Any]) -> None:
    if arguments.pop("decay", None) is not None:
        warnings.warn(
            f"{owner}: `decay` is ignored; give a LearningRateSchedule as `learning_rate`",
            stacklevel=4,
        )
    if arguments:
        raise ValueError(message(owner, arguments, _SHARED, []))
