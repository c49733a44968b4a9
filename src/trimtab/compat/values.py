"""Values of arguments that meant something else: by the kind of the argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import activations, constraints, initializers, losses, ops
from trimtab.compat.dialect import Dialect
from trimtab.compat.tables.rows import KERAS_3
from trimtab.compat.tables.values import (
    ACTIVATIONS,
    CONSTRAINTS,
    FANS_OF_KERNELS,
    INITIALIZERS,
    LOSSES,
    Value,
    meaning,
)
from trimtab.core import settings
from trimtab.core.config import keras_export


@keras_export("trimtab.compat.hard_sigmoid_of_old")
def hard_sigmoid_of_old(x: Any) -> Any:
    """`clip(0.2 * x + 0.5, 0, 1)`, as before Keras 3, whose slope is 1/6."""
    return ops.clip(0.2 * ops.convert_to_tensor(x) + 0.5, 0.0, 1.0)


@keras_export("trimtab.compat.mean_cosine_proximity")
def mean_cosine_proximity(y_true: Any, y_pred: Any) -> Any:
    """Minus the mean, over the last axis, of the product of the normalised vectors.

    Keras 2.1 and later take the sum: that is `losses.cosine_similarity`.
    """
    size = ops.convert_to_tensor(y_pred).shape[-1]
    return losses.cosine_similarity(y_true, y_pred) / size


_OWN = {
    "hard_sigmoid_of_old": hard_sigmoid_of_old,
    "mean_cosine_proximity": mean_cosine_proximity,
}


def root_mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """The root of the mean squared error, a sample."""
    return ops.sqrt(losses.mean_squared_error(y_true, y_pred))


_OWN["root_mean_squared_error"] = root_mean_squared_error


def spelled(row: Value) -> str:
    """A meaning as a report shows it."""
    if not row.arguments:
        return repr(row.today)
    parts = ", ".join(f"{name}={value!r}" for name, value in row.arguments.items())
    return f"{row.today}({parts})"


def _renamed(dialect: Dialect, rows: tuple[Value, ...], value: Any) -> Value | None:
    if not isinstance(value, str):
        return None
    row = meaning(rows, value, dialect.version)
    if row is not None:
        dialect.journal.translate(repr(value), spelled(row))
    return row


def initializer(dialect: Dialect, value: Any, kernel_rank: int = 2) -> Any:
    """The initializer that `value` meant.

    Args:
        dialect: Whose meaning.
        value: A name, an array, or what today's layers take.
        kernel_rank: Axes of the weight, on which the fans of a convolution hang.
    """
    row = _renamed(dialect, INITIALIZERS, value)
    if row is None:
        is_glorot = kernel_rank > 2 and dialect.version < FANS_OF_KERNELS
        if is_glorot and value in ("glorot_uniform", "he_uniform", "lecun_uniform"):
            shared: dict[str, Any] = {**_UNIFORM[value], **_axes(kernel_rank)}
            return initializers.VarianceScaling(distribution="uniform", **shared)
        return value
    arguments = dict(row.arguments)
    if row.today == "VarianceScaling" and dialect.version < FANS_OF_KERNELS and kernel_rank > 2:
        arguments.update(_axes(kernel_rank))
    if row.today in ("zeros", "ones"):
        return row.today
    return getattr(initializers, str(row.today))(**arguments)


_UNIFORM: dict[str, dict[str, Any]] = {
    "glorot_uniform": {"scale": 1.0, "mode": "fan_avg"},
    "he_uniform": {"scale": 2.0, "mode": "fan_in"},
    "lecun_uniform": {"scale": 1.0, "mode": "fan_in"},
}


def _axes(kernel_rank: int) -> dict[str, Sequence[int]]:
    return {
        "input_axes": tuple(range(kernel_rank - 1)),
        "output_axes": (kernel_rank - 1,),
    }


def activation(dialect: Dialect, value: Any) -> Any:
    """The activation that `value` meant."""
    if value is activations.hard_sigmoid and dialect.version < KERAS_3:
        value = "hard_sigmoid"
    row = _renamed(dialect, ACTIVATIONS, value)
    if row is None:
        return value
    return _OWN.get(str(row.today), row.today)


def loss(dialect: Dialect, value: Any) -> Any:
    """The loss, or the losses of several outputs, that `value` meant."""
    if isinstance(value, dict):
        return {key: loss(dialect, part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [loss(dialect, part) for part in value]
    row = _renamed(dialect, LOSSES, value)
    if row is None:
        return value
    return _OWN.get(str(row.today), row.today)


def constraint(dialect: Dialect, value: Any) -> Any:
    """The constraint that `value` meant."""
    row = _renamed(dialect, CONSTRAINTS, value)
    return value if row is None else getattr(constraints, str(row.today))()


def translate_values(
    dialect: Dialect, arguments: dict[str, Any], kernel_rank: int = 2
) -> dict[str, Any]:
    """Arguments of a layer with the values of today, by the kinds that their names tell."""
    result = {}
    for name, value in arguments.items():
        if name.endswith("_initializer"):
            value = initializer(dialect, value, kernel_rank)
        elif name.endswith("_constraint"):
            value = constraint(dialect, value)
        elif name in ("activation", "recurrent_activation"):
            value = activation(dialect, value)
        result[name] = value
    return result


def array_initializer(values: Any) -> Any:
    """An initializer that gives the values of an array."""
    return initializers.Constant(np.asarray(values, dtype=settings.floatx()))
