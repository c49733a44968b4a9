"""Factorizations of matrices, determinants, inverses and solutions."""

import numpy as np

from ops_cases.case import CUBE, INTS, NO, ROW, SQUARE, Case, X, cases

GENERAL = SQUARE + 3 * np.eye(4, dtype="float32")
BATCH = np.stack([GENERAL, GENERAL.T[::-1] + np.float32(0.5)])
POSITIVE = (SQUARE @ SQUARE.T + np.eye(4)).astype("float32")
MANY = np.stack([POSITIVE, 2 * POSITIVE + np.diag(np.arange(4.0))]).astype("float32")
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]], "float32")
FLAT = np.outer([1.0, 2.0, 3.0], [1.0, -1.0]).astype("float32")
LOOSE = {"rtol": 2e-4}


# Singular and eigenvectors are free in their signs: magnitudes are compared.
CASES = {
    **cases("cholesky", (POSITIVE, LOOSE), (MANY, True, LOOSE), (POSITIVE + SQUARE * 0.01, LOOSE)),
    **cases("cholesky_inverse", (GENERAL, LOOSE), (GENERAL, True, LOOSE)),
    **cases("det", (GENERAL, LOOSE), (BATCH, LOOSE), (SINGULAR, LOOSE), (INTS[:, :3],)),
    **cases("slogdet", (GENERAL, LOOSE), (BATCH, LOOSE)),
    **cases("logdet", (POSITIVE, LOOSE), (MANY, LOOSE)),
    **cases("inv", (GENERAL, LOOSE), (BATCH, LOOSE)),
    **cases(
        "solve",
        (GENERAL, ROW, LOOSE),
        (GENERAL, X.T.copy(), LOOSE),
        (BATCH, np.stack([X.T, 1 - X.T]), LOOSE),
    ),
    **cases(
        "solve_triangular",
        (GENERAL, ROW, LOOSE),
        (GENERAL, X.T.copy(), {"lower": True, **LOOSE}),
        (BATCH, np.stack([X.T, 1 - X.T]), {"lower": True, **LOOSE}),
    ),
    "eigh": [
        Case(lambda o, x: o.eigh(x)[0], POSITIVE, rtol=2e-4),
        Case(lambda o, x: tuple(o.abs(part) for part in o.eigh(x)), MANY, rtol=1e-3),
    ],
    "svd": [
        Case(lambda o, x: [o.abs(p) for p in o.svd(x, full_matrices=False)], X, rtol=1e-3),
        Case(lambda o, x: o.svd(x, compute_uv=False), CUBE, rtol=2e-4),
        Case(lambda o, x: [o.abs(p) for p in o.svd(x, False)], X.T.copy(), rtol=1e-3),
        Case(lambda o, x: [o.abs(p) for p in o.svd(x)], SQUARE, rtol=1e-3),
        Case(lambda o, x: o.svd(x)[1], X, rtol=2e-4, gradient=False),
    ],
    **cases(
        "qr",
        (X.T.copy(), LOOSE),
        (CUBE, {**LOOSE, **NO}),
        (SQUARE, "complete", LOOSE),
        (X.T.copy(), "complete", {**LOOSE, **NO}),
    ),
    **cases("lu_factor", (GENERAL, LOOSE), (BATCH, LOOSE), (X, {**LOOSE, **NO})),
    **cases(
        "lstsq",
        (X.T.copy(), ROW, LOOSE),
        (X, X[:, :2].copy(), LOOSE),
        (FLAT, FLAT[:, 0].copy(), {**LOOSE, **NO}),
        (X.T.copy(), ROW, 0.5, {**LOOSE, **NO}),
    ),
    **cases("pinv", (X, {"rtol": 1e-3}), (CUBE, {"rtol": 1e-3}), (FLAT, {**LOOSE, **NO})),
    **cases("matrix_rank", (X,), (FLAT,), (CUBE,), (BATCH, 2.5)),
}
