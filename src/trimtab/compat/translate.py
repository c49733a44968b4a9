"""A call in old spelling to the arguments of today, for values and for source text alike."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trimtab.compat.tables.rows import Call, Version

# What a reader answers for a value that is not written out as a literal.
UNKNOWN: Any = object()


@dataclass(frozen=True)
class Reader:
    """How values of a call are looked into: objects when code runs, nodes when it is rewritten.

    Attributes:
        literal: The Python value of a literal, `UNKNOWN` for anything else.
        join: One value of several, as a tuple holds them.
        make: A value for a Python literal.
    """

    literal: Callable[[Any], Any]
    join: Callable[[Sequence[Any]], Any]
    make: Callable[[Any], Any]


def _as_literal(value: Any) -> Any:
    is_plain = isinstance(value, (int, float, str, tuple, list, dict, type(None)))
    return value if is_plain else UNKNOWN


OBJECTS = Reader(_as_literal, tuple, lambda value: value)


@dataclass
class Translation:
    """What a call became.

    Attributes:
        positional: Values that keep their place.
        arguments: Today's name -> value.
        changes: (old names, today's name) of what was renamed or joined.
        filled: Today's names of arguments that were left out and had another default.
        dropped: Old names that were left away, with their values.
        by_old_order: Whether the positional values came in an old order.
    """

    positional: list[Any] = field(default_factory=list)
    arguments: dict[str, Any] = field(default_factory=dict)
    changes: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    dropped: dict[str, Any] = field(default_factory=dict)
    by_old_order: bool = False


def translate(
    call: Call,
    version: Version,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    reader: Reader = OBJECTS,
) -> Translation:
    """The arguments of a call as today's Keras takes them.

    Scripts mix dialects, so each call is read for itself; the version decides what the call leaves
    open: an order of positional arguments, a default.

    Args:
        call: The row of what is called.
        version: The version that the script is for.
        args: Positional values.
        kwargs: Named values.
        reader: How to look into values.

    Raises:
        TypeError: If there are more positional values than that version took, or one is given
            twice.
    """
    names = positional_names(call, version, args, kwargs, reader)
    result = Translation(by_old_order=names is not None)
    given: dict[str, Any] = {}
    if names is None:
        result.positional = list(args)
    else:
        if len(args) > len(names):
            raise TypeError(
                f"{call.name}: took at most {len(names)} arguments by position "
                f"({', '.join(names)}); got {len(args)}"
            )
        given.update(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name in given:
            raise TypeError(f"{call.name}: `{name}` is given twice, by position and by name")
        given[name] = value
    if version < call.old_until:
        _join(call, given, result, reader)
        given = _rename(call, given, result)
    for name in [name for name in given if name in call.dropped]:
        result.dropped[name] = given.pop(name)
    _map_values(call, given, reader)
    result.arguments = given
    if not result.positional or names is not None:
        _fill(call, version, result, reader)
    return result


def positional_names(
    call: Call,
    version: Version,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    reader: Reader = OBJECTS,
) -> tuple[str, ...] | None:
    """The names of a call's positional values in an old order; None for today's order."""
    if not args or version >= call.old_until:
        return None
    if call.special == "fit_generator":
        return call.order_at(version)
    special = _by_kinds(call, version, args, kwargs, reader)
    if special is not UNKNOWN:
        return special  # type: ignore[no-any-return]
    order = call.order_at(version)
    old_words = set(call.rename) | set(call.joined[0] if call.joined else ())
    new_words = (set(call.rename.values()) | {"kernel_size"}) - set(call.rename)
    says_old, says_new = bool(old_words & set(kwargs)), bool(new_words & set(kwargs))
    if says_new and not says_old:
        return None
    if says_old and order is None:
        return call.last_old_order()
    return order


def _by_kinds(
    call: Call, version: Version, args: Sequence[Any], kwargs: Mapping[str, Any], reader: Reader
) -> Any:
    """The order that the kinds of the first values tell of; `UNKNOWN` if they tell nothing."""
    kinds = [reader.literal(value) for value in args[:4]]
    first = call.orders[0].names if call.orders and version < (1, 0, 0) else None
    ints = sum(1 for _ in itertools.takewhile(_is_int, kinds))
    if call.special in ("batch_normalization", "prelu"):
        is_shape = isinstance(kinds[0], (tuple, list))
        return first if is_shape and first is not None else UNKNOWN
    if call.special == "dense":
        # The second value is no initialization if that is given by name.
        is_size = len(kinds) > 1 and (ints >= 2 or _is_int(kinds[1]) or "init" in kwargs)
        return _order_of_dense(kinds, first if is_size else None)
    if call.special == "convolution" and call.joined is not None:
        return _order_of_convolution(call, version, kinds, ints, first)
    return UNKNOWN


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _order_of_convolution(
    call: Call, version: Version, kinds: list[Any], ints: int, first: tuple[str, ...] | None
) -> Any:
    sizes = len(call.joined[0]) if call.joined is not None else 0
    if ints == 4 and sizes == 2 and first is not None:
        return first
    if ints > sizes:
        return call.order_at(version) or call.last_old_order()
    if len(kinds) > 1 and isinstance(kinds[1], (tuple, list)):
        return None
    return UNKNOWN


# Names that only activations have: `Dense(64, 'relu')` is today's order, whatever the era.
_ACTIVATIONS = frozenset(
    {"relu", "tanh", "sigmoid", "softmax", "linear", "softplus", "softsign", "elu", "selu"}
    | {"hard_sigmoid", "exponential", "swish", "gelu"}
)


def _order_of_dense(kinds: list[Any], first: tuple[str, ...] | None) -> Any:
    if first is not None:
        return first
    if len(kinds) > 1 and isinstance(kinds[1], str) and kinds[1] in _ACTIVATIONS:
        return None
    return UNKNOWN


def _join(call: Call, given: dict[str, Any], result: Translation, reader: Reader) -> None:
    if call.joined is None:
        return
    names, today = call.joined
    if all(name in given for name in names):
        values = [given.pop(name) for name in names]
        given[today] = reader.join(values)
        result.changes.append((names, today))


def _rename(call: Call, given: dict[str, Any], result: Translation) -> dict[str, Any]:
    renamed: dict[str, Any] = {}
    for name, value in given.items():
        today = call.rename.get(name, name)
        if today in renamed:
            raise TypeError(f"{call.name}: `{name}` and `{today}` are the same; give one of them")
        renamed[today] = value
        if today != name:
            result.changes.append(((name,), today))
    return renamed


def _map_values(call: Call, given: dict[str, Any], reader: Reader) -> None:
    for name, mapping in call.values.items():
        if name in given:
            literal = reader.literal(given[name])
            if isinstance(literal, str) and literal in mapping:
                given[name] = reader.make(mapping[literal])


def _fill(call: Call, version: Version, result: Translation, reader: Reader) -> None:
    for name, value in call.defaults_at(version).items():
        if name not in result.arguments:
            result.arguments[name] = reader.make(value)
            result.filled.append(name)
