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
