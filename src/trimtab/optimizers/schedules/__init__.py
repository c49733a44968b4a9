"""Learning rates that change with the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.core.config import serialize_keras_object
from trimtab.core.identifiers import Identifiers
from trimtab.optimizers.schedules.base import LearningRateSchedule as LearningRateSchedule
from trimtab.optimizers.schedules.cosine import CosineDecay as CosineDecay
from trimtab.optimizers.schedules.cosine import CosineDecayRestarts as CosineDecayRestarts
from trimtab.optimizers.schedules.decay import ExponentialDecay as ExponentialDecay
from trimtab.optimizers.schedules.decay import InverseTimeDecay as InverseTimeDecay
from trimtab.optimizers.schedules.decay import PiecewiseConstantDecay as PiecewiseConstantDecay
from trimtab.optimizers.schedules.decay import PolynomialDecay as PolynomialDecay

_CLASSES = (
    LearningRateSchedule,
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
_IDENTIFIERS = Identifiers("learning rate schedule", {cls.__name__: cls for cls in _CLASSES})


def serialize(learning_rate_schedule: Any) -> Any:
    """The configuration of a schedule, for `deserialize`."""
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The schedule that a configuration describes.

    Raises:
        ValueError: If its class is unknown.
    """
    return _IDENTIFIERS.deserialize(config, custom_objects)
