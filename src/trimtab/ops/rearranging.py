"""Axes split, exchanged and joined, as a pattern says."""

from __future__ import annotations

import math
import re
from typing import Any

from trimtab.ir.tensor import Tensor
from trimtab.ops.dispatch import convert, op
from trimtab.ops.layout import reshape, transpose

_SIDE = re.compile(r"\s*((\w+|\(\s*\w+(\s+\w+)*\s*\))\s*)+")
_PART = re.compile(r"\(([^)]*)\)|(\w+)")


def _groups(side: str, pattern: str) -> list[list[str]]:
    """The names on one side of a pattern, those in brackets together."""
    if not _SIDE.fullmatch(side):
        raise ValueError(
            "rearrange: `pattern` must hold names of axes, and brackets around those of one axis, "
            f"as in 'a (b c) -> b a c'; got {pattern!r}"
        )
    return [(inner or name).split() for inner, name in _PART.findall(side)]


def _lengths(
    groups: list[list[str]], shape: tuple[int, ...], given: dict[str, int], pattern: str
) -> dict[str, int]:
    """The size of each name: the tensor's, the given one, or what is left of a split axis."""
    if len(groups) != len(shape):
        raise ValueError(
            f"rearrange: {pattern!r} is for {len(groups)} axes; got a tensor of shape {shape}"
        )
    known = dict(given)
    for group, size in zip(groups, shape, strict=True):
        open_names = [name for name in group if name not in known]
        rest = math.prod(known[name] for name in group if name in known)
        if len(open_names) > 1 or rest == 0 or size % rest or (not open_names and rest != size):
            raise ValueError(
                f"rearrange: '{' '.join(group)}' of {pattern!r} must make up an axis of {size}, "
                f"one name at most without a size; got {given}"
            )
        known.update(dict.fromkeys(open_names, size // rest))
    return known


@op
def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Tensor:
    """`tensor` with its axes split, exchanged and joined.

    Args:
        tensor: A tensor.
        pattern: Names of the axes before and after "->"; those in brackets are one axis.
        axes_lengths: Sizes of names in brackets on the left; one in each bracket may be left out.

    Raises:
        ValueError: If the pattern is none, has other names on the left than on the right, or does
            not fit the tensor.

    >>> rearrange([[1, 2, 3, 4]], "a (b c) -> c (a b)", c=2).numpy().tolist()
    [[1, 3], [2, 4]]
    """
    x = convert(tensor)
    left, arrow, right = pattern.partition("->")
    before, after = (_groups(side, pattern) for side in (left, right if arrow else ""))
    names, wanted = ([name for group in groups for name in group] for groups in (before, after))
    if sorted(names) != sorted(wanted) or len(set(names)) != len(names):
        raise ValueError(
            f"rearrange: each name must stand once on both sides of `pattern`; got {pattern!r}"
        )
    strange = sorted(axes_lengths.keys() - set(names))
    if strange:
        raise ValueError(f"rearrange: {pattern!r} has no axes {', '.join(strange)}")
    sizes = _lengths(before, x.shape, axes_lengths, pattern)
    split = reshape(x, [sizes[name] for name in names])
    turned = transpose(split, [names.index(name) for name in wanted])
    return reshape(turned, [math.prod(sizes[name] for name in group) for group in after])
