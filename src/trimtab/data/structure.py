"""The nesting of a batch: which arrays `x`, `y` and `sample_weight` are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from trimtab.core import tree


def named_leaves(name: str, data: Any) -> Iterator[tuple[str, Any]]:
    """(name, leaf) of every leaf, in the order of `tree.flatten`: "x", "x[0]", "x['age']"."""
    if isinstance(data, dict):
        try:
            keys = sorted(data)
        except TypeError:
            keys = list(data)
        for key in keys:
            yield from named_leaves(f"{name}[{key!r}]", data[key])
    elif isinstance(data, (list, tuple)):
        for index, part in enumerate(data):
            yield from named_leaves(f"{name}[{index}]", part)
    else:
        yield name, data


def _key(data: Any) -> Any:
    if data is None:
        return None
    if isinstance(data, dict):
        return (dict, tuple((k, _key(v)) for k, v in sorted(data.items(), key=lambda p: str(p[0]))))
    if isinstance(data, (list, tuple)):
        return (type(data), tuple(_key(part) for part in data))
    return 0


class Form:
    """How `(x, y, sample_weight)` nest, None where there is nothing.

    Args:
        data: The three; what their leaves are does not matter.

    Attributes:
        key: Equal for equal forms, and hashable.
    """

    __slots__ = ("_present", "_template", "key")

    def __init__(self, data: tuple[Any, Any, Any]) -> None:
        self.key = _key(data)
        self._template = tree.map_structure(lambda leaf: None if leaf is None else 0, data)
        self._present = [leaf is not None for leaf in tree.flatten(data)]

    def pack(self, leaves: Sequence[Any]) -> Any:
        """`leaves`, without the Nones, as `(x, y, sample_weight)`."""
        rest = iter(leaves)
        return tree.pack_sequence_as(
            self._template, [next(rest) if there else None for there in self._present]
        )


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """`(x, y, sample_weight)` from a batch: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

    Returns:
        The three, None for what the batch does not hold.

    Raises:
        ValueError: If there are more than three parts.

    Source: Keras 3 `keras.utils.unpack_x_y_sample_weight`.
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "batch: must be `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`; got "
            f"{len(data)} parts"
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """A batch from its parts, as `unpack_x_y_sample_weight` takes it.

    Source: Keras 3 `keras.utils.pack_x_y_sample_weight`.
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)
