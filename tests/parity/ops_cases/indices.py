"""Ops by index and by order."""

import numpy as np

from ops_cases.case import (
    BOOLS,
    BYTES,
    CLASSES,
    COLUMN,
    CUBE,
    EAGER,
    INTS,
    NO,
    ODD,
    PLACES,
    ROW,
    SEGMENTS,
    SQUARE,
    TIES,
    VECTOR,
    Case,
    X,
    Y,
    case,
    cases,
)

CASES = {
    **cases(
        "take",
        (X, INTS[0] % 3, 0),
        (X, np.array([0, -1], "int32")),
        (CUBE, np.array([[0, 1], [2, 0]], "int32"), 1),
        (INTS, 2, 1),
    ),
    **cases(
        "take_along_axis",
        (X, INTS % 3, 0),
        (X, INTS[:, :1] % 4, 1),
        (X, np.array([0, -1], "int32")),
        (CUBE, np.array([[[1]], [[0]]], "int32"), 1),
    ),
    "get_item": [
        Case(lambda o, x, k=key: o.get_item(x, k), CUBE)
        for key in (
            1,
            (slice(None), 1),
            (..., 0),
            (None, 0),
            slice(None, None, -1),
            (0, slice(2, 0, -1)),
            ([1, 0],),
            (slice(None), [0, 2, 2]),
            (0, slice(None), [3, 1]),
            ([0, 1], slice(None), [3, 1]),
            (slice(None), [[0], [1]], [2, 3]),
            (-1, ..., slice(1, None, 2)),
            np.array([True, False]),
        )
    ],
    **cases("slice", (CUBE, (0, 1, 2), (2, 2, 2)), (X, (1, 1), (-1, 2))),
    "slice_update": [
        case("slice_update", X, (1, 2), COLUMN[:2]),
        Case(
            lambda o, x, i, u: o.slice_update(x, (i[0], i[1]), u),
            X,
            np.array([1, 9], "int32"),
            SQUARE[:2, :2],
        ),
    ],
    **cases("scatter", (PLACES, ROW[:3], (2, 3)), (SEGMENTS[:, None], X, (3, 4))),
    "scatter_update": [
        case("scatter_update", X, np.array([[0, 1], [2, 3]], "int32"), ROW[:2]),
        *[
            case("scatter_update", X, PLACES, ROW[:3], r, gradient=r in ("add",))
            for r in ("add", "max", "min", "mul")
        ],
        case("scatter_update", X, SEGMENTS[1:, None], Y[:2]),
    ],
    **{
        name: [
            case(name, X, SEGMENTS, 3, gradient=name != "segment_prod"),
            case(name, INTS, SEGMENTS, num_segments=2),
            case(name, X, np.array([0, 5, -1], "int32"), 2, gradient=name != "segment_prod"),
        ]
        # JAX has no gradient of segment_prod.
        for name in ("segment_sum", "segment_max", "segment_min", "segment_prod")
    },
    **cases("sort", (X,), (X, 0), (ODD,), (INTS, 1), (BOOLS,)),
    **cases("argsort", (TIES, NO), (TIES, 0, NO), (ODD, NO), (INTS,)),
    **cases("top_k", (TIES, 2, NO), (X, 3), (INTS, 2), (ODD, 3)),
    **cases(
        "in_top_k",
        (CLASSES, X, 2, NO),
        (np.array([0, 3], "int32"), TIES, 1, NO),
        (np.array([0, 3], "int32"), ODD, 2),
    ),
    **cases(
        "searchsorted",
        (np.sort(VECTOR), X, NO),
        (np.array([1, 2, 2, 5], "int32"), INTS, {"side": "right"}),
        (np.sort(ODD[0]), ODD, NO),
    ),
    **cases(
        "digitize",
        (X, np.array([-1.0, 0.0, 1.0], "float32"), EAGER),
        (X, np.array([1.0, 0.0], "float32"), EAGER),
    ),
    **cases(
        "histogram",
        (VECTOR, 4, NO),
        (VECTOR, 3, (-1.0, 1.0), NO),
        (INTS[0],),
        (np.ones(3, "float32"), 2, NO),
    ),
    **cases(
        "bincount",
        (BYTES[1], EAGER),
        (BYTES[1], ROW, 10, EAGER),
        (CLASSES[None], {"minlength": 6, **EAGER}),
    ),
    **cases(
        "unique",
        (INTS, EAGER),
        (INTS, {"return_counts": True, "return_inverse": True, "return_index": True, **EAGER}),
        (INTS[0], {"size": 6, "fill_value": 9, **EAGER}),
        (INTS[0], {"size": 2, **EAGER}),
        (PLACES, {"axis": 0, **EAGER}),
    ),
}
