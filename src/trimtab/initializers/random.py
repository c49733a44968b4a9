"""Initializers that draw their values.

They draw from a NumPy generator that is made anew from their seed at every call, so one instance
gives the same values for the same shape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.core import random
from trimtab.core.config import deserialize_keras_object, keras_export
from trimtab.initializers.base import Initializer, NDArray, dtype_name


def _scaled(values: NDArray, factor: float, offset: float, dtype: str) -> NDArray:
    kind = values.dtype.type
    scaled: NDArray = values * kind(factor) + kind(offset)
    return scaled.astype(dtype, copy=False)


class RandomInitializer(Initializer):
    """An initializer with a seed.

    Args:
        seed: An integer, a `SeedGenerator` (then every call gives new values), or None for a seed
            drawn now from the global one.

    Raises:
        ValueError: If the seed is anything else.
    """

    def __init__(self, seed: Any = None) -> None:
        if isinstance(seed, Mapping):
            seed = deserialize_keras_object(dict(seed))
        if seed is None:
            seed = random.make_default_seed()
        elif not isinstance(seed, (int, np.integer, random.SeedGenerator)):
            raise ValueError(
                f"{type(self).__name__}: `seed` must be an integer, a SeedGenerator or None; got "
                f"{seed!r}"
            )
        self.seed = seed

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(random.draw_seed(self.seed) % 2**64)

    def _sampling_dtype(self, dtype: Any) -> tuple[str, Any]:
        """The type asked for, and the type to draw in: NumPy draws float32 and float64 only."""
        name = dtype_name(dtype)
        if not dtypes.is_float(name):
            raise ValueError(
                f"{type(self).__name__}: random values need a floating-point dtype; got {name}"
            )
        return name, np.float64 if name == "float64" else np.float32

    def draw_normal(self, shape: Sequence[int], dtype: Any, mean: float, stddev: float) -> NDArray:
        """Normally distributed values."""
        name, drawn = self._sampling_dtype(dtype)
        values = self._generator().standard_normal(tuple(shape), dtype=drawn)
        return _scaled(values, stddev, mean, name)

    def draw_truncated(
        self, shape: Sequence[int], dtype: Any, mean: float, stddev: float
    ) -> NDArray:
        """Normally distributed values within two standard deviations of the mean."""
        name, drawn = self._sampling_dtype(dtype)
        generator = self._generator()
        values = generator.standard_normal(math.prod(shape), dtype=drawn)
        outside = np.flatnonzero(np.abs(values) > 2)
        while outside.size:
            values[outside] = generator.standard_normal(outside.size, dtype=drawn)
            outside = outside[np.abs(values[outside]) > 2]
        return _scaled(values.reshape(tuple(shape)), stddev, mean, name)

    def draw_uniform(
        self, shape: Sequence[int], dtype: Any, minval: float, maxval: float
    ) -> NDArray:
        """Uniformly distributed values."""
        name, drawn = self._sampling_dtype(dtype)
        values = self._generator().random(tuple(shape), dtype=drawn)
        return _scaled(values, maxval - minval, minval, name)


@keras_export("keras.initializers.RandomNormal")
class RandomNormal(RandomInitializer):
    """Normally distributed values.

    Args:
        mean: Mean.
        stddev: Standard deviation.
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.

    Raises:
        ValueError: If the seed or the dtype asked for is of another kind.

    Source: Keras 3 `keras.initializers.RandomNormal`; the numbers differ, the distribution does
    not.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray:
        """An array of `shape`; the same one at every call if the seed is an integer or None."""
        return self.draw_normal(shape, dtype, self.mean, self.stddev)


@keras_export("keras.initializers.TruncatedNormal")
class TruncatedNormal(RandomInitializer):
    """Normally distributed values, drawn again where further than two `stddev` from the mean.

    Args:
        mean: Mean.
        stddev: Standard deviation before the cut; that of the values is 0.8796 times it.
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.

    Raises:
        ValueError: If the seed or the dtype asked for is of another kind.

    Source: Keras 3 `keras.initializers.TruncatedNormal`; the numbers differ, the distribution does
    not.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray:
        """An array of `shape`; the same one at every call if the seed is an integer or None."""
        return self.draw_truncated(shape, dtype, self.mean, self.stddev)


@keras_export("keras.initializers.RandomUniform")
class RandomUniform(RandomInitializer):
    """Uniformly distributed values of [`minval`, `maxval`).

    Args:
        minval: Lower end, included.
        maxval: Upper end, excluded.
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.

    Raises:
        ValueError: If the seed or the dtype asked for is of another kind.

    Source: Keras 3 `keras.initializers.RandomUniform`; the numbers differ, the distribution does
    not.
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray:
        """An array of `shape`; the same one at every call if the seed is an integer or None."""
        return self.draw_uniform(shape, dtype, self.minval, self.maxval)


@keras_export("keras.initializers.Orthogonal")
class Orthogonal(RandomInitializer):
    """An orthogonal matrix drawn uniformly, times `gain`.

    All axes but the last are taken together as rows. The shorter side's vectors are orthonormal.

    Args:
        gain: Factor.
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.

    Raises:
        ValueError: If the shape asked for has fewer than two axes.

    Source: Keras 3 `keras.initializers.Orthogonal`; Saxe et al. 2014.
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray:
        """An array of `shape`; the same one at every call if the seed is an integer or None."""
        if len(shape) < 2:
            raise ValueError(
                f"Orthogonal: the weight must have at least two axes; got shape {tuple(shape)}"
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        gaussian = self.draw_normal((max(rows, columns), min(rows, columns)), dtype, 0.0, 1.0)
        q, r = np.linalg.qr(gaussian.astype("float64"))
        # Q of a Gaussian matrix is uniform only once the sign of R's diagonal is fixed.
        q = q * np.sign(np.diag(r))
        matrix = q.T if rows < columns else q
        return (self.gain * matrix.reshape(tuple(shape))).astype(gaussian.dtype)
