"""Ops that few scripts use."""

import numpy as np

from ops_cases.case import (
    BOOLS,
    BYTES,
    COLUMN,
    CUBE,
    EAGER,
    HALF,
    INTS,
    NO,
    ODD,
    POSITIVE,
    ROW,
    SMALL,
    VECTOR,
    Case,
    X,
    Y,
    case,
    cases,
    plain,
)

FIVE = np.int32(5)
WIDE = np.array([0.0, 1.0, -2.5, 8.0, -19.0, 21.0, 60.0], "float32")

CASES = {
    **plain("bartlett blackman hamming hanning", (FIVE,), (np.int32(1),), (np.int32(0),), **EAGER),
    "kaiser": [
        Case(lambda o, beta: o.kaiser(5, beta), np.float32(3.5), gradient=False),
        Case(lambda o: o.kaiser(1, 2.0)),
        Case(lambda o: o.kaiser(0, 2.0)),
    ],
    **plain("i0", (WIDE / 4,), (WIDE,), (INTS,), (BOOLS,), (HALF,), rtol=1e-3),
    **plain("erfc", (X,), (WIDE / 3,), (INTS,), (BOOLS,), (HALF,), rtol=1e-3),
    **plain("gcd lcm", (INTS * 6, np.int32(4)), (SMALL, np.int32(10)), (BYTES, BYTES[0] + 3), **NO),
    **cases(
        "isin",
        (INTS, [2, 6]),
        (X, X[0], {"invert": True, "gradient": False}),
        (ODD, ODD[:1]),
        (INTS, np.array([2.0, 2.5], "float32"), NO),
        (INTS, np.zeros(0, "int32")),
        (BOOLS, [1], {"assume_unique": True}),
    ),
    **plain("ldexp", (X, INTS), (INTS, np.int32(3)), (HALF, SMALL[0, 0])),
    **plain("logaddexp2", (X, ROW), (INTS, Y), (HALF, HALF), rtol=1e-3),
    **cases(
        "nextafter",
        (X, Y, NO),
        (np.array([0.0, 1.0, 2.0, -1.0], "float32"), ODD[0], NO),
        (np.zeros(2, "float32"), np.array([3.0, -3.0], "float32"), NO),
        (INTS, X, NO),
        (HALF, HALF[::-1], NO),
    ),
    **plain("signbit", (X,), (INTS,), (BYTES,), (BOOLS,), (HALF,), (-0.0 * POSITIVE,), **NO),
    **cases(
        "trapezoid",
        (X,),
        (X, np.cumsum(POSITIVE[0], dtype="float32")),
        (X, {"dx": 0.5, "axis": 0}),
        (INTS,),
        (X, np.cumsum(POSITIVE, 1, dtype="float32")),
    ),
    "unravel_index": [
        case("unravel_index", np.array([3, 5, 0], "int32"), (2, 3)),
        case("unravel_index", np.array([[-1, 7]], "int32"), (2, 3)),
        case("unravel_index", np.array([3], "int8"), (4,)),
    ],
    **cases(
        "view",
        (X, "int32", NO),
        (X, "uint8", NO),
        (BYTES, "float32", NO),
        (HALF, "int16", NO),
        (BOOLS, "uint8", NO),
        (X,),
    ),
    **cases("corrcoef", (X, {"rtol": 1e-4}), (VECTOR, NO), (INTS, {"rtol": 1e-4})),
    "correlate": [
        Case(lambda o, a, b, m=mode: o.correlate(a, b, mode=m), *pair)
        for mode in ("valid", "same", "full")
        for pair in ((VECTOR, ROW), (ROW[:2], VECTOR), (INTS[0], SMALL[0]))
    ],
    **cases("psnr", (X, Y, 2.0), (X, ROW + 0 * X, np.float32(3.0))),
    **cases(
        "rearrange",
        (CUBE, "a b c -> c a b"),
        (CUBE, "a b c -> (c b) a"),
        (CUBE, "a b (c d) -> (a d) b c", {"c": 2, "gradient": False}),
        (INTS, "a b->b a"),
    ),
    "vectorize": [
        Case(lambda o, a, b: o.vectorize(lambda x, y: x * y + 1)(a, b), X, COLUMN),
        Case(lambda o, a: o.vectorize(lambda x: o.sum(x) * x, signature="(n)->(n)")(a), CUBE),
        Case(
            lambda o, a, b: o.vectorize(lambda x, y: o.matmul(x, y), signature="(n,m),(m)->(n)")(
                a, b
            ),
            CUBE,
            ROW,
        ),
        Case(lambda o, a: o.vectorize(lambda x, y: x * y, excluded={1})(a, 3.0), X),
    ],
}
