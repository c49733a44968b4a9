"""Random tensors.

Each function takes `seed`: a whole number, which gives the same numbers every time; a
`SeedGenerator`, which gives new ones at each call; or None for the global generator.

Source: Keras 3 `keras.random`; the numbers differ, their distributions do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import dtypes, ops
from trimtab.core.random import SeedGenerator as SeedGenerator
from trimtab.core.random import draw_seed, float_type, key_of, unit_uniform
from trimtab.core.random import normal as normal
from trimtab.core.random import randint as randint
from trimtab.core.random import uniform as uniform
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.dispatch import convert
from trimtab.primitives import fused

# Of so many candidates of Marsaglia and Tsang's method none is accepted once in 10**10 draws.
_CANDIDATES = 8


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Normally distributed numbers that lie within two standard deviations of the mean."""
    name = float_type(dtype)
    edge = math.erf(math.sqrt(2.0))
    unit = unit_uniform(tuple(shape), key_of(seed), name)
    standard = ops.erfinv((2.0 * unit - 1.0) * edge) * math.sqrt(2.0)
    return ops.cast(ops.clip(standard, -2.0, 2.0) * stddev + mean, name)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Class numbers drawn by unnormalised log-probabilities.

    Args:
        logits: `(batch, classes)`.
        num_samples: Draws a row.
        dtype: Type of the result.
        seed: As for all functions here.

    Returns:
        A tensor of shape `(batch, num_samples)`.
    """
    scores = ops.convert_to_tensor(logits)
    if scores.ndim != 2:
        raise ValueError(f"categorical: `logits` must be (batch, classes); got {scores.shape}")
    batch, classes = scores.shape
    unit = unit_uniform((batch, num_samples, classes), key_of(seed), scores.dtype)
    # The largest of the scores with Gumbel noise is a draw from their softmax.
    noise = -ops.log(-ops.log(unit * (1 - 2**-23) + 2**-25))
    return ops.cast(ops.argmax(ops.expand_dims(scores, 1) + noise, axis=-1), dtype)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Tensor:
    """`x` with what lies along `axis` in random order."""
    tensor = ops.convert_to_tensor(x)
    order = ops.argsort(unit_uniform((tensor.shape[axis],), key_of(seed), "float64"))
    return ops.take(tensor, order, axis=axis)  # type: ignore[no-any-return]


def dropout(
    inputs: Any, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Any = None
) -> Tensor:
    """`inputs` with a part `rate` of the elements set to 0 and the others over `1 - rate`.

    Args:
        inputs: A floating tensor.
        rate: Part that is dropped, in [0, 1].
        noise_shape: Shape of the pattern, broadcast to the inputs'; None where a size is theirs.
        seed: As for all functions here.
    """
    x = ops.convert_to_tensor(inputs)
    if noise_shape is None:
        return fused.dropout(x, key_of(seed), rate=rate)[0]
    pairs = zip(noise_shape, x.shape, strict=True)
    pattern = ops.ones([own if wanted is None else wanted for wanted, own in pairs], x.dtype)
    kept = fused.dropout(pattern, key_of(seed), rate=rate)[0]
    return ops.multiply(x, ops.broadcast_to(kept, x.shape))


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Numbers drawn from the gamma distribution of shape parameter `alpha` and scale 1.

    Source: Marsaglia and Tsang 2000.
    """
    name = float_type(dtype)
    sizes = tuple(shape)
    key = key_of(seed)
    shape_parameter = ops.broadcast_to(convert(alpha, name), sizes)
    is_small = ops.less(shape_parameter, 1.0)
    # A parameter below 1 is drawn as one more, times a power of a uniform number.
    d = ops.where(is_small, shape_parameter + 1.0, shape_parameter) - 1.0 / 3.0
    c = ops.rsqrt(9.0 * d)
    boost_key, candidates_key, acceptance_key = (_derived(key, n) for n in (1, 2, 3))
    z = normal((_CANDIDATES, *sizes), dtype=name, seed=candidates_key)
    v = (1.0 + c * z) ** 3
    positive = ops.greater(v, 0.0)
    u = 1.0 - unit_uniform((_CANDIDATES, *sizes), acceptance_key, name)
    log_v = ops.log(ops.where(positive, v, 1.0))
    is_accepted = ops.logical_and(positive, ops.log(u) < 0.5 * z * z + d * (1.0 - v + log_v))
    first = ops.argmax(ops.cast(is_accepted, "int32"), axis=0)
    drawn = d * ops.squeeze(ops.take_along_axis(v, ops.expand_dims(first, 0), axis=0), 0)
    unit = 1.0 - unit_uniform(sizes, boost_key, name)
    return ops.cast(ops.where(is_small, drawn * unit ** (1.0 / shape_parameter), drawn), name)


def _derived(key: Tensor, number: int) -> Tensor:
    # The second word counts draws: its upper bits are free.
    return ops.bitwise_xor(key, np.array([0, number << 24], np.uint32))


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Numbers drawn from the beta distribution of parameters `alpha` and `beta`."""
    key = key_of(seed)
    first = gamma(shape, alpha, dtype, _derived(key, 16))
    second = gamma(shape, beta, dtype, _derived(key, 32))
    return first / (first + second)  # type: ignore[no-any-return]


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None
) -> Tensor:
    """How many of `counts` tries succeed, each with a probability; not in a traced step.

    Raises:
        ValueError: In a traced step: the time it takes depends on the numbers.
    """
    name = float_type(dtype)
    tries, chances = convert(counts), convert(probabilities)
    if not isinstance(tries, Array) or not isinstance(chances, Array):
        raise ValueError("binomial: cannot be traced; draw outside of the step, or run_eagerly")
    generator = np.random.default_rng(draw_seed(seed))
    drawn = generator.binomial(tries.array.astype("int64"), chances.array, size=tuple(shape))
    return Array(drawn.astype(dtypes.standardize(name)))
