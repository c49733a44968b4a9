"""Products of vectors and matrices, and norms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import Value
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops import reductions
from trimtab.ops.arithmetic import absolute, multiply, power, subtract
from trimtab.ops.dispatch import (
    broadcast,
    broadcast_shape,
    canonical_axes,
    canonical_axis,
    common_type,
    convert,
    expand,
    floating,
    op,
)
from trimtab.ops.layout import in_order, moveaxis, ravel, reshape, section, squeeze, stack
from trimtab.primitives import contraction, elementwise, factorization


@op
def matmul(x1: Any, x2: Any) -> Tensor:
    """Matrix product over the last two axes, leading axes broadcast; vectors as in NumPy.

    The product of two int8 tensors is int32.

    Raises:
        ValueError: If a shape does not fit, or an operand is a number.
    """
    if type(x1) is Value and type(x2) is Value and len(x1.spec.shape) == len(x2.spec.shape) == 2:
        dtype = x1.spec.dtype
        if dtype == x2.spec.dtype and dtype in dtypes.FLOATS:
            return contraction.matmul(x1, x2, transpose_a=False, transpose_b=False)
    a, b = _factors(x1, x2)
    if a.dtype == "int8":
        a, b = convert(a, "int32"), convert(b, "int32")
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(
            f"matmul: operands need at least one axis; got shapes {a.shape} and {b.shape}"
        )
    is_row, is_column = a.ndim == 1, b.ndim == 1
    left = expand(a, (0,)) if is_row else a
    right = expand(b, (1,)) if is_column else b
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(
            "matmul: the last axis of `x1` must equal the second last of `x2`; got shapes "
            f"{a.shape} and {b.shape}"
        )
    result = product(left, right)
    rows = [] if is_row else [result.shape[-2]]
    columns = [] if is_column else [result.shape[-1]]
    return reshape(result, (*result.shape[:-2], *rows, *columns))


def _factors(x1: Any, x2: Any) -> tuple[Tensor, Tensor]:
    """Both operands in the type of their product."""
    dtype = common_type(x1, x2)
    return convert(x1, dtype), convert(x2, dtype)


def product(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product of tensors of one type and two or more axes that fit."""
    if a.dtype == "bool":
        return convert(product(convert(a, "int32"), convert(b, "int32")), "bool")
    if not dtypes.is_float(a.dtype) and not (isinstance(a, Array) and isinstance(b, Array)):
        # Engines multiply floats; 53 bits hold every sum of int32 products that int32 can.
        wide = [elementwise.cast(x, dtype="float64") for x in (a, b)]
        return elementwise.cast(product(*wide), dtype=a.dtype)
    if b.ndim == 2 and a.ndim > 2:
        # One product of all rows: a batch of products with one shared matrix would reread it.
        flat = reshape(a, (math.prod(a.shape[:-1]), a.shape[-1]))
        rows = contraction.matmul(flat, b, transpose_a=False, transpose_b=False)
        return reshape(rows, (*a.shape[:-1], b.shape[-1]))
    lead = broadcast_shape([a.shape[:-2], b.shape[:-2]], "matmul")
    left, right = broadcast(a, (*lead, *a.shape[-2:])), broadcast(b, (*lead, *b.shape[-2:]))
    return contraction.matmul(left, right, transpose_a=False, transpose_b=False)


@op
def dot(x1: Any, x2: Any) -> Tensor:
    """Sum of products over the last axis of x1 and the second last (a vector's only one) of x2."""
    a, b = _factors(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return tensordot(a, b, [[a.ndim - 1], [max(b.ndim - 2, 0)]])


@op
def inner(x1: Any, x2: Any) -> Tensor:
    """Sum of products over the last axis of both."""
    a, b = _factors(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return tensordot(a, b, [[a.ndim - 1], [b.ndim - 1]])


@op
def vdot(x1: Any, x2: Any) -> Tensor:
    """Sum of products of the elements, both flattened."""
    return inner(ravel(x1), ravel(x2))


@op
def outer(x1: Any, x2: Any) -> Tensor:
    """Product of every element of x1 with every one of x2, both flattened: `(size1, size2)`."""
    return multiply(expand(ravel(x1), (1,)), ravel(x2))


@op
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Tensor:
    """Sum of products over some axes.

    Args:
        x1: A tensor.
        x2: A tensor.
        axes: How many: the last of x1 with the first of x2; or two lists of axes, paired in order.

    Returns:
        The other axes of x1, then the other axes of x2.

    Raises:
        ValueError: If paired axes differ in size or number.
    """
    a, b = _factors(x1, x2)
    if isinstance(axes, (int, np.integer)):
        pairs = [list(range(a.ndim - int(axes), a.ndim)), list(range(int(axes)))]
    else:
        pairs = [list(p) if isinstance(p, (tuple, list)) else [p] for p in axes]
    first = [canonical_axis(i, a.ndim, "tensordot") for i in pairs[0]]
    second = [canonical_axis(i, b.ndim, "tensordot") for i in pairs[1]]
    if [a.shape[i] for i in first] != [b.shape[i] for i in second]:
        raise ValueError(
            f"tensordot: paired axes must have equal sizes; got axes {axes} of shapes {a.shape} "
            f"and {b.shape}"
        )
    rest_a = [i for i in range(a.ndim) if i not in first]
    rest_b = [i for i in range(b.ndim) if i not in second]
    count = math.prod([a.shape[i] for i in first])
    kept_a, kept_b = [a.shape[i] for i in rest_a], [b.shape[i] for i in rest_b]
    left = reshape(in_order(a, (*rest_a, *first)), (math.prod(kept_a), count))
    right = reshape(in_order(b, (*second, *rest_b)), (count, math.prod(kept_b)))
    return reshape(product(left, right), (*kept_a, *kept_b))


@op
def kron(x1: Any, x2: Any) -> Tensor:
    """Kronecker product: every element of x1 times the whole of x2."""
    a, b = convert(x1), convert(x2)
    ndim = max(a.ndim, b.ndim)
    a, b = (reshape(x, (*[1] * (ndim - x.ndim), *x.shape)) for x in (a, b))
    wide = reshape(a, [d for dim in a.shape for d in (dim, 1)])
    tiles = reshape(b, [d for dim in b.shape for d in (1, dim)])
    return reshape(multiply(wide, tiles), [p * q for p, q in zip(a.shape, b.shape, strict=True)])


@op
def cross(
    x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Tensor:
    """Vector product of vectors of two or three elements (a missing third is 0).

    Args:
        x1: First vectors.
        x2: Second vectors.
        axisa: The axis of `x1` that holds the elements.
        axisb: That of `x2`.
        axisc: That of the result; two vectors of two elements give one number and no axis.
        axis: All three at once.

    Raises:
        ValueError: If an axis has neither two nor three elements.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moveaxis(x1, axisa, -1), moveaxis(x2, axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError(
            f"cross: vectors must have 2 or 3 elements; got {a.shape[-1]} and {b.shape[-1]}"
        )
    p, q = _elements(a), _elements(b)
    third = subtract(multiply(p[0], q[1]), multiply(p[1], q[0]))
    if len(p) == len(q) == 2:
        return third
    zero = multiply(p[0], 0)
    p3, q3 = (v[2] if len(v) == 3 else zero for v in (p, q))
    first = subtract(multiply(p[1], q3), multiply(p3, q[1]))
    second = subtract(multiply(p3, q[0]), multiply(p[0], q3))
    return moveaxis(stack([first, second, third], -1), -1, axisc)


def _elements(x: Tensor) -> list[Tensor]:
    last = x.ndim - 1
    return [squeeze(section(x, last, i, i + 1), last) for i in range(x.shape[last])]


@op
def cdist(x: Any, y: Any) -> Tensor:
    """Euclidean distance of every row of `x` from every row of `y`: `(..., rows_x, rows_y)`.

    Raises:
        ValueError: If an operand has fewer than two axes, or rows differ in length.
    """
    a, b = floating(x), floating(y)
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ValueError(
            "cdist: operands must have two or more axes and rows of one length; got shapes "
            f"{a.shape} and {b.shape}"
        )
    difference = subtract(expand(a, (a.ndim - 1,)), expand(b, (b.ndim - 2,)))
    return elementwise.sqrt(reductions.sum(elementwise.square(difference), -1))


@op
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Norm of vectors or matrices.

    Args:
        x: A tensor.
        ord: For vectors: 2 if None, inf (largest magnitude), -inf (smallest), 0 (number of elements
            that are not zero), any other number p for `sum(|x|**p)**(1/p)`. For matrices: "fro" if
            None, 1 and -1 (largest and smallest column sum of magnitudes), inf and -inf (of rows),
            2 and -2 (largest and smallest singular value), "nuc" (their sum).
        axis: One axis for vectors, two for matrices; None takes a tensor of up to two axes as it
            is, and flattens any other if `ord` is None.
        keepdims: Whether reduced axes stay with size 1.

    Raises:
        ValueError: For another `ord`, or more than two axes.
    """
    tensor = floating(x)
    if axis is None and ord is None:
        total = reductions.sum(elementwise.square(tensor), None, keepdims)
        return elementwise.sqrt(total)
    axes = canonical_axes(axis, tensor.ndim, "norm")
    if len(axes) == 1:
        return _vector_norm(tensor, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError(
            f"norm: needs one axis (vectors) or two (matrices); got {axis} for {tensor.ndim} axes"
        )
    listed = axes if axis is None else tuple(canonical_axis(a, tensor.ndim, "norm") for a in axis)
    return _matrix_norm(tensor, ord, listed, keepdims)


def _vector_norm(x: Tensor, ord: Any, axis: int, keepdims: bool) -> Tensor:
    if ord is None or ord == 2:
        return elementwise.sqrt(reductions.sum(elementwise.square(x), axis, keepdims))
    if isinstance(ord, str):
        raise ValueError(f"norm: `ord` of vectors must be a number or None; got {ord!r}")
    size = absolute(x)
    if ord == math.inf:
        return reductions.max(size, axis, keepdims)
    if ord == -math.inf:
        return reductions.min(size, axis, keepdims)
    if ord == 0:
        return convert(reductions.sum(convert(x, "bool"), axis, keepdims), x.dtype)
    if ord == 1:
        return reductions.sum(size, axis, keepdims)
    return power(reductions.sum(power(size, ord), axis, keepdims), 1.0 / ord)


def _matrix_norm(x: Tensor, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    if ord is None or ord == "fro":
        return elementwise.sqrt(reductions.sum(elementwise.square(x), axes, keepdims))
    if ord in (2, -2, "nuc"):
        values = factorization.svd(moveaxis(x, axes, (-2, -1)), full=False)[1]
        reduced = {2: reductions.max, -2: reductions.min}.get(ord, reductions.sum)(values, -1)
        return expand(reduced, tuple(sorted(axes))) if keepdims else reduced
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError(
            "norm: `ord` of matrices must be None, 'fro', 'nuc', 1, -1, 2, -2, inf or -inf; got "
            f"{ord!r}"
        )
    summed, kept = axes if abs(ord) == 1 else axes[::-1]
    totals = reductions.sum(absolute(x), summed, keepdims=True)
    best = (reductions.max if ord > 0 else reductions.min)(totals, kept, keepdims=True)
    return best if keepdims else squeeze(best, axes)
