"""Projections of weights, applied after every optimizer step."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import Configurable, keras_export, serialize_keras_object
from trimtab.core.identifiers import Identifiers, class_names
from trimtab.ir.tensor import Tensor


def _norms(w: Tensor, axis: Any) -> Tensor:
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


@keras_export("keras.constraints.Constraint")
class Constraint(Configurable):
    """Base of the projections: a callable from a weight tensor to the permitted one.

    Source: Keras 3 `keras.constraints.Constraint`.
    """

    def __call__(self, w: Any) -> Any:
        """The projection of `w`; `w` itself here."""
        return w


@keras_export("keras.constraints.MaxNorm")
class MaxNorm(Constraint):
    """Scales vectors down to a Euclidean norm of at most `max_value`.

    `w * clip(norm, 0, max_value) / (epsilon + norm)`.

    Args:
        max_value: Largest norm.
        axis: Axis or axes that make up a vector; 0 for the incoming weights of a Dense kernel,
            `[0, 1, 2]` for a convolution's.

    Source: Keras 3 `keras.constraints.MaxNorm`.
    """

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        """The projection of `w`, of its shape."""
        weight = ops.convert_to_tensor(w)
        norms = _norms(weight, self.axis)
        return weight * (ops.clip(norms, 0, self.max_value) / (settings.epsilon() + norms))


@keras_export("keras.constraints.NonNeg")
class NonNeg(Constraint):
    """Replaces negative weights by 0.

    Source: Keras 3 `keras.constraints.NonNeg`.
    """

    def __call__(self, w: Any) -> Tensor:
        """The projection of `w`, of its shape."""
        return ops.maximum(w, 0)


@keras_export("keras.constraints.UnitNorm")
class UnitNorm(Constraint):
    """Scales vectors to Euclidean norm 1: `w / (epsilon + norm)`.

    Args:
        axis: Axis or axes that make up a vector.

    Source: Keras 3 `keras.constraints.UnitNorm`.
    """

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        """The projection of `w`, of its shape."""
        weight = ops.convert_to_tensor(w)
        return weight / (settings.epsilon() + _norms(weight, self.axis))


@keras_export("keras.constraints.MinMaxNorm")
class MinMaxNorm(Constraint):
    """Moves the Euclidean norms of vectors towards the interval [`min_value`, `max_value`].

    The new norm is `rate * clip(norm, min_value, max_value) + (1 - rate) * norm`.

    Args:
        min_value: Smallest norm.
        max_value: Largest norm.
        rate: How far to move at each step: 1 enforces the interval at once.
        axis: Axis or axes that make up a vector.

    Source: Keras 3 `keras.constraints.MinMaxNorm`.
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        """The projection of `w`, of its shape."""
        weight = ops.convert_to_tensor(w)
        norms = _norms(weight, self.axis)
        clipped = ops.clip(norms, self.min_value, self.max_value)
        desired = self.rate * clipped + (1 - self.rate) * norms
        return weight * (desired / (settings.epsilon() + norms))


max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm

_IDENTIFIERS = Identifiers(
    "constraint", class_names((Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm))
)


def get(identifier: Any) -> Any:
    """The constraint meant by a name, configuration, class or callable; None stays None.

    Raises:
        ValueError: If the name is unknown or the identifier is not callable.

    Source: Keras 3 `keras.constraints.get`.
    """
    return _IDENTIFIERS.get(identifier)


def serialize(constraint: Any) -> Any:
    """The configuration of a constraint, for `deserialize`."""
    return serialize_keras_object(constraint)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The constraint that a configuration describes.

    Raises:
        ValueError: If its class is unknown.
    """
    return _IDENTIFIERS.deserialize(config, custom_objects)
