"""Optimizers with the formulas of old versions."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab import ops, optimizers
from trimtab.compat.dialect import Dialect
from trimtab.compat.exported import passes_for
from trimtab.compat.tables import OPTIMIZERS
from trimtab.compat.tables.rows import KERAS_3, TF_KERAS, Call
from trimtab.compat.translate import Translation, translate
from trimtab.core.variable import Variable

_ROWS: dict[str, Call] = {row.name: row for row in OPTIMIZERS}


class OldOptimizer:
    """What optimizers had then: `lr`, and a decay of the rate by step.

    The rate of step t, from 0, is `learning_rate / (1 + decay * t)`.
    """

    decay: float = 0.0
    learning_rate: Any
    iterations: Any

    def step_rate(self) -> Any:
        """The learning rate of the step at work, decayed."""
        rate = self.learning_rate
        if not self.decay:
            return rate
        steps = ops.cast(self.iterations, "float32")
        return rate / (1.0 + self.decay * steps)

    @property
    def lr(self) -> Any:
        """The learning rate, by its old name."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value


class _EpsilonOutside:
    """Roots to which epsilon is added after they are taken, as up to Keras 2.3."""

    epsilon: float


class _Rmsprop(_EpsilonOutside):
    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        this: Any = self
        gradient = ops.cast(gradient, variable.dtype)
        velocity = this._velocities[this._get_variable_index(variable)]
        square = this.rho * velocity + (1 - this.rho) * ops.square(gradient)
        velocity.assign(square)
        rate = ops.cast(learning_rate, variable.dtype)
        variable.assign(variable - rate * gradient / (ops.sqrt(square) + self.epsilon))


class _Adagrad(_EpsilonOutside):
    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        this: Any = self
        gradient = ops.cast(gradient, variable.dtype)
        accumulator = this._accumulators_of_squares[this._get_variable_index(variable)]
        total = accumulator + ops.square(gradient)
        accumulator.assign(total)
        rate = ops.cast(learning_rate, variable.dtype)
        variable.assign(variable - rate * gradient / (ops.sqrt(total) + self.epsilon))


_FORMULAS: dict[str, type] = {"RMSprop": _Rmsprop, "Adagrad": _Adagrad}
# Until this version epsilon stood inside the root, where it stands today.
_OUTSIDE_SINCE = (1, 0, 3)


def _class_of(name: str, has_old_formula: bool) -> type:
    original = getattr(optimizers, name)
    formula = (_FORMULAS[name],) if has_old_formula and name in _FORMULAS else ()
    made = type(name, (OldOptimizer, *formula, original), {})
    return passes_for(original)(made)


_CLASSES = {(name, is_old): _class_of(name, is_old) for name in _ROWS for is_old in (False, True)}


def finish_optimizer(row: Call) -> Callable[[Dialect, Any, Translation], Any]:
    """Makes the optimizers of a row."""

    def finish(dialect: Dialect, target: Any, result: Translation) -> Any:
        given = result.arguments
        decay = given.pop("decay", 0.0) or 0.0
        if given.get("epsilon", 0.0) is None:
            del given["epsilon"]
        if dialect.version < TF_KERAS and "clipnorm" in given:
            given["global_clipnorm"] = given.pop("clipnorm")
            dialect.journal.translate("clipnorm", "global_clipnorm: the norm of all gradients")
        rate = given.get("learning_rate")
        if isinstance(rate, (int, np.integer)):
            given["learning_rate"] = float(rate)
        if decay:
            dialect.journal.translate(
                f"decay={decay:g}",
                f"learning_rate=InverseTimeDecay(rate, decay_steps=1, decay_rate={decay:g})",
            )
        if dialect.version >= KERAS_3:
            return target(*result.positional, **result.arguments)
        is_outside = _OUTSIDE_SINCE <= dialect.version < TF_KERAS
        made: Any = _CLASSES[row.name, is_outside](*result.positional, **given)
        made.decay = float(decay)
        return made

    return finish


def optimizer_named(dialect: Dialect, name: str) -> Any:
    """The optimizer that a name meant, with the defaults of the version."""
    found = next((row for row in OPTIMIZERS if row.name.lower() == name.lower()), None)
    if found is None or not dialect.is_old:
        return optimizers.get(name)
    result = translate(found, dialect.version, (), {})
    dialect.note(found, result, (), {})
    return finish_optimizer(found)(dialect, getattr(optimizers, found.name), result)


def of_another_model(optimizer: Any, model: Any) -> Any:
    """The optimizer, or one like it if it is at work in another model.

    Up to tf.keras 2.10 one object could serve several models, each with slots of its own: scripts
    of adversarial networks give the same one to both. The second has the first one's learning
    rate, the variable itself, so that setting it holds for both.
    """
    if not isinstance(optimizer, optimizers.Optimizer):
        return optimizer
    notes = optimizer.__dict__
    owner = notes.get("_compiled_with", lambda: None)()
    weights = list(map(id, model.trainable_variables)) if owner is model else []
    is_free = owner is None or (owner is model and not optimizer.built)
    if is_free or (owner is model and weights == list(optimizer._positions)):
        notes["_compiled_with"] = weakref.ref(model)
        return optimizer
    twin = type(optimizer).from_config(optimizer.get_config())
    if isinstance(optimizer, OldOptimizer):
        twin.decay = optimizer.decay
    rate = optimizer._learning_rate
    if isinstance(rate, Variable):
        twin._variables = [rate if v is twin._learning_rate else v for v in twin._variables]
        twin._learning_rate = rate
    twin.__dict__["_compiled_with"] = weakref.ref(model)
    return twin
