"""Unknown arguments of calls: all of them in one message, old spellings with today's."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from trimtab.core import settings
from trimtab.core.notices import users_lines
from trimtab.core.old_spellings import ARGUMENTS, JOINED, explain, is_old
from trimtab.core.spelling import nearest

P = ParamSpec("P")
R = TypeVar("R")

Problems = Callable[[Mapping[str, Any]], list[str]]


def naming_unknown_arguments(method: Callable[P, R]) -> Callable[P, R]:
    """Lets `method` answer unknown arguments with those it knows, all in one message."""
    signature = inspect.signature(method)
    known = [name for name, p in signature.parameters.items() if p.kind is not p.VAR_KEYWORD]

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        unknown = [name for name in kwargs if name not in known]
        if unknown:
            check: Problems | None = getattr(method, "_other_problems", None)
            given = dict(zip(known, args, strict=False)) | kwargs
            others = [] if check is None else check(_renamed(method.__name__, given))
            raise TypeError(message(method.__name__, unknown, known, others))
        try:
            return method(*args, **kwargs)
        except Exception as error:
            if settings.is_traceback_filtering_enabled():
                error.__traceback__ = users_lines(error.__traceback__)
            raise

    return call


def also_checking(check: Problems) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets a method that names unknown arguments add what `check` finds wrong with the others."""

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        method._other_problems = check  # type: ignore[attr-defined]
        return method

    return decorate


def message(owner: str, unknown: Iterable[str], known: Iterable[str], others: list[str]) -> str:
    """What is wrong with a call: its unknown arguments, then `others`."""
    names, candidates = list(unknown), list(known)
    new = [name for name in names if not is_old(owner, name)]
    problems = explain(owner, names)
    if not problems and len(new) == 1 and not others:
        return f"{owner}: unknown argument {new[0]!r}.{nearest(new[0], candidates)}"
    problems += [f"unknown argument {name!r}.{nearest(name, candidates)}" for name in new]
    return f"{owner}: {'; '.join([*problems, *others])}"


def refuse_old_arguments(
    cls: type, args: Sequence[Any], kwargs: Mapping[str, Any], check: Problems
) -> None:
    """Checks the arguments of a construction for old spellings.

    Args:
        cls: The class.
        args: Values by position, without `self`.
        kwargs: Values by name.
        check: What else is wrong with arguments of today's names.

    Raises:
        ValueError: If there is one, with everything else that is wrong with the call.
    """
    owner = cls.__name__
    known = _known(cls)
    unknown = [name for name in kwargs if name not in known]
    # `decay` alone is a warning, as in Keras 3.
    if not any(is_old(owner, name) for name in unknown if name != "decay"):
        return
    given = _renamed(owner, kwargs)
    required, optional = _parameters(cls)
    missing = [name for name in required[len(args) :] if name not in given]
    others = [f"`{name}` is missing" for name in missing]
    others += check({name: value for name, value in given.items() if name in known})
    raise ValueError(message(owner, unknown, [*required, *optional], others))


def _renamed(owner: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments under today's names."""
    renamed = ARGUMENTS.get(owner, {})
    parts, into = JOINED.get(owner, ((), ""))
    result = {renamed.get(name, name): value for name, value in given.items() if name not in parts}
    if any(name in parts for name in given):
        result[into] = None
    return result


@functools.lru_cache(maxsize=1024)
def _parameters(cls: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(required, optional) arguments of a constructor by name."""
    required: list[str] = []
    optional: list[str] = []
    for parameter in list(inspect.signature(cls.__init__).parameters.values())[1:]:
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        (required if parameter.default is parameter.empty else optional).append(parameter.name)
    return tuple(required), tuple(optional)


@functools.lru_cache(maxsize=1024)
def _known(cls: Any) -> frozenset[str]:
    """Names that a constructor, or one that it passes the rest on to, takes."""
    names: set[str] = set()
    for base in cls.__mro__:
        if "__init__" not in base.__dict__ or base is object:
            continue
        parameters = inspect.signature(base.__init__).parameters.values()
        names |= {p.name for p in parameters}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return frozenset(names)
