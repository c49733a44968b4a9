"""Sums of products written with subscripts: einsum."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from trimtab.ir.tensor import Tensor
from trimtab.ops.dispatch import broadcast, common_type, convert, op
from trimtab.ops.layout import in_order, reshape
from trimtab.ops.linear_algebra import product
from trimtab.ops.reductions import sum as sum_of
from trimtab.ops.repetition import diagonal

# Stand for the axes of "...", counted from the right, so that they pair up as broadcasting does.
_DOTS = "".join(chr(number) for number in range(0x3B1, 0x3B1 + 24))


class _Operand:
    """A tensor with a letter for each axis."""

    def __init__(self, tensor: Tensor, letters: str) -> None:
        self.tensor = tensor
        self.letters = letters

    def size(self, letter: str) -> int:
        """Size of the axis with this letter, 1 if there is none."""
        place = self.letters.find(letter)
        return 1 if place < 0 else self.tensor.shape[place]

    def arranged(self, letters: str) -> Tensor:
        """The tensor with its axes in the order of `letters`, which must be all of its own."""
        return in_order(self.tensor, tuple(self.letters.index(letter) for letter in letters))


def _lettered(part: str, ndim: int, subscripts: str) -> str:
    named = part.replace("...", "")
    if not all(letter.isalpha() and letter.isascii() for letter in named) or part.count("...") > 1:
        raise ValueError(
            f"einsum: subscripts must be letters and at most one '...'; got {subscripts!r}"
        )
    open_axes = ndim - len(named)
    if open_axes < 0 or (open_axes and "..." not in part):
        raise ValueError(
            f"einsum: {part!r} in {subscripts!r} must name every axis of its operand; it has {ndim}"
        )
    return part.replace("...", _DOTS[:open_axes][::-1])


def _parse(subscripts: str, tensors: list[Tensor]) -> tuple[list[str], str]:
    """(letters of each operand, letters of the result)."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(tensors):
        raise ValueError(f"einsum: {subscripts!r} names {len(parts)} operands; got {len(tensors)}")
    terms = [_lettered(part, t.ndim, subscripts) for part, t in zip(parts, tensors, strict=True)]
    widest = max((sum(letter in _DOTS for letter in term) for term in terms), default=0)
    dots = _DOTS[:widest][::-1]
    if not arrow:
        counts = Counter("".join(terms))
        single = sorted(c for c, number in counts.items() if number == 1 and c not in _DOTS)
        return terms, dots + "".join(single)
    result = right.replace("...", dots)
    if len(set(result)) != len(result) or not set(result) <= set("".join(terms)):
        raise ValueError(
            f"einsum: the result of {subscripts!r} may name each axis of the operands once"
        )
    return terms, result


def _single(tensor: Tensor, letters: str) -> _Operand:
    """The operand with a repeated letter replaced by its diagonal."""
    for letter in set(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            if tensor.shape[first] != tensor.shape[second]:
                raise ValueError(
                    f"einsum: axes named {letter!r} must have equal sizes; got {tensor.shape}"
                )
            tensor = diagonal(tensor, 0, first, second)
            rest = letters[:first] + letters[first + 1 : second] + letters[second + 1 :]
            letters = rest + letter
    return _Operand(tensor, letters)


def _without(operand: _Operand, needed: set[str]) -> _Operand:
    """The operand summed over the axes that nothing else needs."""
    gone = [i for i, letter in enumerate(operand.letters) if letter not in needed]
    if not gone:
        return operand
    kept = "".join(letter for letter in operand.letters if letter in needed)
    return _Operand(sum_of(operand.tensor, tuple(gone)), kept)


def _contract(a: _Operand, b: _Operand, needed: set[str]) -> _Operand:
    """The product of two operands, summed over their common axes that nothing else needs."""
    a = _without(a, needed | set(b.letters))
    b = _without(b, needed | set(a.letters))
    shared = [letter for letter in a.letters if letter in b.letters]
    sizes = {
        c: max(a.size(c), b.size(c)) if 0 not in (a.size(c), b.size(c)) else 0
        for c in a.letters + b.letters
    }
    for letter in shared:
        if {a.size(letter), b.size(letter)} - {1, sizes[letter]}:
            raise ValueError(
                f"einsum: axes named {letter!r} must have equal sizes; got {a.size(letter)} and "
                f"{b.size(letter)}"
            )
    batch = "".join(c for c in shared if c in needed)
    summed = "".join(c for c in shared if c not in needed)
    left = "".join(c for c in a.letters if c not in shared)
    right = "".join(c for c in b.letters if c not in shared)

    def folded(operand: _Operand, order: str, groups: tuple[str, ...]) -> Tensor:
        wide = broadcast(operand.arranged(order), tuple(sizes[c] for c in order))
        lead = tuple(sizes[c] for c in batch)
        return reshape(wide, (*lead, *[math.prod(sizes[c] for c in group) for group in groups]))

    made = product(
        folded(a, batch + left + summed, (left, summed)),
        folded(b, batch + summed + right, (summed, right)),
    )
    letters = batch + left + right
    return _Operand(reshape(made, tuple(sizes[c] for c in letters)), letters)


@op
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Tensor:
    """Sums of products over named axes, such as "ij,jk->ik" for a matrix product.

    Args:
        subscripts: Letters for the axes of each operand, and after "->" those of the result;
            without an arrow, the letters that occur once, in alphabetical order. "..." stands
            for any axes.
        operands: The tensors, multiplied from left to right.
        kwargs: `optimize` is accepted; the order is the same with any value.

    Raises:
        ValueError: If the subscripts do not fit the operands.
    """
    if unknown := sorted(set(kwargs) - {"optimize"}):
        raise ValueError(
            f"einsum: unknown arguments {', '.join(unknown)}; it takes `optimize` only"
        )
    if not operands:
        raise ValueError("einsum: needs at least one operand; got none")
    dtype = common_type(*operands)
    tensors = [convert(x, "int32" if dtype == "int8" else dtype) for x in operands]
    terms, result = _parse(subscripts, tensors)
    parts = [_single(t, term) for t, term in zip(tensors, terms, strict=True)]
    merged = parts[0]
    for number, part in enumerate(parts[1:], start=1):
        needed = set(result).union(*[p.letters for p in parts[number + 1 :]])
        merged = _contract(merged, part, needed)
    return _without(merged, set(result)).arranged(result)
