"""What trains: up to Keras 2.3 it was settled when a model was compiled, and stayed so."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from trimtab.compat.dialect import Dialect
from trimtab.compat.tables.rows import TF_KERAS

Flags = list[tuple[Any, bool]]


def flags_of(model: Any) -> Flags:
    """Each layer of a model with its `trainable`, the outer ones first."""
    return [(layer, layer.trainable) for layer in model._flatten_layers()]


@contextlib.contextmanager
def as_compiled(dialect: Dialect, model: Any, flags: Flags | None) -> Iterator[None]:
    """Gives the layers the `trainable` they had when the model was compiled, while it trains.

    Scripts of adversarial networks count on it: they freeze the discriminator inside the second
    model, and go on to train it by itself.
    """
    before = flags_of(model)
    if flags is None or dialect.version >= TF_KERAS or not _differ(flags, before):
        yield
        return
    _set(flags)
    try:
        yield
    finally:
        _set(before)


def _differ(first: Flags, second: Flags) -> bool:
    known = {id(layer): flag for layer, flag in first}
    return any(known.get(id(layer), flag) != flag for layer, flag in second)


def _set(flags: Flags) -> None:
    for layer, flag in flags:
        if layer.trainable != flag:
            layer.trainable = flag
