"""Nested lists, tuples and dictionaries of anything.

Source: Keras 3 `keras.tree`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from trimtab.core.tree import assert_same_structure as assert_same_structure
from trimtab.core.tree import flatten as flatten
from trimtab.core.tree import is_nested as is_nested
from trimtab.core.tree import keys_of, like_dict, like_sequence
from trimtab.core.tree import map_structure as map_structure
from trimtab.core.tree import pack_sequence_as as pack_sequence_as

Path = tuple[Any, ...]


class MAP_TO_NONE:
    """What a function of `traverse` returns for None, since its None means "go on"."""


def _parts(structure: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(structure, dict):
        return ((key, structure[key]) for key in keys_of(structure))
    return iter(enumerate(structure))


def _rebuilt(structure: Any, parts: list[Any]) -> Any:
    if isinstance(structure, dict):
        by_key = dict(zip(keys_of(structure), parts, strict=True))
        return like_dict(structure, {key: by_key[key] for key in structure})
    return like_sequence(structure, parts)


def flatten_with_path(structure: Any) -> list[tuple[Path, Any]]:
    """(path, leaf) for each leaf, in the order of `flatten`; a path holds keys and positions."""
    if not is_nested(structure):
        return [((), structure)]
    return [
        ((key, *path), leaf)
        for key, part in _parts(structure)
        for path, leaf in flatten_with_path(part)
    ]


def assert_same_paths(a: Any, b: Any) -> None:
    """Raises ValueError unless the leaves of `a` and `b` have the same paths."""
    first, second = ([path for path, _ in flatten_with_path(x)] for x in (a, b))
    if first != second:
        raise ValueError(f"The paths of the leaves differ: {first} and {second}")


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """`func` of the parts of `structures` that stand where `shallow_structure` has leaves."""
    if not is_nested(shallow_structure):
        return func(*structures)
    return _rebuilt(
        shallow_structure,
        [
            map_structure_up_to(part, func, *(s[key] for s in structures))
            for key, part in _parts(shallow_structure)
        ],
    )


def lists_to_tuples(structure: Any) -> Any:
    """The structure with tuples for lists."""
    if not is_nested(structure):
        return structure
    parts = [lists_to_tuples(part) for _, part in _parts(structure)]
    return tuple(parts) if isinstance(structure, list) else _rebuilt(structure, parts)


def _is_shape(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and all(d is None or isinstance(d, int) for d in x)


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """`func` of each shape (a list or tuple of sizes), and of each leaf that is none."""
    if _is_shape(structure):
        return func(tuple(structure))
    if not is_nested(structure):
        return func(structure)
    return _rebuilt(structure, [map_shape_structure(func, part) for _, part in _parts(structure)])


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """The structure with parts replaced by what `func` returns for them.

    Args:
        func: Of a part, leaves and the whole among them. What it returns takes the part's place;
            None leaves it, `MAP_TO_NONE` puts None in its place.
        structure: The structure.
        top_down: Whether a part comes before the parts within it, which are passed over if it was
            replaced.
    """
    if top_down:
        result = func(structure)
        if result is not None:
            return None if result is MAP_TO_NONE else result
    if is_nested(structure):
        parts = [traverse(func, part, top_down) for _, part in _parts(structure)]
        structure = _rebuilt(structure, parts)
    if not top_down:
        result = func(structure)
        if result is not None:
            return None if result is MAP_TO_NONE else result
    return structure
