"""Which part of the outputs each loss given to `compile` is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from trimtab.core import tree
from trimtab.core.config import nearest
from trimtab.training.outputs import UnknownOutput

Path = tuple[Any, ...]


class Wanted(NamedTuple):
    """A loss, and the part of the outputs that it is for.

    Attributes:
        path: Keys and indices that lead to the part.
        identifier: The loss as the user gave it.
        weight: Its factor, None for 1.
    """

    path: Path
    identifier: Any
    weight: Any


class _Leaf:
    """A loss with its weight, which is no nesting to `tree`."""

    def __init__(self, identifier: Any, weight: Any) -> None:
        self.identifier = identifier
        self.weight = weight


def part_at(structure: Any, path: Path) -> Any:
    """The part of a structure that a path leads to."""
    for key in path:
        structure = structure[key]
    return structure


def wanted_losses(
    loss: Any, weights: Any, y_pred: Any, names: Sequence[str | None]
) -> list[Wanted]:
    """The losses one by one.

    Args:
        loss: One loss for all outputs; a list or dict with one for each; or the outputs' own
            nesting, in which a list `[loss, {...}]` gives a part of it a loss as a whole too.
        weights: Factors, likewise; a number for all of them.
        y_pred: The outputs.
        names: Their names, in the order of `tree.flatten`.

    Raises:
        ValueError: If losses or weights do not fit the outputs.
    """
    loss = _by_structure(loss, y_pred, names)
    identifiers = tree.flatten(loss)
    factors = _weights(loss, weights, names)
    leaves = [_Leaf(i, w) for i, w in zip(identifiers, factors, strict=True)]
    return list(_walk(tree.pack_sequence_as(loss, leaves), y_pred, ()))


def _by_structure(loss: Any, y_pred: Any, names: Sequence[str | None]) -> Any:
    """The losses nested as the outputs, where they were given by names or as one."""
    if not tree.is_nested(loss):
        return tree.map_structure(lambda _: loss, y_pred)
    if not tree.is_nested(y_pred) and isinstance(loss, (list, tuple)):
        if len(loss) != 1:
            raise ValueError(
                "compile: `loss` must hold one loss for the model's one output; got "
                f"{len(loss)}. Write a function that adds them up"
            )
        return loss[0]
    if not isinstance(loss, dict):
        if isinstance(y_pred, (list, tuple)) and len(loss) > len(y_pred):
            raise UnknownOutput(
                f"compile: `loss` must be a list with one entry for each of the {len(y_pred)} "
                f"outputs, or a dict by their names; got {len(loss)} entries"
            )
        return loss
    known = [name for name in names if name is not None]
    for key in loss:
        if known and key not in known and not (isinstance(y_pred, dict) and key in y_pred):
            raise UnknownOutput(
                f"compile: `loss` must use the names of the outputs, {known}; got {key!r}."
                f"{nearest(key, known)}"
            )
    if isinstance(y_pred, dict):
        return loss
    if not known:
        raise ValueError(
            "compile: `loss` must nest as the outputs do, which have no names; got the keys "
            f"{list(loss)}"
        )
    by_name = [loss.get(name) for name in names]
    return by_name if tree.is_nested(y_pred) else by_name[0]


def _weights(loss: Any, given: Any, names: Sequence[str | None]) -> list[Any]:
    """The factor of each loss, in the order of `tree.flatten`."""
    identifiers = tree.flatten(loss)
    if not tree.is_nested(given):
        return [given] * len(identifiers)
    if isinstance(given, dict):
        if isinstance(loss, dict):
            _require_keys(given, list(loss))
            keys = tree.flatten({key: key for key in loss})
            return [w for key in keys for w in _weights(loss[key], given.get(key), names)]
        _require_keys(given, [name for name in names if name is not None])
        given = [given.get(name) for name in names]
    flat = tree.flatten(given)
    if len(flat) == len(identifiers):
        return flat
    used = [identifier is not None for identifier in identifiers]
    if len(flat) == sum(used):
        rest = iter(flat)
        return [next(rest) if is_used else None for is_used in used]
    if isinstance(loss, (list, tuple)) and len(loss) == len(given):
        pairs = zip(loss, given, strict=True)
        return [weight for part, own in pairs for weight in _weights(part, own, names)]
    raise ValueError(
        f"compile: `loss_weights` must hold one number for each of the {sum(used)} losses; got "
        f"{len(flat)}"
    )


def _require_keys(given: dict[Any, Any], known: list[Any]) -> None:
    for key in given:
        if key not in known:
            raise ValueError(
                f"compile: `loss_weights` must use the names of the outputs, {known}; got {key!r}."
                f"{nearest(key, known)}"
            )


def _walk(loss: Any, y_pred: Any, path: Path) -> Iterator[Wanted]:
    if isinstance(loss, _Leaf):
        if loss.identifier is not None:
            yield Wanted(path, loss.identifier, loss.weight)
        return
    is_list = isinstance(loss, (list, tuple))
    if is_list and len(loss) == len(tree.flatten(y_pred)) and not any(map(tree.is_nested, loss)):
        loss = tree.pack_sequence_as(y_pred, loss)
        if isinstance(loss, _Leaf):
            yield from _walk(loss, y_pred, path)
            return
    elif is_list and not isinstance(y_pred, type(loss)):
        # Several losses of the same part.
        for part in loss:
            yield from _walk(part, y_pred, path)
        return
    for key, part in loss.items() if isinstance(loss, dict) else enumerate(loss):
        if isinstance(part, _Leaf) and part.identifier is None:
            continue
        is_dict = isinstance(loss, dict)
        fits = isinstance(y_pred, dict) == is_dict and tree.is_nested(y_pred)
        if not fits or (key not in y_pred if is_dict else key >= len(y_pred)):
            raise UnknownOutput(
                f"compile: `loss` must nest as the outputs do; got an entry at {(*path, key)}, "
                f"where the outputs have {_form(y_pred)}"
            )
        yield from _walk(part, y_pred[key], (*path, key))


def _form(y_pred: Any) -> str:
    if isinstance(y_pred, dict):
        return f"a dict with the keys {list(y_pred)}"
    return f"{len(y_pred)} parts" if tree.is_nested(y_pred) else "a single tensor"


def name_of_part(path: Path, y_pred: Any, names: Sequence[str | None], default: str) -> str:
    """The name of a part of the outputs, as the logs call its loss.

    Args:
        path: Where the part is.
        y_pred: The outputs.
        names: Their names, in the order of `tree.flatten`.
        default: Name of an output without a name.
    """
    part = part_at(tree.pack_sequence_as(y_pred, names), path)
    if tree.is_nested(part):
        if path:
            return "/".join(map(str, path))
        inner = list(part) if isinstance(part, dict) else tree.flatten(part)
        return "_".join(str(name or default) for name in inner)
    own = part or default
    if not path:
        return str(own)
    if isinstance(path[-1], int):
        path = (*path[:-1], own)
    return "/".join(map(str, path))
