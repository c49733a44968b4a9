"""Warnings about what is allowed and rarely meant, each given once a model, at the user's line."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def user_stack_level() -> int:
    """The `stacklevel` at which the caller's warning names the first line outside the package."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
        level += 1
    return level


def warn_once(model: Any, key: str, message: str) -> None:
    """Warns with `message` unless this model has given the notice `key` before."""
    notices = model.training_state.notices
    if key not in notices:
        notices.add(key)
        warnings.warn(message, stacklevel=user_stack_level())
