"""Creation, tensors as such, and control flow."""

import numpy as np

from ops_cases.case import (
    BOOLS,
    INTS,
    NO,
    POSITIVE,
    ROW,
    Case,
    X,
    Y,
    cases,
    plain,
)

CASES = {
    "zeros": [Case(lambda o: o.zeros((2, 3))), Case(lambda o: o.zeros(3, "int32"))],
    "ones": [Case(lambda o: o.ones((2, 3))), Case(lambda o: o.ones((), "bool"))],
    "full": [
        Case(lambda o: o.full((2, 3), 1.5)),
        Case(lambda o: o.full((2,), 3, "int8")),
        Case(lambda o, x: o.full((3, 4), x), ROW),
    ],
    "eye": [Case(lambda o: o.eye(3)), Case(lambda o: o.eye(3, 4, 1, "int32"))],
    "identity": [Case(lambda o: o.identity(3))],
    "tri": [Case(lambda o: o.tri(3)), Case(lambda o: o.tri(3, 4, 1, "int32"))],
    "arange": [
        Case(lambda o: o.arange(5)),
        Case(lambda o: o.arange(1.0, 3.0, 0.5)),
        Case(lambda o: o.arange(2, 7, dtype="float32")),
        Case(lambda o: o.arange(5, 0, -2)),
    ],
    "linspace": [
        Case(lambda o: o.linspace(0, 10, 5)),
        Case(lambda o: o.linspace(0, 1, 4, endpoint=False, retstep=True)),
        Case(lambda o, a, b: o.linspace(a, b, 3, axis=-1), X, Y),
        Case(lambda o: o.linspace(0, 10, 4, dtype="int32")),
        Case(lambda o: o.linspace(2.0, 3.0, 1)),
    ],
    "logspace": [
        Case(lambda o: o.logspace(0, 2, 5), rtol=1e-4),
        Case(lambda o: o.logspace(0, 3, 4, base=2)),
    ],
    "geomspace": [Case(lambda o: o.geomspace(1, 100, 3), rtol=1e-4)],
    **cases("vander", (ROW,), (INTS[0], {"N": 3, "increasing": True})),
    **plain("zeros_like ones_like", (X,), (INTS,), (BOOLS,), gradient=False),
    **cases("full_like", (X, 2.5, NO), (INTS, 3), (X, 1, "int32")),
    **plain("convert_to_tensor array stop_gradient", (X,), (INTS,), gradient=False),
    **cases(
        "cast", (X, "int32", NO), (X, "float16", {"rtol": 1e-3}), (INTS, "float32"), (X, "bool", NO)
    ),
    **cases(
        "saturate_cast",
        (X * 200, "int8", NO),
        (X * 1e10, "int32", NO),
        (INTS, "uint8"),
        (X, "float16", {"rtol": 1e-3}),
    ),
    "cond": [
        Case(lambda o, x: o.cond(True, lambda: x * 2, lambda: x), X),
        Case(lambda o, x: o.cond(o.sum(x) > 1e3, lambda: x * 2, lambda: x - 1), X),
    ],
    "switch": [
        Case(lambda o, i, x: o.switch(i, [lambda v: v * 2, lambda v: v + 1], x), np.int32(1), X),
        Case(lambda o, i, x: o.switch(i, [lambda v: v * 2, lambda v: v + 1], x), np.int32(7), X),
    ],
    "while_loop": [
        Case(
            lambda o, x: o.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2), (0, x))[1],
            X,
            gradient=False,
        ),
        Case(
            lambda o, x: o.while_loop(
                lambda v: o.sum(v) < 40, lambda v: v * 2, x, maximum_iterations=8
            ),
            POSITIVE,
            gradient=False,
        ),
    ],
    "fori_loop": [Case(lambda o, x: o.fori_loop(0, 3, lambda i, v: v * 1.5 + i, x), X)],
    "scan": [
        Case(lambda o, x: o.scan(lambda c, r: (c + r, c * r), o.zeros(4), x), X),
        Case(lambda o, x: o.scan(lambda c, r: (c * 0.5 + r, c), o.ones(4), x, reverse=True), X),
    ],
    "map": [Case(lambda o, x: o.map(lambda r: o.cumsum(r) * 2, x), X)],
    "vectorized_map": [Case(lambda o, x: o.vectorized_map(lambda r: o.sum(r) * r, x), X)],
}
