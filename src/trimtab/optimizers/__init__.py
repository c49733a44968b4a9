"""Optimizers and, in `schedules`, learning rates that change with the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.core.config import get_registered_object, serialize_keras_object
from trimtab.core.identifiers import Identifiers
from trimtab.optimizers import schedules as schedules
from trimtab.optimizers.adadelta import Adadelta as Adadelta
from trimtab.optimizers.adafactor import Adafactor as Adafactor
from trimtab.optimizers.adagrad import Adagrad as Adagrad
from trimtab.optimizers.adam import Adam as Adam
from trimtab.optimizers.adam import AdamW as AdamW
from trimtab.optimizers.adamax import Adamax as Adamax
from trimtab.optimizers.base import Optimizer as Optimizer
from trimtab.optimizers.ftrl import Ftrl as Ftrl
from trimtab.optimizers.lamb import Lamb as Lamb
from trimtab.optimizers.lion import Lion as Lion
from trimtab.optimizers.loss_scale import LossScaleOptimizer as LossScaleOptimizer
from trimtab.optimizers.multi import MultiOptimizer as MultiOptimizer
from trimtab.optimizers.multi import OptimizerMap as OptimizerMap
from trimtab.optimizers.muon import Muon as Muon
from trimtab.optimizers.nadam import Nadam as Nadam
from trimtab.optimizers.rmsprop import RMSprop as RMSprop
from trimtab.optimizers.schedule_free import ScheduleFreeAdamW as ScheduleFreeAdamW
from trimtab.optimizers.sgd import SGD as SGD

_CLASSES = (
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    AdamW,
    Adamax,
    Optimizer,
    Ftrl,
    Lamb,
    Lion,
    Muon,
    LossScaleOptimizer,
    MultiOptimizer,
    Nadam,
    OptimizerMap,
    RMSprop,
    ScheduleFreeAdamW,
    SGD,
)
_IDENTIFIERS = Identifiers("optimizer", {cls.__name__.lower(): cls for cls in _CLASSES})


def get(identifier: Any) -> Any:
    """The optimizer meant by a name, configuration or optimizer; None stays None.

    Args:
        identifier: A name in any case, a configuration, or an optimizer, which is returned as it
            is.

    Raises:
        ValueError: If the name is unknown or the identifier is of another kind.

    Source: Keras 3 `keras.optimizers.get`.
    """
    if isinstance(identifier, str):
        identifier = {"class_name": identifier, "config": {}}
    found = deserialize(identifier) if isinstance(identifier, Mapping) else identifier
    if found is None or isinstance(found, Optimizer):
        return found
    raise ValueError(
        f"optimizer: must be a name, a configuration or an Optimizer; got {identifier!r}"
    )


def serialize(optimizer: Any) -> Any:
    """The configuration of an optimizer, for `deserialize`."""
    return serialize_keras_object(optimizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The optimizer that a configuration describes, without its state.

    Raises:
        ValueError: If its class is unknown.
    """
    given = dict(config)
    name = str(given["class_name"])
    is_custom = (
        get_registered_object(given.get("registered_name") or name, custom_objects) is not None
    )
    if name.lower() in _IDENTIFIERS.names and not is_custom:
        given["class_name"] = name.lower()
    elif not given.get("module") and not is_custom:
        return _IDENTIFIERS.find(name, custom_objects)
    return _IDENTIFIERS.deserialize(given, custom_objects)
