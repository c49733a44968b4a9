"""Factorizations of matrices and what is solved by them, over leading batch axes.

No engine has kernels for them: they run on NumPy. A matrix for which there is no result (singular,
or not positive definite) gives NaN, others of its batch their result.

Source of the gradients: M. Giles, "Collected matrix derivative results for forward and reverse
mode algorithmic differentiation" (2008); for cholesky I. Murray, arXiv:1602.07527, equation 9.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec
from trimtab.ir.tensor import Array
from trimtab.primitives.contraction import matmul
from trimtab.primitives.elementwise import equal, where
from trimtab.primitives.layout import reshape, slice_, transpose
from trimtab.primitives.reduction import broadcast_to, reduce_prod
from trimtab.primitives.source import filled, filled_like


def turned(x: Any) -> Any:
    """Matrices with rows and columns exchanged."""
    axes = (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)
    return transpose(x, axes=axes)


def product(a: Any, b: Any, *, ta: bool = False, tb: bool = False) -> Any:
    """Product of matrices, the first or the second transposed."""
    return matmul(a, b, transpose_a=ta, transpose_b=tb)


def _masked(x: Any, mask: Any) -> Any:
    """Products of the elements with those of one matrix."""
    return x * broadcast_to(Array(mask.astype(x.dtype)), shape=x.shape)


def _symmetric(x: Any) -> Any:
    return (x + turned(x)) * 0.5


def _half_sum(xp: Any, x: Any) -> Any:
    return (x + xp.swapaxes(x, -1, -2)) * x.dtype.type(0.5)


def _rows(vectors: Any, shape: tuple[int, ...]) -> Any:
    """Every vector as all rows of a matrix: what scales its columns."""
    return broadcast_to(reshape(vectors, shape=(*shape[:-2], 1, shape[-1])), shape=shape)


def _columns(vectors: Any, shape: tuple[int, ...]) -> Any:
    """Every vector as all columns of a matrix: what scales its rows."""
    return broadcast_to(reshape(vectors, shape=(*shape[:-1], 1)), shape=shape)


def _each_number(numbers: Any, shape: tuple[int, ...]) -> Any:
    return broadcast_to(reshape(numbers, shape=(*shape[:-2], 1, 1)), shape=shape)


def _inverse_or_zero(x: Any) -> Any:
    is_zero = equal(x, filled_like(x, number=0.0))
    safe = 1.0 / where(is_zero, filled_like(x, number=1.0), x)
    return where(is_zero, filled_like(x, number=0.0), safe)


def _matrices(owner: str, x: Spec, *, square: bool = True) -> tuple[int, ...]:
    if len(x.shape) < 2 or "float" not in x.dtype or (square and x.shape[-1] != x.shape[-2]):
        kind = "square matrices" if square else "matrices"
        raise ValueError(f"{owner}: needs {kind} of floats (two or more axes); got {x}")
    return x.shape


def _or_nan(function: Callable[..., Any], *arrays: Any) -> Any:
    """What a function makes of matrices, NaN for those that NumPy refuses."""
    try:
        return function(*arrays)
    except np.linalg.LinAlgError:
        a = arrays[0]
        if a.ndim == 2:
            return np.full(arrays[-1].shape, np.nan, arrays[-1].dtype)
        batches = zip(*arrays, strict=True)
        return np.stack([_or_nan(function, *matrices) for matrices in batches])


def _samples_of(
    hand: tuple[Any, ...], expected: Any, *shapes: tuple[int, ...], **attrs: Any
) -> list[Sample]:
    """The one worked by hand, and general ones of these shapes.

    The signs of vectors may jump at the hand's zeros, so that differences would say nothing there.
    """
    rng = np.random.default_rng(4)
    made = [Sample(hand, attrs, expected, differentiable=not isinstance(expected, tuple))]
    for shape in shapes:
        x = rng.normal(size=shape)
        if shape[-1] == shape[-2]:
            x = x + 4 * np.diag(np.arange(1.0, shape[-1] + 1))
        made.append(Sample((x,), attrs))
    return made


# Cholesky --------------------------------------------------------------------------------------


def _cholesky_vjp(g: Any, factor: Any, x: Any) -> tuple[Any]:
    # Murray, eq. 9, on the symmetric part of x, which alone is read.
    half = np.tril(np.ones(x.shape[-2:])) - 0.5 * np.eye(x.shape[-1])
    middle = _masked(product(factor, g, ta=True), half)
    back = inverse(factor)
    return (_symmetric(product(product(back, middle, ta=True), back)),)


def _evaluate_cholesky(xp: Any, x: Any) -> Any:
    return _or_nan(xp.linalg.cholesky, _half_sum(xp, x))


def _cholesky_samples() -> list[Sample]:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2, 3, 3))
    hand = (np.array([[4.0, 2.0], [2.0, 5.0]]),)
    return [
        Sample(hand, {}, np.array([[2.0, 0.0], [1.0, 2.0]])),
        Sample((x @ np.swapaxes(x, -1, -2) + np.eye(3),)),
    ]


cholesky = Primitive(
    "cholesky",
    lambda x: Spec(_matrices("cholesky", x), x.dtype),
    _evaluate_cholesky,
    _cholesky_vjp,
    _cholesky_samples,
)
"""The lower triangular L with L L^T the symmetric part of `x`; NaN if not positive definite."""


# Inverses and solutions ------------------------------------------------------------------------


def _inverse_vjp(g: Any, out: Any, x: Any) -> tuple[Any]:
    # Giles, 2.2.3.
    return (-product(product(out, g, ta=True), out, tb=True),)


inverse = Primitive(
    "inverse",
    lambda x: Spec(_matrices("inv", x), x.dtype),
    lambda xp, x: _or_nan(xp.linalg.inv, x),
    _inverse_vjp,
    lambda: _samples_of(
        (np.array([[2.0, 1.0], [1.0, 1.0]]),),
        np.array([[1.0, -1.0], [-1.0, 2.0]]),
        (3, 3),
        (2, 3, 3),
    ),
)
"""The inverses of square matrices; NaN for singular ones."""


def _infer_solve(a: Spec, b: Spec) -> Spec:
    shape = _matrices("solve", a)
    if b.shape[:-1] != shape[:-1] or len(b.shape) != len(shape) or a.dtype != b.dtype:
        raise ValueError(
            f"solve: matrices need right sides of the same batch, rows and type; got {a} and {b}"
        )
    return b


def _solve_vjp(g: Any, out: Any, a: Any, b: Any) -> tuple[Any, Any]:
    # Giles, 2.3.1.
    for_b = solve(turned(a), g)
    return -product(for_b, out, tb=True), for_b


def _solve_samples() -> list[Sample]:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 3, 3)) + 3 * np.eye(3), rng.normal(size=(2, 3, 2))
    hand = np.array([[2.0, 1.0], [1.0, 1.0]]), np.array([[3.0], [2.0]])
    return [Sample(hand, {}, np.array([[1.0], [1.0]])), Sample((a, b)), Sample((a[0], b[0]))]


solve = Primitive(
    "solve",
    _infer_solve,
    lambda xp, a, b: _or_nan(xp.linalg.solve, a, b),
    _solve_vjp,
    _solve_samples,
)
"""The x of `a x = b`, `b` matrices of right sides in columns; NaN where `a` is singular."""


# Determinants ----------------------------------------------------------------------------------


def _cofactors(x: Any) -> Any:
    """D det(x) / dx, of singular matrices too: from U S V^T the other elements' products in S."""
    u, s, vt = svd(x, full=True)
    shape = x.shape
    count = shape[-1]
    grid = _rows(s, shape)
    others = np.ones((count, count)) - np.eye(count)
    mask = broadcast_to(Array(others.astype("bool")), shape=shape)
    products = reduce_prod(where(mask, grid, filled_like(grid, number=1.0)), axes=(len(shape) - 1,))
    turn = _each_number(determinant(u) * determinant(vt), shape)
    return turn * product(u * _rows(products, shape), vt)


determinant = Primitive(
    "determinant",
    lambda x: Spec(_matrices("det", x)[:-2], x.dtype),
    lambda xp, x: xp.linalg.det(x),
    lambda g, out, x: (_each_number(g, x.shape) * _cofactors(x),),
    lambda: [
        *_samples_of((np.array([[3.0, 1.0], [2.0, 2.0]]),), np.array(4.0), (3, 3), (2, 3, 3)),
        Sample((np.array([[1.0, 2.0], [2.0, 4.0]]),), {}, np.array(0.0)),
    ],
)
"""The determinants of square matrices."""


def _log_determinant_vjp(g: Any, out: Any, x: Any) -> tuple[Any]:
    if g[1] is None:
        return (None,)
    return (_each_number(g[1], x.shape) * turned(inverse(x)),)


log_determinant = Primitive(
    "log_determinant",
    lambda x: (Spec(_matrices("slogdet", x)[:-2], x.dtype),) * 2,
    lambda xp, x: tuple(xp.linalg.slogdet(x)),
    _log_determinant_vjp,
    lambda: _samples_of(
        (np.array([[3.0, 1.0], [2.0, 2.0]]),), (np.array(1.0), np.log(4.0)), (3, 3), (2, 3, 3)
    ),
    multiple=True,
)
"""The signs of determinants and the logarithms of their magnitudes."""


# Eigenvalues and singular values ---------------------------------------------------------------


def _infer_eigh(x: Spec) -> tuple[Spec, Spec]:
    shape = _matrices("eigh", x)
    return Spec(shape[:-1], x.dtype), Spec(shape, x.dtype)


def _eigh_vjp(g: Any, out: Any, x: Any) -> tuple[Any]:
    # Giles, 3.1, for orthonormal eigenvectors.
    values, vectors = out
    shape = x.shape
    middle = None
    if g[1] is not None:
        gaps = _inverse_or_zero(_rows(values, shape) - _columns(values, shape))
        middle = gaps * product(vectors, g[1], ta=True)
    if g[0] is not None:
        diagonal = _masked(_rows(g[0], shape), np.eye(shape[-1]))
        middle = diagonal if middle is None else middle + diagonal
    if middle is None:
        return (None,)
    return (_symmetric(product(product(vectors, middle), vectors, tb=True)),)


def _evaluate_eigh(xp: Any, x: Any) -> Any:
    return tuple(xp.linalg.eigh(_half_sum(xp, x)))


eigh = Primitive(
    "eigh",
    _infer_eigh,
    _evaluate_eigh,
    _eigh_vjp,
    lambda: _samples_of(
        (np.diag([1.0, 3.0]),), (np.array([1.0, 3.0]), np.eye(2)), (3, 3), (2, 3, 3)
    ),
    multiple=True,
)
"""Eigenvalues in ascending order, and eigenvectors in columns, of the symmetric part of `x`."""


def _infer_svd(x: Spec, *, full: bool) -> tuple[Spec, Spec, Spec]:
    *batch, m, n = _matrices("svd", x, square=False)
    k = min(m, n)
    shapes = (m, m if full else k), (k,), (n if full else k, n)
    u, s, vt = (Spec((*batch, *shape), x.dtype) for shape in shapes)
    return u, s, vt


def _svd_vjp(g: Any, out: Any, x: Any, *, full: bool) -> tuple[Any]:
    # Giles, 3.2, with the part outside of the span that U or V leave out.
    u, s, vt = out
    m, n = x.shape[-2:]
    k = min(m, n)
    if full and m != n:
        if g[0] is not None or g[2] is not None:
            raise ValueError(
                "svd: the vectors of `full_matrices=True` have no gradient, being free outside "
                f"of the span; got matrices of {m} by {n}. Pass full_matrices=False"
            )
        u, vt = _first(u, k, -1), _first(vt, k, -2)
    parts = []
    square = (*x.shape[:-2], k, k)
    squares = s * s
    gaps = _inverse_or_zero(_rows(squares, square) - _columns(squares, square))
    inverse_s = _inverse_or_zero(s)
    if g[1] is not None:
        parts.append(product(u * _rows(g[1], u.shape), vt))
    if g[0] is not None:
        turn = product(u, g[0], ta=True)
        middle = gaps * (turn - turned(turn)) * _rows(s, square)
        inside = product(u, middle)
        outside = (g[0] - product(u, turn)) * _rows(inverse_s, u.shape)
        parts.append(product(inside + outside if m > k else inside, vt))
    if g[2] is not None:
        turn = product(vt, g[2], tb=True)
        middle = _columns(s, square) * (gaps * (turn - turned(turn)))
        inside = product(middle, vt)
        outside = (g[2] - product(turn, vt, ta=True)) * _columns(inverse_s, vt.shape)
        parts.append(product(u, inside + outside if n > k else inside))
    return (sum(parts[1:], parts[0]) if parts else None,)


def _first(x: Any, count: int, axis: int) -> Any:
    stop = list(x.shape)
    stop[axis] = count
    return slice_(x, start=(0,) * x.ndim, stop=tuple(stop), stride=(1,) * x.ndim)


def _svd_samples() -> list[Sample]:
    hand = (np.array([[3.0, 0.0], [0.0, 1.0]]),)
    expected = (np.eye(2), np.array([3.0, 1.0]), np.eye(2))
    made = _samples_of(hand, expected, (4, 3), (3, 4), (2, 3, 3), full=False)
    return [*made, Sample((np.array([[1.0, 2.0, 3.0]]),), {"full": True}, differentiable=False)]


svd = Primitive(
    "svd",
    _infer_svd,
    lambda xp, x, *, full: tuple(xp.linalg.svd(x, full_matrices=full)),
    _svd_vjp,
    _svd_samples,
    multiple=True,
)
"""U, the singular values in descending order, and V^T; `full`: square U and V."""


# QR and LU -------------------------------------------------------------------------------------


def _infer_qr(x: Spec, *, complete: bool) -> tuple[Spec, Spec]:
    *batch, m, n = _matrices("qr", x, square=False)
    k = m if complete else min(m, n)
    return Spec((*batch, m, k), x.dtype), Spec((*batch, k, n), x.dtype)


def _qr_vjp(g: Any, out: Any, x: Any, *, complete: bool) -> tuple[Any]:
    # S. Walter, L. Lehmann, arXiv:1009.6112, equation 11, for full column rank.
    q, r = out
    m, n = x.shape[-2:]
    if m < n or (complete and m > n):
        raise ValueError(
            "qr: has a gradient for matrices with no more columns than rows, and if they are "
            f"square in mode 'complete' too; got {m} by {n}"
        )
    middle = filled(r.shape, 0.0, x.dtype)
    if g[1] is not None:
        middle = middle + product(r, g[1], tb=True)
    if g[0] is not None:
        middle = middle - product(g[0], q, ta=True)
    lower = _masked(middle, np.tril(np.ones((n, n))))
    strict = _masked(middle, np.tril(np.ones((n, n)), -1))
    right = product(q, lower + turned(strict))
    if g[0] is not None:
        right = right + g[0]
    return (turned(solve(r, turned(right))),)


qr = Primitive(
    "qr",
    _infer_qr,
    lambda xp, x, *, complete: tuple(xp.linalg.qr(x, "complete" if complete else "reduced")),
    _qr_vjp,
    lambda: [
        *_samples_of(
            (np.array([[0.0, -2.0], [-3.0, 0.0]]),),
            (np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[-3.0, 0.0], [0.0, -2.0]])),
            (4, 3),
            (2, 3, 3),
            complete=False,
        ),
        Sample((np.ones((3, 2)),), {"complete": True}, differentiable=False),
        Sample((np.ones((2, 3)),), {"complete": False}, differentiable=False),
    ],
    multiple=True,
)
"""Orthonormal columns Q and an upper triangular R with `x = Q R`; `complete`: square Q."""


def _infer_lu(x: Spec) -> tuple[Spec, Spec]:
    *batch, m, n = _matrices("lu_factor", x, square=False)
    return x, Spec((*batch, min(m, n)), "int32")


def _evaluate_lu(xp: Any, x: Any) -> Any:
    """Gaussian elimination, the largest element of a column its pivot, all of a batch at once."""
    *batch, m, n = x.shape
    lu = np.array(x.reshape(-1, m, n))
    each = np.arange(len(lu))
    pivots = np.zeros((len(lu), min(m, n)), "int32")
    for i in range(min(m, n)):
        best = i + np.abs(lu[:, i:, i]).argmax(1)
        pivots[:, i] = best
        lu[each, i], lu[each, best] = lu[each, best], lu[each, i]
        pivot = lu[:, i, i][:, None]
        lu[:, i + 1 :, i] /= np.where(pivot == 0, 1, pivot)
        lu[:, i + 1 :, i + 1 :] -= lu[:, i + 1 :, i, None] * lu[:, i, None, i + 1 :]
    return lu.reshape(x.shape), pivots.reshape(*batch, min(m, n))


def _lu_vjp(g: Any, out: Any, x: Any) -> tuple[Any]:
    # F. de Hoog, R. Anderssen, M. Lukas, "Differentiation of matrix functionals using triangular
    # factorization" (2011): P^T L^-T (strictly lower of L^T L' + upper of U' U^T) U^-T.
    lu, _ = out
    m, n = x.shape[-2:]
    if g[0] is None:
        return (None,)
    if m != n:
        raise ValueError(f"lu_factor: has a gradient for square matrices only; got {m} by {n}")
    below, above = np.tril(np.ones((n, n)), -1), np.triu(np.ones((n, n)))
    ones = broadcast_to(Array(np.eye(n, dtype=x.dtype)), shape=x.shape)
    lower, upper = _masked(lu, below) + ones, _masked(lu, above)
    of_lower = _masked(product(lower, _masked(g[0], below), ta=True), below)
    of_upper = _masked(product(_masked(g[0], above), upper, tb=True), above)
    middle = turned(solve(upper, turned(of_lower + of_upper)))
    # As x is P^T L U, its inverse's transpose times U^T is P^T L^-T.
    return (solve(turned(x), product(upper, middle, ta=True)),)


lu_factor = Primitive(
    "lu_factor",
    _infer_lu,
    _evaluate_lu,
    _lu_vjp,
    lambda: _samples_of(
        (np.array([[1.0, 2.0], [2.0, 2.0]]),),
        (np.array([[2.0, 2.0], [0.5, 1.0]]), np.array([1, 1])),
        (3, 3),
        (2, 3, 3),
    ),
    multiple=True,
)
"""L below the diagonal and U in one matrix, and for each row the row it was exchanged with."""
