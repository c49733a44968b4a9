"""Class numbers as numbers of a fixed size: one-hot, multi-hot, counted."""

from __future__ import annotations

from typing import Any

from trimtab import ops


def encoded(x: Any, mode: str, depth: int, dtype: str, weights: Any = None) -> Any:
    """Class numbers in another form; those outside of [0, depth) are in no class.

    Args:
        x: Class numbers.
        mode: "int" for the numbers themselves; "one_hot" for a line each; "multi_hot" or "count"
            for a line for all along axis 1 (axis 0 if there is no other).
        depth: Number of classes.
        dtype: Type of the result.
        weights: What each number counts, 1 if None; of its shape.

    Returns:
        A tensor of the shape that `encoded_shape` tells.
    """
    if mode == "int":
        return ops.cast(x, dtype)
    shape = tuple(x.shape)
    if mode == "one_hot":
        if len(shape) > 1 and shape[-1] == 1:
            x = ops.squeeze(x, -1)
        return ops.one_hot(x, depth, dtype=dtype)
    if not shape:
        x = ops.expand_dims(x, 0)
    lines = ops.one_hot(x, depth, dtype=dtype)
    axis = min(len(shape), 2) - 1 if shape else 0
    if mode == "multi_hot":
        return ops.max(lines, axis=axis)
    if weights is not None:
        lines = lines * ops.expand_dims(ops.cast(weights, dtype), -1)
    return ops.cast(ops.sum(lines, axis=axis), dtype)


def encoded_shape(shape: Any, mode: str, depth: int) -> tuple[Any, ...]:
    """Shape of what `encoded` gives for numbers of `shape`."""
    sizes: tuple[Any, ...] = tuple(shape)
    if mode == "int":
        return sizes
    if mode == "one_hot":
        return (*(sizes[:-1] if len(sizes) > 1 and sizes[-1] == 1 else sizes), depth)
    return (depth,) if len(sizes) <= 1 else (sizes[0], *sizes[2:], depth)


def refuse_sparse(owner: str, sparse: Any) -> bool:
    """False, which is all that `sparse` can be.

    Raises:
        ValueError: If it is anything else.
    """
    if sparse:
        raise ValueError(
            f"{owner}: `sparse` must be False, as there are no sparse tensors; got {sparse!r}"
        )
    return False
