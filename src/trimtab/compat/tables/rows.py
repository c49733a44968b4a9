"""The forms of the tables' rows, and the order of versions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Version = tuple[int, int, int]

# tf.keras 2.4 and later stand between Keras 2.3, which was the last with several backends, and 3.
TF_KERAS: Version = (2, 4, 0)
KERAS_2: Version = (2, 0, 0)
KERAS_3: Version = (3, 0, 0)


@dataclass(frozen=True)
class Era:
    """A span of versions that scripts speak alike.

    Attributes:
        name: As `--dialect` takes it.
        title: As messages write it.
        since: First version.
        until: First version after it.
        stands_for: The version whose behaviour a script of the era gets.
    """

    name: str
    title: str
    since: Version
    until: Version
    stands_for: Version


ERAS: dict[str, Era] = {
    era.name: era
    for era in (
        Era("keras0", "Keras 0.x", (0, 1, 0), (1, 0, 0), (0, 3, 3)),
        Era("keras1", "Keras 1.x", (1, 0, 0), KERAS_2, (1, 2, 2)),
        Era("keras2", "Keras 2.0 to 2.3", KERAS_2, TF_KERAS, (2, 2, 4)),
        Era("tf_keras", "tf.keras 2.x", TF_KERAS, KERAS_3, (2, 10, 0)),
        Era("keras3", "Keras 3", KERAS_3, (99, 0, 0), (3, 15, 1)),
    )
}


def version_of(text: str) -> Version:
    """The version that a text such as "1.2.2" or "2.10" names; the era's for an era's name.

    Raises:
        ValueError: If it is neither.

    >>> version_of("1.0.8"), version_of("keras1")
    ((1, 0, 8), (1, 2, 2))
    """
    if text in ERAS:
        return ERAS[text].stands_for
    if not re.fullmatch(r"\d+(\.\d+){1,2}", text):
        raise ValueError(
            f"dialect: must be one of {', '.join(ERAS)} or a version such as 1.2.2; got {text!r}"
        )
    numbers = [int(part) for part in text.split(".")] + [0]
    version = (numbers[0], numbers[1], numbers[2])
    if not any(era.since <= version < era.until for era in ERAS.values()):
        raise ValueError(f"dialect: versions go from 0.1.0 on; got {text!r}")
    return version


def era_of(version: Version) -> Era:
    """The era that a version belongs to."""
    return next(era for era in ERAS.values() if era.since <= version < era.until)


@dataclass(frozen=True)
class Order:
    """The parameters that a callable took by position, in old spelling, from a version on."""

    since: Version
    names: tuple[str, ...]


@dataclass(frozen=True)
class Default:
    """What an argument was if it was left out, where today's default is another.

    Attributes:
        argument: Its name today.
        since: First version with this default.
        value: The value; None from the version on with today's default.
    """

    argument: str
    since: Version
    value: Any


@dataclass(frozen=True)
class Call:
    """A class, function or method: its arguments then and today.

    Attributes:
        name: The name that scripts write.
        today: The full name in Keras 3; "" if there is no counterpart.
        orders: Positional parameters by version, oldest first; where the last one is `TODAY`,
            today's order holds from then on.
        rename: Old argument -> today's.
        joined: Old arguments that became one, and its name.
        values: Today's argument -> {old value: today's}.
        defaults: Arguments whose default was another.
        dropped: Old argument -> what leaving it out means; "" if nothing.
        weights: Today's arguments for the arrays of `weights=[...]`, in their order.
        since: First version that had it.
        until: First version without it.
        old_until: First version that refused the old spellings.
        special: Name of a rule that data cannot tell; see `compat.rules`.
    """

    name: str
    today: str
    orders: tuple[Order, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    joined: tuple[tuple[str, ...], str] | None = None
    values: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    defaults: tuple[Default, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    since: Version = (0, 1, 0)
    until: Version = (99, 0, 0)
    old_until: Version = TF_KERAS
    special: str = ""

    @property
    def today_name(self) -> str:
        """The last part of `today`."""
        return self.today.rpartition(".")[2]

    def order_at(self, version: Version) -> tuple[str, ...] | None:
        """The positional parameters at a version; None for today's order."""
        found: tuple[str, ...] | None = None
        for order in self.orders:
            if order.since <= version:
                found = order.names
        return found or None

    def last_old_order(self) -> tuple[str, ...] | None:
        """The positional parameters before today's order came."""
        named = [order.names for order in self.orders if order.names]
        return named[-1] if named else None

    def defaults_at(self, version: Version) -> dict[str, Any]:
        """Today's argument -> the default of that version, where today's is another."""
        found: dict[str, Any] = {}
        for default in self.defaults:
            if default.since <= version:
                found[default.argument] = default.value
        return {name: value for name, value in found.items() if value is not None}


def words(*lines: str) -> tuple[str, ...]:
    """The words of some lines."""
    return tuple(word for line in lines for word in line.split())


def order(since: str, names: str = "") -> Order:
    """An `Order` written as text; without names, today's order."""
    return Order(version_of(since), tuple(names.split()))


def default(argument: str, *steps: tuple[str, Any]) -> tuple[Default, ...]:
    """The `Default`s of an argument, as (first version, value) steps."""
    return tuple(Default(argument, version_of(since), value) for since, value in steps)
