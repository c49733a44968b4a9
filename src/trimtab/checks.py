"""Checks of arguments, which word the errors: `Owner: rule; got value`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import difflib
else:
    difflib = lazy_module("difflib")


def choice(owner: str, name: str, value: Any, options: Collection[Any]) -> Any:
    """`value`, which must be one of `options`.

    Raises:
        ValueError: If it is not; the nearest option is proposed.
    """
    if value in options:
        return value
    listed = ", ".join(repr(option) for option in options)
    near = difflib.get_close_matches(str(value), [o for o in options if isinstance(o, str)], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{owner}: `{name}` must be one of {listed}; got {value!r}.{hint}")


def is_whole(value: Any) -> bool:
    """Whether `value` is a whole number; a bool is none.

    An index, not an int: NumPy's integers and tensors of one integer are whole numbers too.
    """
    return not isinstance(value, bool) and hasattr(value, "__index__")


def whole(owner: str, name: str, value: Any, least: int | None = None) -> int:
    """`value` as an int, which must be a whole number of `least` or more.

    Raises:
        TypeError: If it is no whole number; a bool is none.
        ValueError: If it is less.
    """
    if not is_whole(value):
        raise TypeError(f"{owner}: `{name}` must be a whole number; got {value!r}")
    number = int(value)
    if least is not None and number < least:
        raise ValueError(f"{owner}: `{name}` must be {least} or more; got {number}")
    return number


def interval(owner: str, name: str, value: Any, low: float, high: float) -> float:
    """`value` as a float, which must lie in [low, high].

    Raises:
        ValueError: If it is no number or lies outside.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not low <= number <= high:
        raise ValueError(f"{owner}: `{name}` must lie in [{low:g}, {high:g}]; got {value!r}")
    return number


def rank(owner: str, name: str, shape: Sequence[Any], least: int, most: int | None = None) -> None:
    """Checks that a tensor of `shape` has `least` to `most` axes (no limit if None).

    Raises:
        ValueError: If it has fewer or more.
    """
    count = len(shape)
    if count >= least and (most is None or count <= most):
        return
    if most is None:
        rule = f"{least} axes or more"
    elif most == least:
        rule = "1 axis" if least == 1 else f"{least} axes"
    else:
        rule = f"{least} to {most} axes"
    raise ValueError(f"{owner}: `{name}` must have {rule}; got shape {tuple(shape)}")
