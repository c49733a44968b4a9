"""A model's outputs in one row: their names, and what belongs to each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab.core import tree


class UnknownOutput(ValueError, KeyError):
    """Raised for a name or place among the outputs that there is not.

    Keras raises a KeyError for some of them and a ValueError for others.
    """

    __str__ = Exception.__str__


def names_of(y_pred: Any, model_names: Sequence[str] | None) -> list[str | None]:
    """The name of each output, in the order of `tree.flatten`; None for one without a name.

    Args:
        y_pred: Outputs, alone or nested; a dict's keys are the names.
        model_names: Names that the model gives its outputs.
    """
    count = len(tree.flatten(y_pred))
    if isinstance(y_pred, dict) and count == len(y_pred):
        return list(tree.flatten({key: key for key in y_pred}))
    if model_names is not None and len(model_names) == count:
        return list(model_names)
    return [None] * count


def spread(argument: str, given: Any, y_pred: Any, names: Sequence[str | None]) -> list[Any]:
    """What `given` says of each output, in the order of `tree.flatten`; None where it says nothing.

    Args:
        argument: Name of the argument, for errors.
        given: A dict by output name, a list with one entry an output, or the outputs' own nesting.
        y_pred: The outputs.
        names: Their names.

    Raises:
        ValueError: If `given` fits neither the names nor the nesting.
    """
    if not tree.is_nested(y_pred):
        if isinstance(given, dict) and len(given) == 1 and names[0] in given:
            return [given[names[0]]]
        return [given]
    known = {name for name in names if name is not None}
    if isinstance(given, dict) and known and set(given) <= known:
        return [given.get(name) for name in names]
    if isinstance(given, (list, tuple)) and len(given) == len(names):
        return list(given)
    parts = _parts(given, y_pred)
    if parts is None:
        raise ValueError(
            f"compile: `{argument}` must be a list with one entry for each of the {len(names)} "
            f"outputs, or a dict by their names{_listed(names)}; got {given!r}"
        )
    found: list[Any] = []
    for part, outputs in parts:
        count = len(tree.flatten(outputs))
        found += spread(argument, part, outputs, names[len(found) : len(found) + count])
    return found


def _parts(given: Any, y_pred: Any) -> list[tuple[Any, Any]] | None:
    """Pairs of what belongs together one level down; None if the two do not nest alike."""
    if given is None:
        return [
            (None, output) for output in (y_pred.values() if isinstance(y_pred, dict) else y_pred)
        ]
    if isinstance(y_pred, dict):
        if not isinstance(given, dict) or not set(given) <= set(y_pred):
            return None
        keys = tree.flatten({key: key for key in y_pred})
        return [(given.get(key), y_pred[key]) for key in keys]
    if not isinstance(given, (list, tuple)) or len(given) != len(y_pred):
        return None
    return list(zip(given, y_pred, strict=True))


def _listed(names: Sequence[str | None]) -> str:
    known = [repr(name) for name in names if name is not None]
    return f" ({', '.join(known)})" if known else ""


def targets_of(
    y_true: Any, y_pred: Any, names: Sequence[str | None], is_used: Sequence[bool]
) -> list[int | None]:
    """For each output the position of its target among the leaves of `y_true`; None for no target.

    Args:
        y_true: Targets: nested as the outputs, a dict by output names, or one for each output that
            is used.
        y_pred: Outputs.
        names: Their names.
        is_used: Whether an output needs a target.

    Raises:
        ValueError: If the number of targets does not fit.
    """
    given = tree.flatten(y_true)
    count = sum(is_used)
    if isinstance(y_true, dict) and len(given) == len(y_true):
        keys = tree.flatten({key: key for key in y_true})
        wanted = [name for name, used in zip(names, is_used, strict=True) if used]
        if all(name in keys for name in wanted) and set(keys) <= set(names):
            return [
                keys.index(name) if used else None
                for name, used in zip(names, is_used, strict=True)
            ]
    if len(given) == len(names):
        return [index if used else None for index, used in enumerate(is_used)]
    if len(given) == count:
        order = iter(range(count))
        return [next(order) if used else None for used in is_used]
    held = (
        f"a dict with {sorted(map(str, y_true))}" if isinstance(y_true, dict) else f"{len(given)}"
    )
    raise ValueError(
        f"targets: `y` must hold one array for each of the {count} outputs that have a loss"
        f"{_listed(names)}; got {held}"
    )
