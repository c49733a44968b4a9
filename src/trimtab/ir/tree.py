"""Nested lists, tuples and dicts of anything: mapped, flattened, packed again."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_SEQUENCES = (list, tuple, deque)


def is_nested(structure: Any) -> bool:
    """Whether `structure` is a list, tuple, deque or dict."""
    return isinstance(structure, (list, tuple, dict, deque))


def flatten(structure: Any) -> list[Any]:
    """The leaves from left to right; those of a dict in the order of `keys_of`."""
    if isinstance(structure, dict):
        return [leaf for key in keys_of(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, _SEQUENCES):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def keys_of(structure: dict[Any, Any]) -> list[Any]:
    """The keys in the order of `flatten`: an OrderedDict's own, those of other dicts sorted."""
    if isinstance(structure, OrderedDict):
        return list(structure)
    try:
        return sorted(structure)
    except TypeError:
        return list(structure)


def map_structure(function: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """`function` of corresponding leaves, in the structure of the first."""
    first = structures[0]
    if isinstance(first, dict):
        made = {
            k: map_structure(function, *[s[k] for s in structures], none_is_leaf=none_is_leaf)
            for k in first
        }
        return like_dict(first, made)
    if isinstance(first, _SEQUENCES):
        if any(len(s) != len(first) for s in structures[1:]):
            raise ValueError("map_structure: the structures differ in length")
        parts = [
            map_structure(function, *group, none_is_leaf=none_is_leaf)
            for group in zip(*structures, strict=True)
        ]
        return like_sequence(first, parts)
    if first is None and not none_is_leaf:
        return None
    return function(*structures)


def pack_sequence_as(structure: Any, leaves: Iterable[Any]) -> Any:
    """`leaves`, in the order of `flatten`, in the form of `structure`.

    Raises:
        ValueError: If there are too few or too many leaves.
    """
    items = list(leaves)
    count = len(flatten(structure))
    if len(items) != count:
        raise ValueError(f"pack_sequence_as: the structure has {count} leaves; got {len(items)}")
    return _pack(structure, iter(items))


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, dict):
        made = {key: _pack(structure[key], leaves) for key in keys_of(structure)}
        return like_dict(structure, {key: made[key] for key in structure})
    if isinstance(structure, _SEQUENCES):
        parts = [_pack(part, leaves) for part in structure]
        return like_sequence(structure, parts)
    return next(leaves)


def like_sequence(sequence: Any, parts: list[Any]) -> Any:
    """`parts` as a list, a deque, a tuple or a named tuple, whichever `sequence` is."""
    if isinstance(sequence, list):
        return parts
    if isinstance(sequence, deque):
        return deque(parts, sequence.maxlen)
    return type(sequence)(*parts) if hasattr(sequence, "_fields") else tuple(parts)


def like_dict(mapping: dict[Any, Any], parts: dict[Any, Any]) -> Any:
    """`parts` in a dict of the kind of `mapping`: an OrderedDict, a defaultdict or a plain one."""
    if isinstance(mapping, defaultdict):
        return defaultdict(mapping.default_factory, parts)
    return OrderedDict(parts) if isinstance(mapping, OrderedDict) else parts


def assert_same_structure(a: Any, b: Any) -> None:
    """Raises ValueError unless `a` and `b` nest alike."""
    same = is_nested(a) == is_nested(b) and (not is_nested(a) or len(a) == len(b))
    if same and isinstance(a, dict):
        same = isinstance(b, dict) and set(a) == set(b)
        for key in a if same else ():
            assert_same_structure(a[key], b[key])
    elif same and is_nested(a):
        for x, y in zip(a, b, strict=True):
            assert_same_structure(x, y)
    if not same:
        raise ValueError(f"The structures differ: {a} and {b}")
