"""Ops of layout."""

import numpy as np

from ops_cases.case import (
    BOOLS,
    COLUMN,
    CUBE,
    IMAGES,
    INTS,
    ROW,
    SMALL,
    SQUARE,
    VECTOR,
    Case,
    X,
    Y,
    case,
    cases,
    plain,
)

CASES = {
    **cases("reshape", (X, (2, 6)), (X, (-1,)), (CUBE, (4, -1))),
    **plain("ravel transpose flipud fliplr", (X,), (INTS,)),
    **cases("moveaxis", (CUBE, 0, -1), (CUBE, (0, 2), (1, 0))),
    **cases("swapaxes", (CUBE, 0, 2)),
    **cases("expand_dims", (X, 1), (X, -1), (X, (0, 2))),
    **cases("squeeze", (COLUMN,), (COLUMN, 1), (COLUMN[None], (0, -1))),
    **cases("broadcast_to", (ROW, (3, 4)), (COLUMN, (2, 3, 4))),
    "concatenate": [
        Case(lambda o, a, b: o.concatenate([a, b]), X, Y),
        Case(lambda o, a, b: o.concatenate([a, b], axis=1), X, COLUMN),
        Case(lambda o, a, b: o.concatenate([a, b], -1), INTS, X),
    ],
    "stack": [
        Case(lambda o, a, b: o.stack([a, b]), X, Y),
        Case(lambda o, a, b: o.stack([a, b], axis=-1), X, INTS),
    ],
    **{
        name: [
            Case(lambda o, a, b, n=name: getattr(o, n)([a, b]), X, Y),
            Case(lambda o, a, b, n=name: getattr(o, n)((a, b)), ROW, ROW),
        ]
        for name in ("hstack", "vstack", "dstack")
    },
    **cases("append", (X, Y), (X, Y, 1), (X, ROW)),
    **cases("split", (X, 2, 1), (X, [1, 3], 1), (INTS, 3)),
    **cases("array_split", (X, 3, 1), (VECTOR, 2)),
    **cases("hsplit", (X, 2), (VECTOR, [2])),
    **cases("vsplit", (X, 3)),
    **cases("dsplit", (CUBE, 2)),
    **cases("unstack", (X,), (X, 4, 1)),
    **cases("flip", (X,), (CUBE, (0, 2)), (INTS, 0)),
    **cases("rot90", (X,), (X, 2), (CUBE, 3, (1, 2)), (CUBE, 1, (0, 2))),
    **cases("meshgrid", (ROW, VECTOR), (ROW, VECTOR, {"indexing": "ij"})),
    **cases("tile", (X, 2), (X, (2, 1, 3)), (CUBE, (2, 1))),
    "repeat": [
        case("repeat", X, 2),
        case("repeat", X, 3, 1),
        Case(lambda o, x: o.repeat(x, np.array([1, 0, 2]), 0), X),
    ],
    **cases("roll", (X, 1), (X, -3, 1), (X, (1, 2), (0, 1))),
    **cases(
        "pad",
        (X, 1),
        (X, ((1, 0), (0, 2))),
        (X, ((1, 2),), {"constant_values": 1e8}),
        (BOOLS, 1),
        *[(X, ((2, 1), (1, 3)), m) for m in ("reflect", "symmetric", "edge", "wrap")],
        (INTS, 1, {"constant_values": 7}),
    ),
    **cases("tril", (SQUARE,), (X, 1), (CUBE, -1)),
    **cases("triu", (SQUARE,), (X, 1), (CUBE, -1)),
    **cases("diag", (ROW,), (ROW, 1), (ROW, -2), (X, 1), (SQUARE, -1)),
    **cases("diagflat", (ROW,), (COLUMN, -1)),
    **cases("diagonal", (X,), (CUBE, 1, 1, 2), (CUBE, -1, 2, 0), (X, 5)),
    **cases("trace", (SQUARE,), (CUBE, 1, 1, 2), (SMALL,)),
    **cases(
        "depth_to_space", (IMAGES, 2), (IMAGES.transpose(0, 3, 1, 2).copy(), 2, "channels_first")
    ),
    **cases(
        "space_to_depth", (IMAGES, 2), (IMAGES.transpose(0, 3, 1, 2).copy(), 2, "channels_first")
    ),
}
