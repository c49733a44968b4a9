"""Every op gives real Keras's numbers and types: at once, traced, and in its gradients."""

import inspect

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from trimtab import engines, ops
from trimtab.autodiff import gradients
from trimtab.core import tree
from trimtab.core.tracing import trace
from trimtab.ir.graph import Graph, Spec, placeholder

_RNG = np.random.default_rng(11)


def _floats(*shape, low=-2.0, high=2.0):
    return _RNG.uniform(low, high, shape).astype("float32")


X, Y, ROW, COLUMN = _floats(3, 4), _floats(3, 4), _floats(4), _floats(3, 1)
POSITIVE, UNIT = _floats(3, 4, low=0.3), _floats(3, 4, low=-0.9, high=0.9)
CUBE, VECTOR, SQUARE = _floats(2, 3, 4), _floats(5), _floats(4, 4)
IMAGES = _floats(2, 4, 4, 8)
INTS = np.array([[3, -1, 2, 0], [5, 2, 2, 7], [-4, 1, 6, 1]], "int32")
BYTES = INTS.astype("uint8")
SMALL = np.array([[1, 2, 3], [4, 5, 6]], "int8")
BOOLS, OTHER_BOOLS = INTS > 1, INTS % 2 == 0
HALF = X.astype("float16")
TIES = np.array([[1.0, 2.0, 2.0, 0.0], [3.0, 3.0, 1.0, 1.0]], "float32")
ODD = np.array([[np.nan, 1.0, np.inf, 2.0], [-np.inf, 3.0, 0.0, np.nan]], "float32")
HOLES = np.where(_RNG.random((3, 4)) < 0.3, np.float32(np.nan), X)
PROBABILITIES = (lambda p: p / p.sum(-1, keepdims=True))(_floats(3, 4, low=0.1))
TARGETS = np.eye(4, dtype="float32")[[2, 0, 3]]
CLASSES = np.array([2, 0, 3], "int32")
SEGMENTS = np.array([1, 0, 1], "int32")
PLACES = np.array([[0, 2], [1, 1], [0, 2]], "int32")


class Case:
    """A call of an op, on real Keras's `ops` or ours.

    Args:
        call: Takes the module and the arrays.
        arrays: The operands.
        gradient: Whether to compare gradients with respect to the float32 operands.
        traceable: Whether the op can be traced; one that cannot must say so.
        rtol: Relative error allowed.
    """

    def __init__(self, call, *arrays, gradient=True, traceable=True, rtol=2e-5):
        self.call = call
        self.arrays = arrays
        floats = [np.asarray(a).dtype == np.float32 and np.isfinite(a).all() for a in arrays]
        self.wrt = [i for i, is_float in enumerate(floats) if is_float and gradient]
        self.traceable = traceable
        self.rtol = rtol


def named(name, *arguments):
    """A call of the op `name` with `arguments` behind the arrays."""
    return lambda o, *xs: getattr(o, name)(*xs, *arguments)


def plain(names, *operands, **options):
    """One case an op and a tuple of operands."""
    return {name: [Case(named(name), *xs, **options) for xs in operands] for name in names.split()}


def case(name, *operands, **options):
    """A case of one op: operands that are arrays are traced, others are given as they are."""
    positions = [i for i, x in enumerate(operands) if isinstance(x, np.ndarray)]
    keywords = {k: v for k, v in options.items() if k not in ("gradient", "traceable", "rtol")}
    rest = {k: v for k, v in options.items() if k not in keywords}

    def call(o, *xs):
        given = list(operands)
        for position, x in zip(positions, xs, strict=True):
            given[position] = x
        return getattr(o, name)(*given, **keywords)

    return Case(call, *[operands[i] for i in positions], **rest)


def cases(name, *calls):
    """Cases of one op from (operands, keywords)."""
    made = []
    for call in calls:
        operands = [c for c in call if not isinstance(c, dict)]
        keywords = next((c for c in call if isinstance(c, dict)), {})
        made.append(case(name, *operands, **keywords))
    return {name: made}


NO = {"gradient": False}
EAGER = {"gradient": False, "traceable": False}
CASES = {
    # Elements.
    **plain("negative sign", (X,), (INTS,), (SMALL,)),
    **plain("abs absolute", (X,), (INTS,), (BOOLS,), (BYTES,)),
    **plain("square", (X,), (INTS,), (BOOLS,), (HALF,)),
    **plain(
        "exp expm1 tanh sin cos sinh cosh arctan arcsinh exp2 deg2rad rad2deg",
        (X,),
        (INTS,),
        (HALF,),
        rtol=2e-3,
    ),
    **plain("tan arcsin arccos arctanh", (UNIT,), (BOOLS,), rtol=1e-4),
    **plain("log log1p log2 log10 sqrt reciprocal cbrt", (POSITIVE,), (BYTES,), rtol=1e-4),
    **plain("rsqrt", (POSITIVE,)),
    **plain("arccosh", (POSITIVE + 1,)),
    **plain("erf", (X,)),
    **plain("erfinv", (UNIT,), rtol=1e-4),
    **plain("floor ceil", (X,), (INTS,), gradient=False),
    **plain("trunc", (X,), (INTS,), (BOOLS,), gradient=False),
    **plain("fabs", (X,), (INTS,)),
    **plain("sinc", (X,), rtol=1e-4),
    **plain("real copy", (X,), (INTS,), (BOOLS,)),
    **plain("isnan isinf isfinite isposinf isneginf", (ODD,), (INTS,), (BOOLS,), gradient=False),
    **plain("isreal", (X,), gradient=False),
    **plain("nan_to_num", (ODD,), (INTS,), gradient=False),
    **plain(
        "add multiply",
        (X, ROW),
        (INTS, X),
        (BOOLS, OTHER_BOOLS),
        (SMALL, BYTES[0, 0]),
        (HALF, X),
        (HALF, INTS),
    ),
    **plain("subtract", (X, COLUMN), (INTS, X), (BYTES, INTS)),
    **plain("divide true_divide", (X, POSITIVE), (INTS, BYTES), (BOOLS, POSITIVE)),
    **plain("divide_no_nan", (X, POSITIVE), (X, INTS), (INTS, BYTES)),
    **plain("floor_divide", (X, POSITIVE), (INTS, SMALL[:1, :1]), gradient=False),
    **plain("mod", (X, POSITIVE), (INTS, SMALL[:1, 1:2]), (X, ROW), gradient=False),
    **plain("fmod", (X, POSITIVE), (X, ROW), (INTS, SMALL[:1, 1:2]), gradient=False),
    **plain(
        "maximum minimum", (X, Y), (X, X), (INTS, X), (BOOLS, OTHER_BOOLS), (BYTES, SMALL[:1, :1])
    ),
    **plain("fmax fmin", (X, Y), (ODD, np.flip(ODD, 0).copy()), (INTS, INTS.T[0])),
    **plain("arctan2 hypot", (X, Y), (INTS, POSITIVE)),
    **plain("logaddexp", (X, Y), (ODD, np.flip(ODD, 1).copy()), (X, X)),
    **plain("heaviside", (np.sign(TIES - 1), TIES), gradient=False),
    **plain(
        "less less_equal greater greater_equal equal not_equal",
        (X, Y),
        (INTS, X),
        (INTS, BYTES),
        (BOOLS, OTHER_BOOLS),
        (ODD, ODD),
    ),
    **plain("logical_and logical_or logical_xor", (BOOLS, OTHER_BOOLS), (INTS, X), gradient=False),
    **plain("logical_not", (BOOLS,), (INTS,), (ODD,), gradient=False),
    **plain("bitwise_and bitwise_or bitwise_xor", (INTS, BYTES), (BOOLS, OTHER_BOOLS)),
    **plain("bitwise_not bitwise_invert", (INTS,), (BOOLS,), (BYTES,)),
    **plain(
        "left_shift right_shift bitwise_left_shift bitwise_right_shift",
        (INTS, np.array([1, 2, 0, 3], "int32")),
        (BYTES, np.uint8(2)),
    ),
    **cases(
        "power",
        (POSITIVE, Y),
        (X, 2),
        (X, 3),
        (X, -1),
        (POSITIVE, 0.5),
        (POSITIVE, -0.5),
        (X, 4.0),
        (X, 1),
        (INTS, 2),
        (BOOLS, 3),
        (2.0, X),
        (X, 0),
    ),
    **cases("round", (X, NO), (X, 1, NO), (INTS * 13, -1, NO), (TIES - 0.5, NO)),
    **cases(
        "clip",
        (X, -0.5, 1.0),
        (X, None, 0.3),
        (INTS, 0, 2),
        (INTS, 0.5, 2.5),
        (BOOLS, 0, 1),
        (TIES, 1.0, 2.0),
    ),
    **cases(
        "isclose",
        (X, X + 1e-6, NO),
        (ODD, ODD, NO),
        (ODD, ODD, {"equal_nan": True, **NO}),
        (INTS, INTS + 1, NO),
    ),
    **cases("allclose", (X, X + 1e-7, NO), (X, Y, NO)),
    **cases(
        "where", (BOOLS, X, Y), (INTS, X, 0), (BOOLS, 1, 2.5), (BOOLS[0], INTS, X), (BOOLS, EAGER)
    ),
    **cases("select", ([BOOLS, OTHER_BOOLS], [X, Y], NO), ([BOOLS], [INTS], 1.5, NO)),
    **plain("nonzero", (INTS,), gradient=False, traceable=False),
    # Reductions.
    **{
        name: [
            case(name, X),
            case(name, CUBE, (0, 2)),
            case(name, CUBE, axis=1, keepdims=True),
            case(name, INTS),
            case(name, HALF, rtol=4e-3),
            case(name, CUBE, axis=-1),
        ]
        for name in "sum prod mean var std max min amax amin ptp logsumexp".split()
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
        for name in "nansum nanprod nanmax nanmin nanmean nanvar nanstd nanmedian".split()
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
    # Layout.
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
    **cases("array_split", (X, 3, 1), (X, [2], 0), (VECTOR, 2)),
    **cases("hsplit", (X, 2), (VECTOR, [2])),
    **cases("vsplit", (X, 3)),
    **cases("dsplit", (CUBE, 2)),
    **cases("unstack", (X,), (X, 4, 1)),
    **cases("flip", (X,), (CUBE, (0, 2)), (INTS, 0)),
    **cases("rot90", (X,), (X, 2), (CUBE, 3, (1, 2)), (CUBE, 1, (0, 2))),
    **cases("meshgrid", (ROW, VECTOR), (ROW, VECTOR, {"indexing": "ij"}), (ROW, VECTOR, COLUMN)),
    **cases("tile", (X, 2), (X, (2, 1, 3)), (CUBE, (2, 1))),
    **cases("repeat", (X, 2), (X, 3, 1), (X, [1, 0, 2], 0)),
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
    # Indices.
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
            case(name, X, SEGMENTS, 3),
            case(name, INTS, SEGMENTS, num_segments=2),
            case(name, X, np.array([0, 5, -1], "int32"), 2),
        ]
        for name in ("segment_sum", "segment_max", "segment_min", "segment_prod")
    },
    # Order.
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
    # Products.
    **cases(
        "matmul",
        (X, SQUARE),
        (CUBE, SQUARE),
        (ROW, SQUARE),
        (SQUARE, ROW),
        (ROW, ROW),
        (CUBE, CUBE.transpose(0, 2, 1).copy()),
        (INTS, INTS.T.copy()),
        (SMALL, SMALL.T.copy()),
        (INTS, SQUARE),
    ),
    **cases(
        "dot",
        (X, SQUARE),
        (ROW, ROW),
        (CUBE, SQUARE),
        (CUBE, ROW),
        (X, 2.0),
        (CUBE, CUBE.transpose(0, 2, 1).copy()),
    ),
    **cases("inner", (X, Y), (ROW, ROW), (CUBE, X)),
    **cases("vdot", (X, Y), (INTS, INTS)),
    **cases("outer", (ROW, VECTOR), (X, ROW)),
    **cases("tensordot", (X, SQUARE, 1), (CUBE, CUBE, ([0, 2], [0, 2])), (X, Y), (X, ROW, 0)),
    **cases("kron", (X, COLUMN), (ROW, X)),
    **cases(
        "cross",
        (X[:, :3], Y[:, :3]),
        (X[:, :2], Y[:, :3]),
        (X[:, :2], Y[:, :2]),
        (SQUARE[:3], SQUARE[1:], {"axis": 0}),
    ),
    **cases("cdist", (X, Y + 1), (CUBE, X - 1)),
    "einsum": [
        *[
            Case(lambda o, a, b, s=s: o.einsum(s, a, b), p, q)
            for s, p, q in (
                ("ij,jk->ik", X, SQUARE),
                ("bij,bkj->bik", CUBE, CUBE),
                ("ij,kj", X, Y),
                ("...i,ij->...j", CUBE, SQUARE),
                ("bij,ij->b", CUBE, X),
                ("i,j->ji", ROW, VECTOR),
                ("ij,ij->j", X, Y),
                ("ij,j->i", X, ROW),
                ("bij,...ij->...", CUBE, X),
            )
        ],
        *[
            Case(lambda o, a, s=s: o.einsum(s, a), SQUARE)
            for s in ("ij->ji", "ii->i", "ii", "ij->")
        ],
        Case(lambda o, a, b, c: o.einsum("ij,jk,kl->il", a, b, c), X, SQUARE, SQUARE),
    ],
    **cases(
        "norm",
        (X,),
        (CUBE,),
        (X, 1),
        (X, {"axis": 1}),
        (X, {"ord": 3, "axis": 0}),
        (X, {"ord": np.inf, "axis": -1}),
        (X, {"ord": 1, "axis": 1, "keepdims": True}),
        (X, "fro"),
        (CUBE, {"ord": -np.inf, "axis": (0, 1)}),
        (CUBE, {"ord": 1, "axis": (2, 0)}),
        (X, {"ord": 0, "axis": 1, **NO}),
        (INTS,),
    ),
    # Activations.
    **plain("relu relu6", (X * 5,), (TIES - 1,), (INTS,)),
    **plain("sigmoid silu swish log_sigmoid", (X * 9,), (HALF,), rtol=2e-3),
    **plain("softplus", (X * 9,), (TIES - 2,), (INTS,), rtol=1e-4),
    **plain(
        "softsign elu selu celu leaky_relu hard_sigmoid hard_silu hard_swish tanh_shrink squareplus",
        (X * 3,),
        (INTS,),
        rtol=1e-4,
    ),
    **plain("hard_tanh soft_shrink hard_shrink sparse_plus sparse_sigmoid", (X,), (TIES - 1,)),
    **cases("gelu", (X,), (X, False), (INTS,)),
    **cases("glu", (X,), (CUBE, 2)),
    **cases("threshold", (X, 0.5, -1.0)),
    **cases("sparsemax", (X,), (CUBE, 1), (X * 0.1, 0)),
    **cases("softmax", (X,), (CUBE, 1), (CUBE, (0, 2)), (X, None), (HALF, {"rtol": 4e-3})),
    **cases("log_softmax", (X,), (CUBE, 1), (CUBE, (1, 2))),
    # Networks.
    **cases("moments", (CUBE, (0, 2)), (X, 0, True), (HALF, 1, {"rtol": 4e-3})),
    **cases(
        "batch_normalization",
        (X, ROW, POSITIVE[0], 1),
        (CUBE, COLUMN[:, 0], POSITIVE[:3, 0], 1, ROW[:3], VECTOR[:3]),
    ),
    **cases(
        "layer_normalization",
        (X,),
        (CUBE, ROW, POSITIVE[0]),
        (CUBE, X, Y, (1, 2)),
        (CUBE, COLUMN[:, 0], None, 1),
        (X, {"epsilon": 0.1}),
    ),
    **cases("rms_normalization", (X,), (CUBE, ROW, -1, 0.01), (CUBE, X, (1, 2))),
    **cases("normalize", (X,), (CUBE, 1, 3), (X, 0, 1), (INTS,)),
    **cases("one_hot", (INTS, 4), (CLASSES, 5, 0, "int32"), (BYTES, 4, 1)),
    **cases("multi_hot", (CLASSES, 5), (INTS, 6), (CLASSES, 4, {"dtype": "int32"})),
    **cases(
        "categorical_crossentropy",
        (TARGETS, PROBABILITIES),
        (TARGETS, POSITIVE),
        (PROBABILITIES, X, True),
        (TARGETS, X, {"from_logits": True, "axis": 0}),
    ),
    **cases(
        "sparse_categorical_crossentropy",
        (CLASSES, PROBABILITIES),
        (CLASSES, X, True),
        (CLASSES[:, None], POSITIVE),
    ),
    **cases(
        "binary_crossentropy",
        (TARGETS, PROBABILITIES),
        (TARGETS, X * 20, True),
        (PROBABILITIES, X * 0, True),
        (TARGETS, np.round(PROBABILITIES), NO),
        {"rtol": 1e-4} and (PROBABILITIES, UNIT**2),
    ),
    # Creation.
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
    # Tensors as such.
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
    # Control flow.
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

# Their results are no tensors, or have no numbers to compare; tests/unit/ops knows them.
ELSEWHERE = {
    "convert_to_numpy",
    "custom_gradient",
    "dtype",
    "empty",
    "empty_like",
    "is_tensor",
    "ndim",
    "shape",
    "size",
    "argpartition",
}
ALL = [
    pytest.param(c, id=f"{name}-{i}") for name, made in CASES.items() for i, c in enumerate(made)
]
TRACED = [p for p in ALL if p.values[0].traceable]


def flat(result):
    return tree.flatten(list(result) if isinstance(result, tuple) else result)


def compare(actual, expected, rtol, owner="op"):
    actual, expected = flat(actual), flat(expected)
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected, strict=True):
        a, e = np.asarray(a), np.asarray(e)
        assert (owner, a.dtype, a.shape) == (owner, e.dtype, e.shape)
        np.testing.assert_allclose(
            a.astype("float64"), e.astype("float64"), rtol=rtol, atol=rtol, err_msg=owner
        )


def real(case):
    """What Keras gives."""
    return case.call(keras.ops, *[jnp.asarray(a) for a in case.arrays])


def traced(case):
    return trace(
        lambda *xs: case.call(ops, *xs), [Spec(a.shape, a.dtype.name) for a in case.arrays]
    )


def test_every_op_has_a_case():
    assert sorted({*CASES, *ELSEWHERE}) == sorted(ops.__all__)


@pytest.mark.parametrize("name", ops.__all__)
def test_the_signature_is_kerass(name):
    ours, theirs = (inspect.signature(getattr(module, name)) for module in (ops, keras.ops))
    assert [(p.name, p.default) for p in ours.parameters.values()] == [
        (p.name, p.default) for p in theirs.parameters.values()
    ]


@pytest.mark.parametrize("case", ALL)
def test_eager_numbers_are_kerass(case):
    compare(case.call(ops, *case.arrays), real(case), case.rtol)


@pytest.mark.parametrize("case", TRACED)
def test_traced_numbers_are_kerass(case):
    graph = traced(case).graph
    arrays = [np.asarray(a, order="C") for a in case.arrays]
    compare(engines.get("cpu").compile(graph).run(arrays, []), real(case), case.rtol)


@pytest.mark.parametrize("case", [p for p in ALL if not p.values[0].traceable])
def test_an_op_of_unknown_size_says_so_in_a_trace(case):
    with pytest.raises(ValueError, match="must be known when a step is traced"):
        traced(case)


def floating(leaves, kind):
    return [leaf for leaf in leaves if kind(leaf)]


@pytest.mark.parametrize("case", [p for p in TRACED if p.values[0].wrt])
def test_gradients_are_kerass(case):
    def loss(*varied):
        arrays = list(case.arrays)
        for position, x in zip(case.wrt, varied, strict=True):
            arrays[position] = x
        leaves = flat(case.call(keras.ops, *[jnp.asarray(a) for a in arrays]))
        return sum(
            jnp.sum(jnp.sin(v.astype("float32") + 1))
            for v in leaves
            if jnp.issubdtype(v.dtype, jnp.floating)
        )

    varied = [case.arrays[i] for i in case.wrt]
    if not any(jnp.issubdtype(v.dtype, jnp.floating) for v in flat(real(case))):
        pytest.skip("the result is no float")
    expected = jax.grad(loss, argnums=tuple(range(len(varied))))(*varied)
    inputs = [placeholder(a.shape, a.dtype.name) for a in case.arrays]
    leaves = flat(case.call(ops, *inputs))
    total = None
    for leaf in leaves:
        if leaf.dtype.startswith("float"):
            part = ops.sum(ops.sin(ops.cast(leaf, "float32") + 1))
            total = part if total is None else total + part
    found = gradients(total, [inputs[i] for i in case.wrt])
    kept = [g for g in found if g is not None]
    graph = Graph(
        tuple(inputs), (), tuple(g if hasattr(g, "spec") else ops.add(g, 0) for g in kept), ()
    )
    results = iter(
        engines.get("reference").compile(graph).run([np.asarray(a) for a in case.arrays], [])
    )
    for gradient, number in zip(found, expected, strict=True):
        result = np.zeros_like(number) if gradient is None else next(results)
        np.testing.assert_allclose(result, number, rtol=20 * case.rtol, atol=20 * case.rtol)
