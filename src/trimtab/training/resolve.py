"""Losses and metrics from what `compile` is given: names, functions, classes, objects."""

from __future__ import annotations

from typing import Any

from trimtab import losses, metrics
from trimtab.core.naming import to_snake_case
from trimtab.losses.base import Loss, LossFunctionWrapper
from trimtab.metrics.base import Metric
from trimtab.metrics.reduction import MeanMetricWrapper

_ACCURACY = ("accuracy", "acc")
_CROSSENTROPY = ("crossentropy", "ce")


def target_kind(y_true: Any, y_pred: Any) -> str:
    """What kind of classification the shapes speak of: "binary", "sparse" or "categorical"."""
    width = y_pred.shape[-1] if y_pred.shape else 1
    if width == 1:
        return "binary"
    rank, predicted_rank = len(y_true.shape), len(y_pred.shape)
    if rank < predicted_rank or (y_true.shape[-1] == 1 and width > 1):
        return "sparse"
    return "categorical"


def _is_one_of(identifier: Any, names: tuple[str, ...]) -> bool:
    return isinstance(identifier, str) and identifier.lower() in names


def require_known_loss(identifier: Any) -> None:
    """Checks a name, before the first batch shows which loss it stands for.

    Raises:
        ValueError: If no loss has this name; the message says which is nearest.
    """
    if isinstance(identifier, str) and not _is_one_of(identifier, _CROSSENTROPY):
        losses.get(identifier)


def require_known_metric(identifier: Any) -> None:
    """Checks a name, before the first batch shows which metric it stands for.

    Raises:
        ValueError: If no metric has this name; the message says which is nearest.
    """
    if isinstance(identifier, str) and not _is_one_of(identifier, _ACCURACY + _CROSSENTROPY):
        metrics.get(identifier)


def loss_for(identifier: Any, y_true: Any, y_pred: Any) -> Loss:
    """The loss meant by a name, function, class, configuration or object.

    "crossentropy" and "ce" become binary, sparse or categorical as the shapes ask for.

    Raises:
        ValueError: If the name is unknown or the identifier is not callable.
    """
    if _is_one_of(identifier, _CROSSENTROPY):
        function: Any = {
            "binary": losses.binary_crossentropy,
            "sparse": losses.sparse_categorical_crossentropy,
            "categorical": losses.categorical_crossentropy,
        }[target_kind(y_true, y_pred)]
    else:
        function = losses.get(identifier)
    if isinstance(function, Loss):
        return function
    name = identifier if isinstance(identifier, str) else _name_of(function)
    return LossFunctionWrapper(function, name=name)


def metric_for(identifier: Any, y_true: Any, y_pred: Any) -> Metric:
    """The metric meant by a name, function, class, configuration or object.

    "accuracy", "acc", "crossentropy" and "ce" become binary, sparse or categorical as the shapes
    ask for; the loss plays no part in it. A metric made from a name is called as it was typed.

    Raises:
        ValueError: If the name is unknown or the identifier is not callable.
    """
    if identifier is None:
        raise ValueError("compile: a metric must be a name, a function or a Metric; got None")
    found: Any = None
    if _is_one_of(identifier, _ACCURACY):
        found = {
            "binary": metrics.BinaryAccuracy,
            "sparse": metrics.SparseCategoricalAccuracy,
            "categorical": metrics.CategoricalAccuracy,
        }[target_kind(y_true, y_pred)]()
    elif _is_one_of(identifier, _CROSSENTROPY):
        found = {
            "binary": metrics.BinaryCrossentropy,
            "sparse": metrics.SparseCategoricalCrossentropy,
            "categorical": metrics.CategoricalCrossentropy,
        }[target_kind(y_true, y_pred)]()
    else:
        found = metrics.get(identifier)
    metric = found if isinstance(found, Metric) else MeanMetricWrapper(found)
    metric.name = identifier if isinstance(identifier, str) else _name_of(found)
    return metric


def _name_of(thing: Any) -> str:
    if getattr(thing, "name", None):
        return str(thing.name)
    return to_snake_case(getattr(thing, "__name__", type(thing).__name__))
