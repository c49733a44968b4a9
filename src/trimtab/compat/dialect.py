"""A dialect: the version of Keras whose spelling and behaviour hold, and what it did."""

from __future__ import annotations

from typing import Any

from trimtab.compat.adapters import call_text
from trimtab.compat.journal import Journal, shown
from trimtab.compat.tables.rows import KERAS_3, Call, Version, era_of, version_of
from trimtab.compat.translate import Translation
from trimtab.core.old_spellings import GONE


class Dialect:
    """The rules of one version of Keras.

    Args:
        name: An era, such as "keras1", or a version, such as "1.0.8".
        journal: Where to note what was translated; a new one if None.

    Raises:
        ValueError: If there is no such era or version.

    Attributes:
        version: The version.
        era: Its era.
        journal: The record.
    """

    def __init__(self, name: str, journal: Journal | None = None) -> None:
        self.version: Version = version_of(name)
        self.era = era_of(self.version)
        self.journal = journal or Journal()
        # Whether the script has chosen where images keep their channels.
        self.ordering_is_set = False

    def __repr__(self) -> str:
        return f"<Dialect {self.label}>"

    @property
    def label(self) -> str:
        """The version as messages write it."""
        numbers = ".".join(str(part) for part in self.version)
        return f"tf.keras {numbers}" if self.era.name == "tf_keras" else f"Keras {numbers}"

    @property
    def is_old(self) -> bool:
        """Whether there is anything to translate: Keras 3 is today's."""
        return self.version < KERAS_3

    def note(
        self, row: Call, result: Translation, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Notes what a call's translation changed."""
        journal = self.journal
        if row.today and row.today_name != row.name:
            journal.translate(row.name, row.today_name)
        for names, today in result.changes:
            value = result.arguments.get(today, result.dropped.get(today))
            if all(name in kwargs for name in names):
                old = ", ".join(f"{name}={shown(kwargs[name])}" for name in names)
                journal.translate(old, f"{today}={shown(value)}")
            elif len(names) > 1:
                journal.translate(call_text(row.name, args), f"{today}={shown(value)}")
        for name, value in result.dropped.items():
            if name in kwargs:
                journal.translate(f"{name}={shown(value)}", _fate(row, name))
        for name in result.filled:
            # Whether a bar is shown changes no number.
            if name == "verbose":
                continue
            value = result.arguments[name]
            journal.translate(f"{row.name}, no {name}", f"{name}={shown(value)}, as it was then")


def _fate(row: Call, name: str) -> str:
    """What an argument that is gone was for, or what takes its place."""
    told = row.dropped.get(name)
    if told:
        return f"nothing: {told}"
    fate = GONE.get(row.name, {}).get(name, "")
    return fate.removeprefix("is now ") if fate.startswith("is now ") else "nothing: it is gone"
