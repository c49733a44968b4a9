"""Warnings about what goes wrong silently with batch normalization."""

from __future__ import annotations

from typing import Any

from trimtab.core import settings
from trimtab.layers.batch_normalization import BatchNormalization, take_left_out
from trimtab.training.feed import ArrayFeed
from trimtab.training.notices import warn_once
from trimtab.training.preparation import Feed


def warn_about_batch_norm(model: Any, feed: Feed) -> None:
    """Warns, once a model, of layers left out of it and of batches without a spread.

    `trimtab.config.set_bn_checks(False)` silences it.
    """
    if not settings.bn_checks():
        return
    _warn_about_left_out(model)
    sizes = {feed.batch_size, feed.last_batch_size} if isinstance(feed, ArrayFeed) else set()
    if 1 in sizes or (isinstance(feed, ArrayFeed) and feed.data.rows == 1):
        _warn_about_single_rows(model, feed)


def _warn_about_left_out(model: Any) -> None:
    left_out = take_left_out()
    if left_out:
        names = ", ".join(f"'{name}'" for name in left_out)
        warn_once(
            model,
            f"left out {names}",
            f"fit: the BatchNormalization {names} was created but belongs to no model, so it does "
            "nothing: pass it to model.add(...), or call it on the output of the layer before it",
        )


def _warn_about_single_rows(model: Any, feed: Any) -> None:
    names = [
        f"'{layer.name}'"
        for layer in model._flatten_layers(include_self=False)
        if isinstance(layer, BatchNormalization) and layer.trainable and _sees_vectors(layer)
    ]
    if names:
        rows = feed.data.rows
        size = min(feed.batch_size, rows)
        which = "each batch" if size == 1 else "the last batch"
        warn_once(
            model,
            "single row",
            f"fit: {which} has a single row ({rows} rows in batches of {size}), of which batch "
            f"normalization {', '.join(names)} makes nothing but beta: its variance is 0. Choose "
            "another batch_size, or leave a row out",
        )


def _sees_vectors(layer: Any) -> bool:
    """Whether the layer has one value per channel and row, so that a single row has no spread."""
    return getattr(layer.input_spec, "ndim", None) == 2
