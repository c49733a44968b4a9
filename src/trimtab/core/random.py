"""Seeds and random tensors.

Counter-based bits, so the same seed gives the same numbers everywhere.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from trimtab import dtypes, ops
from trimtab.core import naming, settings
from trimtab.core.config import Configurable, keras_export
from trimtab.core.scope import THREAD
from trimtab.core.variable import Variable
from trimtab.ir.graph import Value
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.dispatch import convert
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
        name: Name of its variable.

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
        self.name = name or "seed_generator"
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
        """{"seed": the seed given}."""
        return {"seed": self._initial_seed}


def key_of(seed: Any) -> Tensor:
    """A key for one draw, uint32 of shape (2,), from what the functions take as `seed`."""
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if seed is None:
        if THREAD.trace is not None:
            # A number drawn now would be the same at every run of the traced step.
            return _stream().next()
        return Array(np.array([make_default_seed(), 0], np.uint32))
    if isinstance(seed, Tensor):
        return convert(seed, "uint32")
    return Array(np.array([int(seed) % 2**32, 0], np.uint32))


def draw_seed(seed: Any) -> int:
    """A seed for NumPy's generators from an int, None (the global generator) or a SeedGenerator."""
    if isinstance(seed, (int, np.integer)):
        return int(seed)
    key = (
        np.asarray(key_of(seed)) if not isinstance(seed, SeedGenerator) else np.asarray(seed.next())
    )
    return int(key[0]) + (int(key[1]) << 32)


def _sizes(shape: Any) -> tuple[int, ...]:
    return tuple(int(d) for d in shape)


def unit_uniform(shape: tuple[int, ...], key: Tensor, dtype: str) -> Tensor:
    """Numbers in [0, 1) from the upper 24 bits of random words."""
    bits = random_bits(key, shape=shape)
    upper = ops.right_shift(bits, np.uint32(8))
    return ops.multiply(ops.cast(upper, dtype if dtype != "float16" else "float32"), 2.0**-24)


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
    """Numbers drawn evenly from [minval, maxval)."""
    name = float_type(dtype)
    unit = unit_uniform(_sizes(shape), key_of(seed), name)
    return ops.cast(ops.add(ops.multiply(unit, maxval - minval), minval), name)


def normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Numbers drawn from the normal distribution, by Box and Muller's method (1958)."""
    name = float_type(dtype)
    sizes = _sizes(shape)
    pair = unit_uniform((2, *sizes), key_of(seed), name)
    # 1 - u lies in (0, 1]: its logarithm is finite.
    radius = ops.sqrt(ops.multiply(ops.log(ops.subtract(1.0, pair[0])), -2.0))
    standard = ops.multiply(radius, ops.cos(ops.multiply(pair[1], 2 * np.pi)))
    return ops.cast(ops.add(ops.multiply(standard, stddev), mean), name)


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Whole numbers drawn evenly from [minval, maxval)."""
    name = dtypes.standardize(dtype)
    if not dtypes.is_integer(name):
        raise ValueError(f"randint: `dtype` must be an integer type; got {name}")
    unit = ops.cast(random_bits(key_of(seed), shape=_sizes(shape)), "float64")
    scaled = ops.floor(ops.multiply(unit, (maxval - minval) * 2.0**-32))
    return ops.cast(ops.add(scaled, float(minval)), name)


def is_traced(x: Any) -> bool:
    """Whether `x` stands for numbers that a compiled step will compute."""
    return isinstance(x, Value)
