"""Branches and loops: Python's own outside a traced step, unrolled or selected inside one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trimtab.ir import tree
from trimtab.ir.graph import Value
from trimtab.ir.tensor import KerasTensor
from trimtab.ops.dispatch import RECORDERS, any_symbolic, convert, op
from trimtab.ops.layout import reshape, stack, unstack
from trimtab.ops.logic import less_equal, logical_and, where

# Set by core.scope: runs a branch of a traced step apart, so that its assignments can be refused.
GUARDS: list[Callable[[Callable[[], Any], str], Any]] = []


def _condition(x: Any, owner: str) -> Any:
    """`x` as a tensor of one bool."""
    tensor = x if isinstance(x, KerasTensor) else convert(x, "bool")
    if any(dim != 1 for dim in tensor.shape):
        raise ValueError(f"{owner}: the condition must be one bool; got shape {tensor.shape}")
    return tensor


def _is_known(x: Any) -> bool:
    """Whether numbers are there to decide by: not those of a trace or a functional model."""
    return type(x) is not Value and not isinstance(x, KerasTensor)


def _selected(condition: Any, first: Any, second: Any, owner: str) -> Any:
    """Structures alike, leaf by leaf chosen by a condition that is not known yet."""
    try:
        tree.assert_same_structure(first, second)
    except ValueError as error:
        raise ValueError(f"{owner}: branches must return the same structure. {error}") from error
    scalar = condition if condition.shape == () else reshape(condition, ())

    def choose(a: Any, b: Any) -> Any:
        if a is None and b is None:
            return None
        left, right = (x if isinstance(x, KerasTensor) else convert(x) for x in (a, b))
        if left.shape != right.shape or left.dtype != right.dtype:
            raise ValueError(
                f"{owner}: branches must return equal shapes and dtypes; got {left.dtype}"
                f"{list(left.shape)} and {right.dtype}{list(right.shape)}"
            )
        return where(scalar, left, right)

    return tree.map_structure(choose, first, second)


def _guarded(branch: Callable[[], Any], owner: str) -> Any:
    return GUARDS[0](branch, owner) if GUARDS else branch()


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """`true_fn()` if `pred` holds, else `false_fn()`.

    Where `pred` is traced, or one of a functional model, both are computed and the result is chosen
    element by element; they must then return equal structures, shapes and dtypes, and assign no
    variables.

    Args:
        pred: One bool.
        true_fn: Takes nothing; returns tensors in lists, tuples or dicts.
        false_fn: As `true_fn`.

    Raises:
        ValueError: If a traced `pred` meets branches whose results differ in form, or that assign.
    """
    condition = _condition(pred, "cond")
    if _is_known(condition):
        return true_fn() if bool(condition) else false_fn()
    return _selected(condition, _guarded(true_fn, "cond"), _guarded(false_fn, "cond"), "cond")


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """`branches[index](*operands)`, the index moved into the range of the branches.

    Where `index` is traced, or one of a functional model, all branches are computed, as in `cond`.

    Raises:
        ValueError: If there is no branch; with a traced index see `cond`.
    """
    if not branches:
        raise ValueError("switch: needs at least one branch; got none")
    position = index if isinstance(index, KerasTensor) else convert(index)
    if _is_known(position):
        number = int(np.asarray(position))
        return branches[min(max(number, 0), len(branches) - 1)](*operands)
    results = [_guarded(functools.partial(b, *operands), "switch") for b in branches]
    chosen = results[-1]
    for number in range(len(branches) - 2, -1, -1):
        reached = less_equal(position, number)
        chosen = _selected(reached, results[number], chosen, "switch")
    return chosen


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """`body` applied to `loop_vars` as long as `cond` holds.

    Args:
        cond: Takes the loop variables; returns one bool.
        body: Takes the loop variables; returns them anew.
        loop_vars: A tuple or list, or a single structure.
        maximum_iterations: Most rounds; no limit if None.

    Returns:
        The loop variables, in the form that they were given.

    Raises:
        ValueError: If the condition is traced and there is no `maximum_iterations`. With it, so
            many rounds are traced, each kept or dropped by the condition.
    """
    is_several = isinstance(loop_vars, (tuple, list))
    state = tuple(loop_vars) if is_several else (loop_vars,)
    is_open: Any = None
    rounds = 0
    while maximum_iterations is None or rounds < maximum_iterations:
        condition = _condition(cond(*state), "while_loop")
        if isinstance(condition, KerasTensor):
            return RECORDERS[0](while_loop, (cond, body, loop_vars, maximum_iterations), {})
        if type(condition) is not Value:
            if not bool(condition):
                break
        elif maximum_iterations is None:
            raise ValueError(
                "while_loop: the condition of a traced loop depends on its data; give "
                "`maximum_iterations`, or loop with a condition known in advance"
            )
        else:
            condition = condition.reshape(())
            is_open = condition if is_open is None else logical_and(is_open, condition)
        again = functools.partial(body, *state)
        made = again() if is_open is None else _guarded(again, "while_loop")
        following = tuple(made) if is_several else (made,)
        state = following if is_open is None else _selected(is_open, following, state, "while_loop")
        rounds += 1
    return state if is_several else state[0]


def _bound(x: Any) -> int:
    tensor = convert(x)
    if type(tensor) is Value:
        raise ValueError(
            "fori_loop: `lower` and `upper` must be known when a step is traced; use while_loop "
            "with `maximum_iterations`"
        )
    return int(np.asarray(tensor))


def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """`body_fun(i, value)` for i from `lower` up to but without `upper`; a traced step unrolls it.

    Args:
        lower: First number.
        upper: Number behind the last.
        body_fun: Takes (i, value), returns the next value.
        init_val: The first value.

    Raises:
        ValueError: If a bound is traced.
    """
    if any_symbolic((lower, upper)):
        return RECORDERS[0](fori_loop, (lower, upper, body_fun, init_val), {})
    value = init_val
    for number in range(_bound(lower), _bound(upper)):
        value = body_fun(number, value)
    return value


def _rows(structure: Any, owner: str) -> list[Any]:
    """The structures of slices along the first axis."""
    leaves = [convert(leaf) for leaf in tree.flatten(structure)]
    lengths = {leaf.shape[0] if leaf.ndim else None for leaf in leaves}
    if len(lengths) != 1 or None in lengths:
        raise ValueError(
            f"{owner}: all tensors must have a first axis of one size; got shapes "
            f"{[leaf.shape for leaf in leaves]}"
        )
    columns = [unstack(leaf) for leaf in leaves]
    return [tree.pack_sequence_as(structure, row) for row in zip(*columns, strict=True)]


def _stacked(results: list[Any]) -> Any:
    """One structure of stacked leaves from structures alike; None stays None."""
    leaves = [tree.flatten(result) for result in results]
    columns = [
        None if column[0] is None else stack(list(column)) for column in zip(*leaves, strict=True)
    ]
    return tree.pack_sequence_as(results[0], columns)


@op
def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """A state carried through the slices of `xs`, an output for each; a trace unrolls it.

    Args:
        f: Takes (state, slice), returns (next state, output).
        init: The first state.
        xs: Tensors whose first axis is gone through, or None.
        length: Number of slices; needed if `xs` is None.
        reverse: Whether to go from the last slice to the first; outputs keep their places.
        unroll: Has no effect: loops are unrolled in any case.

    Returns:
        (last state, outputs along a new first axis).

    Raises:
        ValueError: If `length` is missing or not that of `xs`, or there is no slice; or `unroll` is
            neither a bool nor a positive number.
    """
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ValueError(
            f"scan: `unroll` must be a bool or a positive whole number; got {unroll!r}"
        )
    if xs is None and length is None:
        raise ValueError("scan: give `xs` or `length`; got neither")
    rows = _rows(xs, "scan") if xs is not None else [None] * int(length or 0)
    if length is not None and len(rows) != length:
        raise ValueError(f"scan: `length` must be the {len(rows)} slices of `xs`; got {length}")
    if not rows:
        raise ValueError("scan: needs at least one slice; got none")
    state, outputs = init, []
    for row in reversed(rows) if reverse else rows:
        state, output = f(state, row)
        outputs.append(output)
    return state, _stacked(outputs[::-1] if reverse else outputs)


@op
def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """`f` of every slice of `xs` along the first axis, stacked; a traced step unrolls it.

    Args:
        f: Takes a slice of each tensor, in the form of `xs`; returns tensors.
        xs: Tensors with a first axis of one size, in lists, tuples or dicts.

    Raises:
        ValueError: If the sizes differ, or there is no slice.
    """
    return _mapped(f, xs, "map")


@op
def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """As `map`."""
    return _mapped(function, elements, "vectorized_map")


def _mapped(f: Callable[[Any], Any], xs: Any, owner: str) -> Any:
    rows = _rows(xs, owner)
    if not rows:
        raise ValueError(f"{owner}: needs at least one slice; got none")
    return _stacked([f(row) for row in rows])
