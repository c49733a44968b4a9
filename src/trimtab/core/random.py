"""Seeds and random tensors.

Counter-based bits, so the same seed gives the same numbers everywhere.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab import dtypes, ops
from trimtab.core import naming, settings
from trimtab.core.config import Configurable, keras_export
from trimtab.core.scope import THREAD
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.dispatch import convert, sizes
from trimtab.primitives.source import random_bits


class _Global:
    """Where seeds that nobody gave come from. Made when first needed: numpy.random loads slowly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.generator: Any = None
        self.stream: SeedGenerator | None = None

    def start(self, seed: int | None) -> None:
        """Begins anew from `seed`, or from the system's entropy."""
        with self.lock:
            self.generator = np.random.default_rng(seed)
            self.stream = None


_GLOBAL = _Global()


def set_seed(seed: int) -> None:
    """Starts the seeds of layers and initializers that are given none anew from `seed`."""
    _GLOBAL.start(seed)


@contextlib.contextmanager
def kept_seed() -> Iterator[None]:
    """Lets a block start the global generators anew, NumPy's too; afterwards they go on as before.

    Threads share them: what another thread draws meanwhile comes from the block's.
    """
    kept = _GLOBAL.generator, _GLOBAL.stream
    numpy_state = np.random.get_state()  # noqa: NPY002 - shuffling draws from it, as in Keras
    try:
        yield
    finally:
        with _GLOBAL.lock:
            _GLOBAL.generator, _GLOBAL.stream = kept
        np.random.set_state(numpy_state)  # noqa: NPY002


def make_default_seed() -> int:
    """A seed in [0, 2**31 - 1) from the global generator, which `utils.set_random_seed` starts."""
    if _GLOBAL.generator is None:
        _GLOBAL.start(None)
    with _GLOBAL.lock:
        return int(_GLOBAL.generator.integers(2**31 - 1))


def _stream() -> SeedGenerator:
    """The generator for draws without a seed inside traced steps."""
    if _GLOBAL.stream is None:
        _GLOBAL.stream = SeedGenerator(name="global_seed_generator")
    return _GLOBAL.stream


@keras_export("keras.random.SeedGenerator")
class SeedGenerator(Configurable):
    """A seed and a count of the draws made with it: each draw gets a key of its own.

    Args:
        seed: A whole number; taken from the global generator if None.
        name: Its name; made from a counter if None.
        kwargs: None is known.

    Raises:
        ValueError: If the seed is negative or not whole, or for unknown arguments.

    Source: Keras 3 `keras.random.SeedGenerator`. The state is, as there, two uint32: seed
        and counter.
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any) -> None:
        if kwargs:
            raise ValueError(
                f"SeedGenerator: unknown arguments {sorted(kwargs)}; it takes `seed` and `name`"
            )
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
            raise ValueError(f"SeedGenerator: `seed` must be a whole number; got {seed!r}")
        if seed is not None and seed < 0:
            raise ValueError(f"SeedGenerator: `seed` must not be negative; got {seed}")
        self._initial_seed = seed
        self.seed = make_default_seed() if seed is None else int(seed)
        self.name = naming.auto_name("SeedGenerator") if name is None else name
        with naming.name_scope(self.name):
            self.state = Variable(
                np.array([self.seed % 2**32, 0], np.uint32),
                trainable=False,
                name="seed_generator_state",
            )

    def next(self, ordered: bool = True) -> Tensor:
        """The key of the next draw, uint32 of shape (2,); the counter goes on by one."""
        del ordered  # one device draws in order
        state = self.state.value
        self.state.assign(ops.add(state, np.array([0, 1], np.uint32)))
        return state

    def get_config(self) -> dict[str, Any]:
        """The seed as it was given, and the name."""
        return {"seed": self._initial_seed, "name": self.name}


def key_of(seed: Any) -> Tensor:
    """A key for one draw, uint32 of shape (2,), from what the functions take as `seed`.

    Raises:
        ValueError: If it is neither a whole number, a SeedGenerator, a key nor None.
    """
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if seed is None:
        if THREAD.trace is not None:
            # A number drawn now would be the same at every run of the traced step.
            return _stream().next()
        return Array(np.array([make_default_seed(), 0], np.uint32))
    if isinstance(seed, Tensor):
        return convert(seed, "uint32")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ValueError(
            f"random: `seed` must be a whole number, a SeedGenerator or None; got {seed!r}"
        )
    return Array(np.array([int(seed) % 2**32, 0], np.uint32))


def draw_seed(seed: Any) -> int:
    """A seed for NumPy's generators from an int, None (the global generator) or a SeedGenerator."""
    if isinstance(seed, (int, np.integer)):
        return int(seed)
    key = np.asarray(key_of(seed))
    return int(key[0]) + (int(key[1]) << 32)


_WORD = {"bfloat16": (24, 2.0**-8), "float16": (21, 2.0**-11), "float32": (8, 2.0**-24)}


def unit_uniform(shape: Any, key: Tensor, dtype: str) -> Tensor:
    """Numbers in [0, 1), of as many random bits as `dtype` holds exactly: 8, 11, 24 or 53."""
    wanted = sizes(shape)
    if dtype == "float64":
        words = random_bits(key, shape=(2, *wanted))
        upper = ops.cast(ops.right_shift(words[0], np.uint32(5)), dtype)
        lower = ops.cast(ops.right_shift(words[1], np.uint32(6)), dtype)
        return (upper * 2.0**26 + lower) * 2.0**-53
    shift, unit = _WORD[dtype]
    upper = ops.right_shift(random_bits(key, shape=wanted), np.uint32(shift))
    # Engines have no float16: the product is exact in float32 too.
    numbers = ops.multiply(ops.cast(upper, "float32"), unit)
    return ops.cast(numbers, dtype)


def working_type(dtype: str) -> str:
    """The type to compute draws of `dtype` in: those of two bytes are too coarse."""
    return "float32" if dtype in ("float16", "bfloat16") else dtype


def float_type(dtype: Any) -> str:
    """`dtype` by name, floatx for None.

    Raises:
        ValueError: If it is no float type.
    """
    name = settings.floatx() if dtype is None else dtypes.standardize(dtype)
    if not dtypes.is_float(name):
        raise ValueError(f"random: `dtype` must be a float type; got {name}")
    return name


def uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Numbers drawn evenly from [minval, maxval).

    Args:
        shape: Shape of the result.
        minval: Lowest number.
        maxval: Bound above the highest number.
        dtype: A float type; floatx if None.
        seed: A whole number, a `SeedGenerator` or None.
    """
    unit = unit_uniform(shape, key_of(seed), float_type(dtype))
    return ops.add(ops.multiply(unit, maxval - minval), minval)


def normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Numbers drawn from the normal distribution, by Box and Muller's method (1958).

    Args:
        shape: Shape of the result.
        mean: Its mean.
        stddev: Its standard deviation.
        dtype: A float type; floatx if None.
        seed: A whole number, a `SeedGenerator` or None.
    """
    name, wanted = float_type(dtype), sizes(shape)
    count = math.prod(wanted)
    half = (count + 1) // 2
    pair = unit_uniform((2, half), key_of(seed), working_type(name))
    # 1 - u lies in (0, 1]: its logarithm is finite.
    radius = ops.sqrt(ops.log(1.0 - pair[0]) * -2.0)
    angle = pair[1] * (2.0 * math.pi)
    both = ops.concatenate([radius * ops.cos(angle), radius * ops.sin(angle)])
    standard = ops.reshape(both[:count], wanted)
    return ops.cast(standard * stddev + mean, name)


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Whole numbers drawn evenly from [minval, maxval).

    Args:
        shape: Shape of the result.
        minval: Lowest number.
        maxval: Bound above the highest number, at most `minval + 2**32`.
        dtype: An integer type.
        seed: A whole number, a `SeedGenerator` or None.

    Raises:
        ValueError: If there is no number between the bounds, or more than 2**32; or for
            another type.
    """
    name = dtypes.standardize(dtype)
    if not dtypes.is_integer(name):
        raise ValueError(f"randint: `dtype` must be an integer type; got {name}")
    span = int(maxval) - int(minval)
    if not 1 <= span <= 2**32:
        raise ValueError(
            f"randint: `maxval` must lie above `minval` by 1 to 2**32; got {minval} and {maxval}"
        )
    words = ops.cast(random_bits(key_of(seed), shape=sizes(shape)), "float64")
    steps = ops.cast(ops.floor(words * (span * 2.0**-32)), "int64")
    return ops.cast(steps + int(minval), name)
