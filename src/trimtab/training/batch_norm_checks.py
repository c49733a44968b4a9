"""Warnings about what goes wrong silently with batch normalization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trimtab.callbacks.messages import print_message
from trimtab.core import settings
from trimtab.layers.batch_normalization import BatchNormalization, take_left_out
from trimtab.training.batch_norm_axes import misplaced_axes
from trimtab.training.feed import ArrayFeed
from trimtab.training.notices import warn_once
from trimtab.training.preparation import Feed

# What gives lines about a model that `fit` is about to train: of (model, batch size, rows, steps an
# epoch, epochs, callbacks), each None where it is not known. The toolkit above fills it.
CHECKS: list[Callable[..., list[str]]] = []
_MOST_LINES = 3


def tell_of_batch_norm(
    model: Any, feed: Feed, epochs: int, callbacks: Sequence[Any], verbose: Any
) -> None:
    """Prints, once a model and in at most three lines, what is wrong with its batch normalization.

    Nothing is printed, and nothing is looked at, with `verbose=0`, without such a layer, or after
    `trimtab.config.set_bn_checks(False)`.
    """
    notices = model.training_state.notices
    if not verbose or not settings.bn_checks() or "rules" in notices:
        return
    if not any(isinstance(layer, BatchNormalization) for layer in model._flatten_layers()):
        return
    notices.add("rules")
    batch_size = feed.batch_size if isinstance(feed, ArrayFeed) else None
    rows = feed.data.rows if isinstance(feed, ArrayFeed) else None
    lines = [
        line
        for check in CHECKS
        for line in check(model, batch_size, rows, feed.steps, epochs, callbacks)
    ]
    shown = lines if len(lines) <= _MOST_LINES else lines[: _MOST_LINES - 1]
    for line in shown:
        print_message(line)
    if len(lines) > len(shown):
        print_message(
            f"{len(lines) - len(shown)} more findings on batch normalization; "
            "trimtab.batchnorm.audit(model) shows them all"
        )


def warn_about_batch_norm(model: Any, feed: Feed) -> None:
    """Warns, once a model, of layers left out, of other axes than the channels', of single rows.

    `trimtab.config.set_bn_checks(False)` silences it.
    """
    if not settings.bn_checks():
        return
    _warn_about_left_out(model)
    _warn_about_axes(model)
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


def _warn_about_axes(model: Any) -> None:
    found = misplaced_axes(model)
    if not found:
        return
    first, *others = found
    also = f" (also: {', '.join(repr(other.layer.name) for other in others)})" if others else ""
    warn_once(model, "axis", f"fit: {first.describe()}{also}")


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
