"""Generators of batches as `fit_generator` and its kin took them."""

from __future__ import annotations

import itertools
from typing import Any

from trimtab.compat.dialect import Dialect
from trimtab.compat.tables.rows import KERAS_2
from trimtab.compat.translate import Translation


def fit_arguments(dialect: Dialect, call: Translation, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `fit` for those of `fit_generator`."""
    given = call.arguments
    if given.get("class_weight") == {}:
        given["class_weight"] = None
    counts_samples = dialect.version < KERAS_2 or "samples_per_epoch" in kwargs
    if counts_samples and "steps_per_epoch" in given:
        given["x"], given["steps_per_epoch"] = _steps(
            dialect, given["x"], given["steps_per_epoch"], "samples_per_epoch"
        )
    data = given.get("validation_data")
    if isinstance(data, (tuple, list)):
        given["validation_data"] = tuple(data)
        given.pop("validation_steps", None)
    elif (
        data is not None
        and "validation_steps" in given
        and (dialect.version < KERAS_2 or "nb_val_samples" in kwargs)
    ):
        given["validation_data"], given["validation_steps"] = _steps(
            dialect, data, given["validation_steps"], "nb_val_samples"
        )
    return given


def steps_arguments(dialect: Dialect, call: Translation, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `evaluate` or `predict` for those of their `_generator` forms."""
    given = call.arguments
    if "steps" in given and (dialect.version < KERAS_2 or "val_samples" in kwargs):
        given["x"], given["steps"] = _steps(dialect, given["x"], given["steps"], "val_samples")
    return given


def _steps(dialect: Dialect, generator: Any, samples: int, name: str) -> tuple[Any, int]:
    """(the generator, the batches that hold at least `samples` rows)."""
    size = getattr(generator, "batch_size", None)
    if size is None:
        if dialect.version >= KERAS_2:
            # As Keras 2 did where a generator did not tell its batch size.
            return generator, int(samples)
        first = next(generator)
        inputs = first[0] if isinstance(first, (tuple, list)) else first
        if isinstance(inputs, dict):
            inputs = next(iter(inputs.values()))
        size = len(inputs[0]) if isinstance(inputs, list) else len(inputs)
        generator = itertools.chain([first], generator)
        dialect.journal.approximate(
            f"{name}={samples} is taken for {-(-samples // size)} batches, each with the "
            f"{size} rows of the first"
        )
    return generator, -(-int(samples) // int(size))


def cut(outputs: Any, samples: int | None) -> Any:
    """The first `samples` rows of outputs; all if None."""
    return outputs if samples is None else outputs[:samples]
