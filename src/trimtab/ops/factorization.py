"""Factorizations of matrices, determinants, inverses and what is solved by them.

All take leading batch axes. They run on NumPy, in the engine too, as steps of a plan that call it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import checks
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops import reductions
from trimtab.ops.arithmetic import divide, multiply
from trimtab.ops.dispatch import broadcast, broadcast_shape, common_float_type, convert, expand, op
from trimtab.ops.layout import reshape
from trimtab.ops.linear_algebra import product
from trimtab.ops.logic import greater, greater_equal, logical_and
from trimtab.ops.repetition import tril, triu
from trimtab.primitives import elementwise, factorization
from trimtab.primitives.factorization import turned
from trimtab.primitives.source import filled_like


def _matrices(x: Any, owner: str, *, square: bool = False) -> tuple[Tensor, str]:
    """Matrices in a type that NumPy factorizes, and the type of the result.

    Raises:
        ValueError: If they have fewer than two axes, or must be square and are not.
    """
    dtype = common_float_type(x)
    tensor = convert(x, dtype)
    checks.rank(owner, "x", tensor.shape, 2)
    if square and tensor.shape[-1] != tensor.shape[-2]:
        raise ValueError(f"{owner}: matrices must be square; got shape {tensor.shape}")
    return convert(tensor, _computed(dtype)), dtype


def _computed(dtype: str) -> str:
    return dtype if dtype == "float64" else "float32"


def _told(result: Tensor, owner: str, rule: str) -> Tensor:
    """The result; of numbers, an error if a matrix has none."""
    if type(result) is Array and np.isnan(result.array).any():
        raise ValueError(f"{owner}: {rule}; got one that is not, or NaN")
    return result


@op
def cholesky(x: Any, upper: bool = False) -> Tensor:
    """The lower triangular L with `L L^T = x`, of symmetric positive definite matrices.

    Of matrices that are not symmetric, the symmetric part is taken.

    Args:
        x: `(..., n, n)`.
        upper: Whether to give `L^T`.

    Raises:
        ValueError: If a matrix is not positive definite; a compiled step gives NaN instead.

    Example:
        >>> import trimtab
        >>> trimtab.ops.cholesky([[4.0, 2.0], [2.0, 5.0]]).tolist()
        [[2.0, 0.0], [1.0, 2.0]]
    """
    tensor, dtype = _matrices(x, "cholesky", square=True)
    factor = _told(factorization.cholesky(tensor), "cholesky", "matrices must be positive definite")
    return convert(turned(factor) if upper else factor, dtype)


@op
def cholesky_inverse(x: Any, upper: bool = False) -> Tensor:
    """The inverse of `L L^T` from the factor L that `cholesky` gives (or `L^T` if `upper`)."""
    tensor, dtype = _matrices(x, "cholesky_inverse", square=True)
    eye = broadcast(Array(np.eye(tensor.shape[-1], dtype=tensor.dtype)), tensor.shape)
    triangle = triu(tensor) if upper else tril(tensor)
    back = _solved(triangle, eye, "cholesky_inverse")
    result = product(back, turned(back)) if upper else product(turned(back), back)
    return convert(result, dtype)


@op
def det(x: Any) -> Tensor:
    """The determinants of square matrices `(..., n, n)`."""
    tensor, dtype = _matrices(x, "det", square=True)
    return convert(factorization.determinant(tensor), dtype)


@op
def slogdet(x: Any) -> tuple[Tensor, Tensor]:
    """The signs (1, 0 or -1) of determinants, and the logarithms of their magnitudes."""
    tensor, dtype = _matrices(x, "slogdet", square=True)
    sign, size = factorization.log_determinant(tensor)
    return convert(sign, dtype), convert(size, dtype)


@op
def logdet(x: Any) -> Tensor:
    """The logarithm of a determinant's magnitude, which `log(det(x))` would over- or underflow."""
    tensor, dtype = _matrices(x, "logdet", square=True)
    return convert(factorization.log_determinant(tensor)[1], dtype)


@op
def inv(x: Any) -> Tensor:
    """The inverses of square matrices `(..., n, n)`.

    Raises:
        ValueError: If a matrix is singular; a compiled step gives NaN instead.
    """
    tensor, dtype = _matrices(x, "inv", square=True)
    inverse = factorization.inverse(tensor)
    return convert(_told(inverse, "inv", "matrices must be invertible"), dtype)


@op
def solve(a: Any, b: Any) -> Tensor:
    """The x of `a x = b`.

    Args:
        a: Square matrices `(..., n, n)`.
        b: Right sides `(..., n)`, or several in the columns of `(..., n, k)`.

    Returns:
        As `b`.

    Raises:
        ValueError: If shapes do not fit, or a matrix is singular (a compiled step gives NaN then).

    Example:
        >>> import trimtab
        >>> trimtab.ops.solve([[2.0, 1.0], [1.0, 1.0]], [3.0, 2.0]).tolist()
        [1.0, 1.0]
    """
    return _solution(a, b, "solve", lambda matrix: matrix)


@op
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Tensor:
    """The x of `a x = b`, of `a` only the upper triangle read, or the lower if `lower`.

    Args:
        a: Square matrices `(..., n, n)`.
        b: Right sides `(..., n)`, or several in the columns of `(..., n, k)`.
        lower: Which triangle.

    Raises:
        ValueError: If shapes do not fit, or the diagonal has a zero (a compiled step gives NaN
            then).
    """
    return _solution(a, b, "solve_triangular", tril if lower else triu)


def _solution(a: Any, b: Any, owner: str, part: Any) -> Tensor:
    dtype = common_float_type(a, b)
    matrix, _ = _matrices(convert(a, dtype), owner, square=True)
    right = convert(convert(b, dtype), matrix.dtype)
    checks.rank(owner, "b", right.shape, 1)
    is_vector = right.ndim == matrix.ndim - 1
    columns = expand(right, (right.ndim,)) if is_vector else right
    if columns.ndim != matrix.ndim or columns.shape[-2] != matrix.shape[-1]:
        raise ValueError(
            f"{owner}: `b` must have as many rows as `a`; got shapes {matrix.shape} and "
            f"{right.shape}"
        )
    lead = broadcast_shape([matrix.shape[:-2], columns.shape[:-2]], owner)
    matrix = broadcast(part(matrix), (*lead, *matrix.shape[-2:]))
    columns = broadcast(columns, (*lead, *columns.shape[-2:]))
    result = _solved(matrix, columns, owner)
    return convert(reshape(result, result.shape[:-1]) if is_vector else result, dtype)


def _solved(matrix: Tensor, columns: Tensor, owner: str) -> Tensor:
    return _told(factorization.solve(matrix, columns), owner, "matrices must be invertible")


@op
def eigh(x: Any) -> tuple[Tensor, Tensor]:
    """Eigenvalues, ascending, and eigenvectors, in columns, of symmetric matrices `(..., n, n)`.

    Of matrices that are not symmetric, the symmetric part is taken.
    """
    tensor, dtype = _matrices(x, "eigh", square=True)
    values, vectors = factorization.eigh(tensor)
    return convert(values, dtype), convert(vectors, dtype)


@op
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Singular value decomposition: `x = u diag(s) v`, s in descending order.

    Args:
        x: Matrices `(..., m, n)`.
        full_matrices: Whether u is `(..., m, m)` and v `(..., n, n)`, instead of with only
            min(m, n) columns and rows. Vectors beyond those have no gradient.
        compute_uv: Whether u and v are wanted.

    Returns:
        (u, s, v), or s alone.
    """
    tensor, dtype = _matrices(x, "svd")
    if not compute_uv:
        return convert(factorization.svd(tensor, full=False)[1], dtype)
    parts = factorization.svd(tensor, full=bool(full_matrices))
    return tuple(convert(part, dtype) for part in parts)


@op
def qr(x: Any, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """Orthonormal columns q and an upper triangular r with `x = q r`.

    Args:
        x: Matrices `(..., m, n)`.
        mode: "reduced" for min(m, n) columns, "complete" for a square q.

    Raises:
        ValueError: For another mode.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: `mode` must be 'reduced' or 'complete'; got {mode!r}")
    tensor, dtype = _matrices(x, "qr")
    q, r = factorization.qr(tensor, complete=mode == "complete")
    return convert(q, dtype), convert(r, dtype)


@op
def lu_factor(x: Any) -> tuple[Tensor, Tensor]:
    """L (below the diagonal, its own diagonal being 1) and U in one matrix, and the pivots.

    Returns:
        The factors, and for each row the row (int32) that it was exchanged with, in this order.
    """
    tensor, dtype = _matrices(x, "lu_factor")
    factors, pivots = factorization.lu_factor(tensor)
    return convert(factors, dtype), pivots


def _inverse_values(s: Tensor, cutoff: Any) -> Tensor:
    """1 / s where s is at least the cutoff and not zero, else 0."""
    zero = filled_like(s, 0.0)
    kept = logical_and(greater_equal(s, cutoff), greater(s, 0.0))
    safe = elementwise.where(kept, s, filled_like(s, 1.0))
    return elementwise.where(kept, divide(1.0, safe), zero)


def _scaled_back(u: Tensor, values: Tensor, vt: Tensor, right: Tensor) -> Tensor:
    """V diag(values) U^T right."""
    return product(turned(vt), multiply(expand(values, (values.ndim,)), product(turned(u), right)))


@op
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Tensor:
    """The x of least norm among those that make `|a x - b|` smallest.

    Args:
        a: `(m, n)`.
        b: `(m,)`, or several right sides in the columns of `(m, k)`.
        rcond: Singular values below this share of the largest count as zero; by default the
            type's precision times the larger side.

    Raises:
        ValueError: If shapes do not fit.
    """
    dtype = common_float_type(a, b)
    matrix, _ = _matrices(convert(a, dtype), "lstsq")
    right = convert(convert(b, dtype), matrix.dtype)
    if matrix.ndim != 2 or right.ndim not in (1, 2) or right.shape[0] != matrix.shape[0]:
        raise ValueError(
            "lstsq: `a` must be a matrix and `b` have as many rows, in one or two axes; got "
            f"shapes {matrix.shape} and {right.shape}"
        )
    columns = expand(right, (1,)) if right.ndim == 1 else right
    precision = float(np.finfo(matrix.dtype).eps)
    share = precision * max(matrix.shape) if rcond is None else rcond
    share = precision if share < 0 else share
    u, s, vt = factorization.svd(matrix, full=False)
    largest = reductions.max(s, -1, keepdims=True)
    result = _scaled_back(u, _inverse_values(s, multiply(largest, share)), vt, columns)
    return convert(reshape(result, result.shape[:1]) if right.ndim == 1 else result, dtype)


@op
def pinv(x: Any, rcond: Any = None) -> Tensor:
    """The Moore-Penrose inverses of matrices `(..., m, n)`.

    Args:
        x: The matrices.
        rcond: Singular values up to this share of the largest count as zero; by default ten times
            the type's precision times the larger side.
    """
    tensor, dtype = _matrices(x, "pinv")
    if rcond is None:
        rcond = 10.0 * max(tensor.shape[-2:]) * float(np.finfo(tensor.dtype).eps)
    u, s, vt = factorization.svd(tensor, full=False)
    largest = reductions.max(s, -1, keepdims=True)
    values = _inverse_values(s, multiply(largest, rcond))
    result = product(turned(vt), multiply(expand(values, (values.ndim,)), turned(u)))
    return convert(result, dtype)


@op
def matrix_rank(x: Any, tol: Any = None) -> Tensor:
    """How many singular values are above a tolerance: int32 `(...)`.

    Args:
        x: Matrices `(..., m, n)`.
        tol: The tolerance; by default the largest singular value times the type's precision times
            the larger side.
    """
    tensor, _ = _matrices(x, "matrix_rank")
    s = factorization.svd(tensor, full=False)[1]
    if tol is None:
        share = float(np.finfo(tensor.dtype).eps) * max(tensor.shape[-2:])
        tol = multiply(reductions.max(s, -1, keepdims=True), share)
    return reductions.sum(convert(greater(s, tol), "int32"), -1)
