"""Initializers whose variance follows from the shape of the weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from trimtab.core.config import keras_export
from trimtab.initializers.base import NDArray
from trimtab.initializers.random import RandomInitializer

# Standard deviation of a standard normal cut at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978


@keras_export("keras.initializers.VarianceScaling")
class VarianceScaling(RandomInitializer):
    """Values of variance `scale / n`, n being the fan-in, the fan-out or their mean.

    The fans are the last two axes of the shape, each times the product of the other axes (the
    receptive field of a convolution); of a vector, both are its length.

    Args:
        scale: Factor, > 0.
        mode: "fan_in", "fan_out" or "fan_avg".
        distribution: "truncated_normal" (also called "normal"), "untruncated_normal" or "uniform".
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.
        input_axes: Axes whose product is the fan-in, if not the default; needs `output_axes`.
        output_axes: Axes whose product is the fan-out.

    Raises:
        ValueError: If an argument is out of range.

    Source: Keras 3 `keras.initializers.VarianceScaling`; the numbers differ, the distribution does
    not.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        owner = type(self).__name__
        if scale <= 0:
            raise ValueError(f"{owner}: `scale` must be > 0; got {scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(
                f'{owner}: `mode` must be "fan_in", "fan_out" or "fan_avg"; got {mode!r}'
            )
        lowered = "truncated_normal" if distribution.lower() == "normal" else distribution.lower()
        if lowered not in ("uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(
                f'{owner}: `distribution` must be "truncated_normal", "untruncated_normal" or '
                '"uniform"; '
                f"got {distribution!r}"
            )
        super().__init__(seed)
        self.scale = scale
        self.mode = mode
        self.distribution = lowered
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray:
        """An array of `shape`; the same one at every call if the seed is an integer or None."""
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        variance = self.scale / max(1.0, fans[self.mode])
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return self.draw_uniform(shape, dtype, -limit, limit)
        if self.distribution == "truncated_normal":
            return self.draw_truncated(shape, dtype, 0.0, math.sqrt(variance) / _TRUNCATED_STDDEV)
        return self.draw_normal(shape, dtype, 0.0, math.sqrt(variance))


def compute_fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Inputs and outputs of one unit of a weight: (fan-in, fan-out).

    Args:
        shape: Shape of the weight; a convolution's is (window, ..., channels in, channels out).
        input_axes: Axes to multiply for the fan-in; used if `output_axes` is given too.
        output_axes: Axes to multiply for the fan-out.
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        size = int(shape[0]) if len(shape) else 1
        return size, size
    window = math.prod(shape[:-2])
    return int(shape[-2] * window), int(shape[-1] * window)


class FixedScaling(VarianceScaling):
    """A `VarianceScaling` whose scale, mode and distribution its class sets."""

    _recipe: tuple[float, str, str]

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self._recipe, seed, input_axes, output_axes)


@keras_export("keras.initializers.GlorotUniform")
class GlorotUniform(FixedScaling):
    """Uniform values of [-limit, limit), `limit = sqrt(6 / (fan_in + fan_out))`.

    Args:
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.
        input_axes: Axes of the fan-in, if not the default; see `VarianceScaling`.
        output_axes: Axes of the fan-out.

    Source: Keras 3 `keras.initializers.GlorotUniform`; Glorot and Bengio 2010.
    """

    _recipe = (1.0, "fan_avg", "uniform")


@keras_export("keras.initializers.GlorotNormal")
class GlorotNormal(FixedScaling):
    """Truncated normal values of standard deviation `sqrt(2 / (fan_in + fan_out))`.

    Args:
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.
        input_axes: Axes of the fan-in, if not the default; see `VarianceScaling`.
        output_axes: Axes of the fan-out.

    Source: Keras 3 `keras.initializers.GlorotNormal`; Glorot and Bengio 2010.
    """

    _recipe = (1.0, "fan_avg", "truncated_normal")


@keras_export("keras.initializers.LecunNormal")
class LecunNormal(FixedScaling):
    """Truncated normal values of standard deviation `sqrt(1 / fan_in)`.

    Args:
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.
        input_axes: Axes of the fan-in, if not the default; see `VarianceScaling`.
        output_axes: Axes of the fan-out.

    Source: Keras 3 `keras.initializers.LecunNormal`; Klambauer et al. 2017.
    """

    _recipe = (1.0, "fan_in", "truncated_normal")


@keras_export("keras.initializers.LecunUniform")
class LecunUniform(FixedScaling):
    """Uniform values of [-limit, limit), `limit = sqrt(3 / fan_in)`.

    Args:
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.
        input_axes: Axes of the fan-in, if not the default; see `VarianceScaling`.
        output_axes: Axes of the fan-out.

    Source: Keras 3 `keras.initializers.LecunUniform`; Klambauer et al. 2017.
    """

    _recipe = (1.0, "fan_in", "uniform")


@keras_export("keras.initializers.HeNormal")
class HeNormal(FixedScaling):
    """Truncated normal values of standard deviation `sqrt(2 / fan_in)`.

    Args:
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.
        input_axes: Axes of the fan-in, if not the default; see `VarianceScaling`.
        output_axes: Axes of the fan-out.

    Source: Keras 3 `keras.initializers.HeNormal`; He et al. 2015.
    """

    _recipe = (2.0, "fan_in", "truncated_normal")


@keras_export("keras.initializers.HeUniform")
class HeUniform(FixedScaling):
    """Uniform values of [-limit, limit), `limit = sqrt(6 / fan_in)`.

    Args:
        seed: An integer, a `SeedGenerator`, or None for a seed drawn from the global one.
        input_axes: Axes of the fan-in, if not the default; see `VarianceScaling`.
        output_axes: Axes of the fan-out.

    Source: Keras 3 `keras.initializers.HeUniform`; He et al. 2015.
    """

    _recipe = (2.0, "fan_in", "uniform")
