"""What accuracy was: which formula, and under which name."""

from __future__ import annotations

from typing import Any

from trimtab import losses, metrics
from trimtab.compat.dialect import Dialect
from trimtab.compat.tables.rows import TF_KERAS

_NAMES = ("accuracy", "acc")


def wants_accuracy(given: Any) -> bool:
    """Whether accuracy is among the metrics."""
    return isinstance(given, (list, tuple)) and any(_is_accuracy(metric) for metric in given)


def _is_accuracy(metric: Any) -> bool:
    return isinstance(metric, str) and metric.lower() in _NAMES


def name_of(dialect: Dialect, given: str) -> str:
    """The key of accuracy in logs and histories."""
    version = dialect.version
    if version < (0, 1, 2):
        return "accuracy"
    return "acc" if version < (2, 3, 0) else given


def with_old_metrics(dialect: Dialect, class_mode: str, loss: Any, given: Any) -> Any:
    """The metrics of `compile` with accuracy as the version computed and named it.

    From 1.0.6 to 2.3 it compared each element with its rounded prediction whenever the loss was
    binary crossentropy; up to 0.3.2 `class_mode` chose; else the shapes do, as they do today.

    Args:
        dialect: The version.
        class_mode: The argument of `compile`.
        loss: The loss of `compile`, or the losses of its outputs.
        given: The metrics of `compile`.
    """
    if not given or dialect.version >= TF_KERAS:
        return given
    if isinstance(given, dict):
        return {
            key: with_old_metrics(dialect, class_mode, _part(loss, key), _listed(part))
            for key, part in given.items()
        }
    if _is_accuracy(given) or not isinstance(given, (list, tuple)):
        return _one(dialect, class_mode, loss, given)
    if isinstance(loss, (list, tuple, dict)) and len(loss) > 1:
        # A flat list is for each of the outputs.
        parts = list(loss.values()) if isinstance(loss, dict) else list(loss)
        per_output = [
            [_one(dialect, class_mode, part, metric) for metric in given] for part in parts
        ]
        return dict(zip(loss, per_output, strict=True)) if isinstance(loss, dict) else per_output
    single = loss[0] if isinstance(loss, (list, tuple)) and loss else loss
    return [_one(dialect, class_mode, single, metric) for metric in given]


def _listed(part: Any) -> Any:
    return list(part) if isinstance(part, (list, tuple)) else [part]


def _part(loss: Any, key: str) -> Any:
    return loss.get(key) if isinstance(loss, dict) else loss


def _one(dialect: Dialect, class_mode: str, loss: Any, metric: Any) -> Any:
    if not _is_accuracy(metric):
        return metric
    name = name_of(dialect, metric)
    if dialect.version < (0, 3, 3):
        kind = metrics.BinaryAccuracy if class_mode == "binary" else metrics.CategoricalAccuracy
        return kind(name=name)
    if dialect.version >= (1, 0, 6) and _is_binary_crossentropy(loss):
        dialect.journal.translate(
            f"{metric!r} under binary_crossentropy", "BinaryAccuracy, element by element, as then"
        )
        return metrics.BinaryAccuracy(name=name)
    return name


def _is_binary_crossentropy(loss: Any) -> bool:
    return loss in ("binary_crossentropy", losses.binary_crossentropy) or isinstance(
        loss, losses.BinaryCrossentropy
    )
