"""Stand-ins for today's classes and functions that take old spellings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trimtab.compat.journal import shown
from trimtab.compat.tables.rows import Call
from trimtab.compat.translate import Translation, translate

if TYPE_CHECKING:
    from trimtab.compat.dialect import Dialect


class Adapter:
    """Called, it translates and calls today's class or function; else it passes for it.

    What it makes is an object of today, so saving, `isinstance` and subclassing know nothing of it.

    Args:
        dialect: Whose rules hold.
        name: The name that scripts write.
        target: Today's class or function.
        row: The table's row; None if the arguments are today's.
        finish: Called with the dialect, the target and the translation; makes the result.
        base: What a script's subclass derives from, if not the target.
    """

    def __init__(
        self,
        dialect: Dialect,
        name: str,
        target: Any,
        row: Call | None,
        finish: Callable[[Dialect, Any, Translation], Any],
        base: Any = None,
    ) -> None:
        self.dialect = dialect
        self.target = target
        self.row = row
        self.finish = finish
        self.base = base or target
        self.__name__ = name
        self.__doc__ = getattr(target, "__doc__", None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What today's class or function makes of the translated arguments."""
        if self.row is None:
            return self.finish(self.dialect, self.target, Translation(list(args), kwargs))
        result = translate(self.row, self.dialect.version, args, kwargs)
        self.dialect.note(self.row, result, args, kwargs)
        return self.finish(self.dialect, self.target, result)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a class derives from that names this as its base."""
        return (self.base,)

    def __instancecheck__(self, instance: Any) -> bool:
        """Whether an object is one of the target."""
        return isinstance(self.target, type) and isinstance(instance, self.target)

    def __subclasscheck__(self, subclass: Any) -> bool:
        """Whether a class derives from the target."""
        return isinstance(self.target, type) and issubclass(subclass, self.target)

    def __getattr__(self, name: str) -> Any:
        """The target's attribute."""
        return getattr(self.target, name)

    def __repr__(self) -> str:
        return f"<{self.__name__} of {self.dialect.era.title}: {self.target!r}>"


def call_text(name: str, args: tuple[Any, ...]) -> str:
    """A call by position, as a report shows it."""
    return f"{name}({', '.join(shown(value) for value in args)})"
