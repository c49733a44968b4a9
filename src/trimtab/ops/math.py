"""More functions of Keras's `ops`: guarded division, log-sum-exp, segments, top k."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops import numpy as knp
from trimtab.ops.dispatch import (
    EPSILON,
    FLOATX,
    canonical_axis,
    common_float_type,
    convert,
    lift,
    op,
)
from trimtab.primitives import indexing

__all__ = ["divide_no_nan", "eye", "logsumexp", "normalize", "segment_sum", "top_k"]


@op
def divide_no_nan(x1: Any, x2: Any) -> Tensor:
    """`x1 / x2`, and 0 where `x2` is 0."""
    a, b = lift("divide_no_nan", common_float_type(x1, x2), x1, x2)
    is_zero = knp.equal(b, 0)
    # The divisor is replaced too: the branch not taken still has a gradient, and it must be finite.
    quotient: Tensor = knp.where(is_zero, 0, knp.divide(a, knp.where(is_zero, 1, b)))
    return quotient


@op
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """A matrix of N rows and M columns (N if None) with 1 on its `k`-th diagonal."""
    name = FLOATX[0] if dtype is None else dtypes.standardize(dtype)
    return Array(np.eye(int(N), None if M is None else int(M), int(k), dtype=name))


@op
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) over `axis` (all axes if None), without overflow."""
    tensor = convert(x)
    tensor = tensor if dtypes.is_float(tensor.dtype) else convert(tensor, FLOATX[0])
    largest = knp.max(tensor, axis=axis, keepdims=True)
    # A row of -inf has the sum 0: it must be shifted by 0, as -inf - -inf is NaN.
    shift = knp.where(knp.isfinite(largest), largest, 0)
    total = knp.log(knp.sum(knp.exp(knp.subtract(tensor, shift)), axis=axis, keepdims=True))
    result = knp.add(total, shift)
    if keepdims:
        return result  # type: ignore[no-any-return]
    return knp.reshape(result, ()) if axis is None else knp.squeeze(result, axis)


@op
def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    """Vectors along `axis` divided by their norm of `order`, which counts as at least `epsilon`.

    Raises:
        ValueError: If `order` is not a whole number >= 1.
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"normalize: `order` must be a whole number >= 1; got {order!r}")
    epsilon = EPSILON[0] if epsilon is None else epsilon
    tensor = convert(x)
    tensor = tensor if dtypes.is_float(tensor.dtype) else convert(tensor, FLOATX[0])
    if order == 2:
        norm_squared = knp.sum(knp.square(tensor), axis=axis, keepdims=True)
        factor: Tensor = knp.minimum(knp.rsqrt(norm_squared), 1.0 / epsilon)
        return knp.multiply(tensor, factor)  # type: ignore[no-any-return]
    powers = knp.sum(knp.power(knp.abs(tensor), order), axis=axis, keepdims=True)
    norm = knp.maximum(knp.power(powers, 1.0 / order), epsilon)
    return knp.divide(tensor, norm)  # type: ignore[no-any-return]


@op
def segment_sum(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Tensor:
    """Sums of the rows of `data` that have the same number.

    Rows of a number out of range are left out.

    Args:
        data: `(rows, ...)`.
        segment_ids: A number for each row, `(rows,)`.
        num_segments: Number of sums; the largest number plus 1 if None, which a traced step cannot
            know.
        sorted: Whether the numbers ascend; the result does not depend on it.

    Returns:
        `(num_segments, ...)`.

    Raises:
        ValueError: If the numbers are not one a row, or `num_segments` is None in a traced step.
    """
    rows, numbers = convert(data), convert(segment_ids, "int32")
    if numbers.ndim != 1 or not rows.ndim or numbers.shape[0] != rows.shape[0]:
        raise ValueError(
            "segment_sum: `segment_ids` must have one number a row of `data`, shape "
            f"({rows.shape[:1]},); "
            f"got {numbers.shape}"
        )
    if num_segments is None:
        if not isinstance(numbers, Array):
            raise ValueError(
                "segment_sum: give `num_segments`; a traced step cannot count the segments"
            )
        num_segments = int(numbers.array.max(initial=-1)) + 1
    is_valid = knp.logical_and(numbers >= 0, numbers < num_segments)
    # Rows left out go to one segment more, which is cut off. Kernels add floats; float64 holds
    # integers.
    numbers = knp.where(is_valid, numbers, num_segments)
    wide = rows if rows.dtype in ("float32", "float64") else convert(rows, "float64")
    sums = indexing.scatter_add(numbers, wide, size=num_segments + 1, axis=0)
    return convert(sums[:num_segments], rows.dtype)


@op
def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The `k` largest elements along the last axis, in falling order, and their positions (int32).

    Args:
        x: `(..., n)`.
        k: At most n.
        sorted: Whether the order matters; elements are in falling order either way.

    Raises:
        ValueError: If `k` is larger than the last axis.
    """
    tensor = convert(x)
    axis = canonical_axis(-1, tensor.ndim, "top_k")
    if not 0 <= k <= tensor.shape[axis]:
        raise ValueError(f"top_k: `k` must lie in [0, {tensor.shape[axis]}]; got {k}")
    positions = indexing.argsort(knp.negative(tensor), axis=axis)[..., :k]
    return knp.take_along_axis(tensor, positions, axis=axis), positions
