"""What a case is, and the operands that cases share."""

from operator import attrgetter

import numpy as np

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
        return attrgetter(name)(o)(*given, **keywords)

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
