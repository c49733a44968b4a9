"""The arguments of `fit`, `evaluate` and `predict`, checked before anything happens."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ParamSpec, TypeVar

import numpy as np

from trimtab.core import settings
from trimtab.core.arguments import naming_unknown_arguments as naming_unknown_arguments
from trimtab.core.notices import user_stack_level

P = ParamSpec("P")
R = TypeVar("R")


def positive_or_none(owner: str, name: str, value: Any) -> int | None:
    """`value` as an int, None if it is None.

    Raises:
        ValueError: If it is no positive whole number.
    """
    if value is None:
        return None
    is_whole = isinstance(value, (int, np.integer)) or (
        isinstance(value, (float, np.floating)) and float(value).is_integer()
    )
    if isinstance(value, bool) or not is_whole or value < 1:
        raise ValueError(f"{owner}: `{name}` must be a positive integer or None; got {value!r}")
    return int(value)


def epochs_of(owner: str, initial_epoch: Any, epochs: Any) -> range:
    """The numbers of the epochs to train.

    Raises:
        ValueError: If one of the two is no whole number from 0 on.
    """
    for name, value in (("initial_epoch", initial_epoch), ("epochs", epochs)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
            raise ValueError(f"{owner}: `{name}` must be a whole number from 0 on; got {value!r}")
    most = settings.max_epochs()
    if most is not None and most < epochs:
        warnings.warn(f"Limiting epochs to {most}", stacklevel=user_stack_level())
        epochs = most
    return range(int(initial_epoch), int(epochs))


def limited_steps(steps: int | None) -> int | None:
    """The batches asked for, or those that the setting allows if they are fewer."""
    most = settings.max_steps_per_epoch()
    if most is None or (steps is not None and steps <= most):
        return steps
    warnings.warn(f"Limiting steps_per_epoch to {most}", stacklevel=user_stack_level())
    return most


def verbosity(owner: str, value: Any) -> Any:
    """`value` itself.

    Raises:
        ValueError: If it is not "auto", 0, 1 or 2.
    """
    if value not in ("auto", 0, 1, 2):
        raise ValueError(f"{owner}: `verbose` must be 'auto', 0, 1 or 2; got {value!r}")
    return value


def check_shuffle(owner: str, value: Any) -> None:
    """Checks that `value` is True, False or "batch".

    Raises:
        ValueError: If it is not.
    """
    if not isinstance(value, (bool, np.bool_)) and value != "batch" and value not in (0, 1):
        raise ValueError(f"{owner}: `shuffle` must be True, False or 'batch'; got {value!r}")


def check_validation_freq(owner: str, value: Any) -> None:
    """Checks that `value` is a positive int or a list of epochs.

    Raises:
        ValueError: If it is not.
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value > 0:
        return
    if isinstance(value, (list, tuple, set, range)):
        return
    raise ValueError(
        f"{owner}: `validation_freq` must be a positive integer or a list of epochs, counted from "
        f"1; got {value!r}"
    )


def is_due(epoch: int, frequency: int | Sequence[int]) -> bool:
    """Whether validation follows the epoch number `epoch`, from 0."""
    if isinstance(frequency, (int, np.integer)):
        return (epoch + 1) % int(frequency) == 0
    return epoch + 1 in frequency


def whole_executions(steps: int, together: int) -> int:
    """`steps`, or the next multiple of `together`: an execution is not cut, as in Keras."""
    return -(-steps // together) * together
