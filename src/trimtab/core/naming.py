"""Automatic names, as Keras gives them: snake case of the class, then a number."""

from __future__ import annotations

import re
import threading

_COUNTS: dict[str, int] = {}
_LOCK = threading.Lock()


def to_snake_case(name: str) -> str:
    """`BatchNormalization` -> `batch_normalization`, `Conv2D` -> `conv2d`, `ReLU` -> `re_lu`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(prefix: str) -> str:
    """The next free name for a class: `dense`, `dense_1`, `dense_2`."""
    return uniquify(to_snake_case(prefix))


def uniquify(name: str) -> str:
    """`name`, with a number if it was given before."""
    with _LOCK:
        count = _COUNTS.get(name)
        _COUNTS[name] = 0 if count is None else count + 1
        return name if count is None else f"{name}_{count + 1}"


def reset() -> None:
    """Starts all counts anew, as `clear_session` does."""
    with _LOCK:
        _COUNTS.clear()


def get_uid(prefix: str = "") -> int:
    """The next number for `prefix`, from 1, as `keras.backend.get_uid`."""
    with _LOCK:
        _COUNTS[prefix] = _COUNTS.get(prefix, 0) + 1
        return _COUNTS[prefix]
