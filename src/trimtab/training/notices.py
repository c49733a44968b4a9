"""Warnings about what is allowed and rarely meant, each given once a model, at the user's line."""

from __future__ import annotations

import warnings
from typing import Any

from trimtab.core.notices import user_stack_level as user_stack_level


def warn_once(model: Any, key: str, message: str) -> None:
    """Warns with `message` unless this model has given the notice `key` before."""
    notices = model.training_state.notices
    if key not in notices:
        notices.add(key)
        warnings.warn(message, stacklevel=user_stack_level())


def trainable_flags(model: Any) -> dict[str, bool]:
    """Name of each layer of `model`, itself included, and whether it is trainable."""
    return {layer.name: bool(layer.trainable) for layer in model._flatten_layers()}


def warn_about_changed_flags(model: Any) -> None:
    """Warns, once a model, of layers whose `trainable` was changed since it was compiled."""
    before = model.training_state.flags
    changed = [
        f"'{name}'"
        for name, is_trainable in trainable_flags(model).items()
        if before.get(name, is_trainable) is not is_trainable
    ]
    if changed:
        warn_once(
            model,
            "changed flags",
            f"fit: `trainable` of {', '.join(changed)} was changed since compile(). It holds from "
            "now on, with the optimizer's state as it is; call compile() after such a change, as "
            "Keras asks for",
        )
