"""Offsets in one arena: values that do not live at the same time share memory."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import NamedTuple

ALIGNMENT = 64


class Lifetime(NamedTuple):
    """A buffer's size in bytes and the steps, first and last, at which it holds something."""

    size: int
    first: int
    last: int


def place(lifetimes: Sequence[Lifetime]) -> tuple[list[int], int]:
    """Offsets of the buffers, multiples of 64 bytes, and the arena's size.

    Buffers are placed in the order of their first step, each at the lowest gap between those
    then alive.
    """
    offsets = [0] * len(lifetimes)
    alive: list[tuple[int, int, int]] = []  # (offset, end, last step), by offset
    total = 0
    for index in sorted(range(len(lifetimes)), key=lambda i: lifetimes[i].first):
        size, first, last = lifetimes[index]
        size = -(-max(size, 1) // ALIGNMENT) * ALIGNMENT
        alive = [a for a in alive if a[2] >= first]
        offset = 0
        for start, end, _ in alive:
            if start - offset >= size:
                break
            offset = max(offset, end)
        bisect.insort(alive, (offset, offset + size, last))
        offsets[index] = offset
        total = max(total, offset + size)
    return offsets, total
