"""Reductions."""

from ops_cases.case import (
    BOOLS,
    CUBE,
    HALF,
    HOLES,
    INTS,
    NO,
    ODD,
    POSITIVE,
    ROW,
    SMALL,
    TIES,
    X,
    case,
    cases,
)

CASES = {
    **{
        name: [
            case(name, X),
            case(name, CUBE, (0, 2)),
            case(name, CUBE, axis=1, keepdims=True),
            case(name, INTS),
            case(name, HALF, rtol=4e-3),
            case(name, CUBE, axis=-1),
        ]
        for name in (
            "sum",
            "prod",
            "mean",
            "var",
            "std",
            "max",
            "min",
            "amax",
            "amin",
            "ptp",
            "logsumexp",
        )
    },
    **{
        name: [
            case(name, BOOLS),
            case(name, INTS, axis=0),
            case(name, X, axis=(0, 1), keepdims=True, **NO),
        ]
        for name in ("any", "all")
    },
    **cases("count_nonzero", (INTS,), (X, {"axis": 1, **NO}), (BOOLS, {"axis": 0})),
    **{
        name: [
            case(name, TIES, **NO),
            case(name, TIES, 1, **NO),
            case(name, INTS, axis=0, keepdims=True),
            case(name, TIES, keepdims=True, **NO),
            case(name, BOOLS),
        ]
        for name in ("argmax", "argmin")
    },
    **{
        name: [
            case(name, X),
            case(name, CUBE, 1),
            case(name, INTS, axis=-1),
            case(name, BOOLS),
            case(name, SMALL),
        ]
        for name in ("cumsum", "cumprod")
    },
    **cases(
        "average",
        (X,),
        (INTS, {"axis": 0}),
        (X, 1, {"weights": ROW + 3}),
        (X, None, POSITIVE),
        (CUBE, {"axis": (0, 2)}),
    ),
    **cases("diff", (X,), (X, 2, 0), (BOOLS,), (INTS, {"axis": 0})),
    **{
        name: [
            case(name, HOLES),
            case(name, HOLES, 1),
            case(name, X, axis=0, keepdims=True),
            case(name, INTS, axis=1),
            case(name, ODD, 0),
        ]
        for name in (
            "nansum",
            "nanprod",
            "nanmax",
            "nanmin",
            "nanmean",
            "nanvar",
            "nanstd",
            "nanmedian",
        )
    },
    **{
        name: [case(name, HOLES), case(name, HOLES, 1), case(name, INTS, 0)]
        for name in ("nancumsum", "nancumprod")
    },
    **{
        name: [
            case(name, HOLES, **NO),
            case(name, HOLES, 1, keepdims=True, **NO),
            case(name, INTS, 0),
        ]
        for name in ("nanargmax", "nanargmin")
    },
    **{
        name: [
            case(name, X, scale * 0.3),
            case(name, CUBE, [scale * 0.1, scale * 0.5], 1),
            case(name, X, scale * 0.7, axis=(0, 1), keepdims=True),
            case(name, INTS, scale * 0.25, 0),
            *[
                case(name, X, scale * 0.4, 1, method)
                for method in ("lower", "higher", "midpoint", "nearest")
            ],
        ]
        for name, scale in (
            ("quantile", 1),
            ("percentile", 100),
            ("nanquantile", 1),
            ("nanpercentile", 100),
        )
    },
    **cases(
        "median", (X,), (CUBE, 1), (INTS, {"axis": 0, "keepdims": True}), (ODD, 1), (CUBE, (0, 2))
    ),
}
