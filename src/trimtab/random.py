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

from trimtab import checks, ops
from trimtab.core.random import SeedGenerator as SeedGenerator
from trimtab.core.random import draw_seed, float_type, key_of, unit_uniform, working_type
from trimtab.core.random import normal as normal
from trimtab.core.random import randint as randint
from trimtab.core.random import uniform as uniform
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops.dispatch import canonical_axis, concrete, convert, floating, sizes
from trimtab.primitives import fused

# Of so many candidates of Marsaglia and Tsang's method none is accepted once in 10**10 draws.
_CANDIDATES = 8


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Normally distributed numbers that lie within two standard deviations of the mean.

    Args:
        shape: Shape of the result.
        mean: Mean of the normal distribution.
        stddev: Its standard deviation before it is cut.
        dtype: A float type; floatx if None.
        seed: As for all functions here.
    """
    name = float_type(dtype)
    unit = unit_uniform(shape, key_of(seed), working_type(name))
    # The distribution function, inverted between -2 and 2.
    edge = math.erf(math.sqrt(2.0))
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
    scores = floating(logits)
    checks.rank("categorical", "logits", scores.shape, 2, 2)
    scores = convert(scores, working_type(scores.dtype))
    batch, classes = scores.shape
    unit = unit_uniform((batch, num_samples, classes), key_of(seed), scores.dtype)
    # The largest of the scores with Gumbel noise is a draw from their softmax. 0 has no logarithm.
    noise = -ops.log(-ops.log(unit * (1 - 2**-23) + 2**-25))
    drawn = ops.argmax(ops.expand_dims(scores, 1) + noise, axis=-1)
    return ops.cast(drawn, dtype)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Tensor:
    """`x` with what lies along `axis` in random order, whole slices at a time."""
    tensor = convert(x)
    place = canonical_axis(axis, tensor.ndim, "shuffle")
    order = ops.argsort(unit_uniform((tensor.shape[place],), key_of(seed), "float64"))
    return ops.take(tensor, order, axis=place)


def dropout(
    inputs: Any, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Any = None
) -> Tensor:
    """`inputs` with a part `rate` of the elements set to 0 and the others over `1 - rate`.

    Args:
        inputs: A tensor; integers are taken as floatx.
        rate: Part that is dropped, in [0, 1].
        noise_shape: Shape of the pattern, broadcast to the inputs'; None where a size is theirs.
        seed: As for all functions here; not drawn from if `rate` is 0 or 1.

    Raises:
        ValueError: If `rate` lies outside [0, 1], or `noise_shape` does not fit.
    """
    share = checks.interval("dropout", "rate", rate, 0.0, 1.0)
    x = floating(inputs)
    if share == 0.0:
        return x
    if share == 1.0:
        return ops.zeros_like(x)
    if noise_shape is None:
        result: Tensor = fused.dropout(x, key_of(seed), rate=share)[0]
        return result
    if len(noise_shape) != x.ndim:
        raise ValueError(
            f"dropout: `noise_shape` must have the {x.ndim} axes of the inputs; got {noise_shape}"
        )
    pairs = zip(noise_shape, x.shape, strict=True)
    pattern = ops.ones([own if wanted is None else wanted for wanted, own in pairs], x.dtype)
    kept = fused.dropout(pattern, key_of(seed), rate=share)[0]
    return ops.multiply(x, ops.broadcast_to(kept, x.shape))


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Numbers drawn from the gamma distribution of scale 1.

    Args:
        shape: Shape of the result.
        alpha: Shape parameter, positive; broadcast to `shape`.
        dtype: A float type; floatx if None.
        seed: As for all functions here.

    Source: Marsaglia and Tsang 2000.
    """
    name = float_type(dtype)
    return ops.cast(_gamma(sizes(shape), alpha, working_type(name), key_of(seed)), name)


def _gamma(shape: tuple[int, ...], alpha: Any, dtype: str, key: Tensor) -> Tensor:
    parameter = ops.broadcast_to(convert(alpha, dtype), shape)
    is_small = ops.less(parameter, 1.0)
    # A parameter below 1 is drawn as one more, times a power of a uniform number.
    d = ops.where(is_small, parameter + 1.0, parameter) - 1.0 / 3.0
    c = ops.rsqrt(9.0 * d)
    boost_key, candidates_key, acceptance_key = (_derived(key, n) for n in (1, 2, 3))
    z = normal((_CANDIDATES, *shape), dtype=dtype, seed=candidates_key)
    v = (1.0 + c * z) ** 3
    is_positive = ops.greater(v, 0.0)
    u = 1.0 - unit_uniform((_CANDIDATES, *shape), acceptance_key, dtype)
    log_v = ops.log(ops.where(is_positive, v, 1.0))
    is_accepted = ops.logical_and(is_positive, ops.log(u) < 0.5 * z * z + d * (1.0 - v + log_v))
    first = ops.argmax(ops.cast(is_accepted, "int32"), axis=0)
    chosen = ops.squeeze(ops.take_along_axis(v, ops.expand_dims(first, 0), axis=0), 0)
    unit = 1.0 - unit_uniform(shape, boost_key, dtype)
    result: Tensor = ops.where(is_small, d * chosen * unit ** (1.0 / parameter), d * chosen)
    return result


def _derived(key: Tensor, number: int) -> Tensor:
    # The second word counts draws: its upper bits are free.
    return ops.bitwise_xor(key, np.array([0, number << 24], np.uint32))


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Numbers drawn from the beta distribution.

    Args:
        shape: Shape of the result.
        alpha: First parameter, positive; broadcast to `shape`.
        beta: Second parameter, positive; broadcast to `shape`.
        dtype: A float type; floatx if None.
        seed: As for all functions here.
    """
    name = float_type(dtype)
    key, kind = key_of(seed), working_type(name)
    first = _gamma(sizes(shape), alpha, kind, _derived(key, 16))
    second = _gamma(sizes(shape), beta, kind, _derived(key, 32))
    return ops.cast(first / (first + second), name)


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None
) -> Tensor:
    """How many of `counts` tries succeed; not in a traced step.

    Args:
        shape: Shape of the result.
        counts: Numbers of tries; broadcast to `shape`.
        probabilities: Probabilities of success; broadcast to `shape`.
        dtype: A float type; floatx if None.
        seed: As for all functions here.

    Raises:
        ValueError: In a traced step: the time it takes depends on the numbers.
    """
    name = float_type(dtype)
    tries = concrete(counts, "binomial", "`counts`").astype("int64")
    chances = concrete(probabilities, "binomial", "`probabilities`")
    generator = np.random.default_rng(draw_seed(seed))
    return Array(np.asarray(generator.binomial(tries, chances, size=sizes(shape)), name))
