"""Primitives that are one kernel each: softmax, batch normalization, dropout."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import Primitive, Sample, Spec
from trimtab.primitives.elementwise import exp, negative, where
from trimtab.primitives.layout import reshape
from trimtab.primitives.reduction import broadcast_to, reduce_sum, spread
from trimtab.primitives.source import filled_like, random_bits


def _infer_softmax(x: Spec, *, axis: int, is_log: bool) -> Spec:
    if not 0 <= axis < len(x.shape) or not dtypes.is_float(x.dtype):
        raise ValueError(
            f"softmax: `axis` must be an axis of a floating tensor; got axis {axis} of {x}"
        )
    return x


def _evaluate_softmax(xp: Any, x: Any, *, axis: int, is_log: bool) -> Any:
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    powers = xp.exp(shifted)
    total = xp.sum(powers, axis=axis, keepdims=True, dtype=x.dtype)
    return shifted - xp.log(total) if is_log else powers / total


softmax = Primitive(
    "softmax",
    _infer_softmax,
    _evaluate_softmax,
    lambda g, out, x, *, axis, is_log: (softmax_gradient(g, out, axis=axis, is_log=is_log),),
    lambda: [
        Sample(
            (np.array([[0.0, math.log(3.0)]]),),
            {"axis": 1, "is_log": False},
            np.array([[0.25, 0.75]]),
        ),
        Sample((np.array([[0.3, -1.0], [2.0, 0.1]]),), {"axis": 0, "is_log": True}),
        Sample((np.arange(24.0).reshape(2, 3, 4) / 7,), {"axis": 1, "is_log": False}),
    ],
)


def _evaluate_softmax_gradient(xp: Any, g: Any, y: Any, *, axis: int, is_log: bool) -> Any:
    if is_log:
        return g - xp.exp(y) * xp.sum(g, axis=axis, keepdims=True, dtype=g.dtype)
    return y * (g - xp.sum(g * y, axis=axis, keepdims=True, dtype=g.dtype))


def _softmax_gradient_vjp(c: Any, out: Any, g: Any, y: Any, *, axis: int, is_log: bool) -> Any:
    def total(x: Any) -> Any:
        return spread(reduce_sum(x, axes=(axis,)), x.shape, (axis,))

    if is_log:
        powers = exp(y)
        return c - total(c * powers), negative(c * powers * total(g))
    # The Jacobian of softmax is symmetric: as a function of g, its gradient is itself.
    for_g = softmax_gradient(c, y, axis=axis, is_log=False)
    return for_g, c * (g - total(g * y)) - g * total(c * y)


softmax_gradient: Primitive = Primitive(
    "softmax_gradient",
    lambda g, y, *, axis, is_log: y,
    _evaluate_softmax_gradient,
    _softmax_gradient_vjp,
    lambda: [
        Sample(
            (np.array([[1.0, 0.0]]), np.array([[0.25, 0.75]])),
            {"axis": 1, "is_log": False},
            np.array([[0.1875, -0.1875]]),
        ),
        Sample(
            (np.array([[1.0], [2.0]]), np.log(np.array([[0.5], [0.5]]))),
            {"axis": 0, "is_log": True},
        ),
    ],
)
"""Cotangent of softmax's operand from the output's cotangent `g` and the output `y`."""


def _infer_batch_norm(
    x: Spec, *parameters: Spec, axis: int, epsilon: float, scale: bool, center: bool
) -> Any:
    if not 0 <= axis < len(x.shape) or x.dtype not in ("float32", "float64"):
        raise ValueError(
            f"batch_norm: `axis` must be an axis of a float32 or float64 tensor; got {axis} of {x}"
        )
    channel = Spec((x.shape[axis],), x.dtype)
    if len(parameters) != scale + center or any(p != channel for p in parameters):
        raise ValueError(
            f"batch_norm: gamma and beta must be {channel}; got {list(map(str, parameters))}"
        )
    return x, channel, channel


def _channel_shape(x: Any, axis: int) -> tuple[int, ...]:
    return tuple(dim if i == axis else 1 for i, dim in enumerate(x.shape))


def _evaluate_batch_norm(
    xp: Any, x: Any, *parameters: Any, axis: int, epsilon: float, scale: bool, center: bool
) -> Any:
    axes = tuple(i for i in range(x.ndim) if i != axis)
    shape = _channel_shape(x, axis)
    mean = xp.mean(x, axis=axes, dtype=x.dtype)
    centred = x - mean.reshape(shape)
    variance = xp.mean(centred * centred, axis=axes, dtype=x.dtype)
    factor = 1 / xp.sqrt(variance + x.dtype.type(epsilon))
    if scale:
        factor = factor * parameters[0]
    y = centred * factor.reshape(shape)
    if center:
        y = y + parameters[-1].reshape(shape)
    return y, mean, variance


def _batch_norm_vjp(
    g: Any, out: Any, x: Any, *parameters: Any, axis: int, epsilon: float, scale: bool, center: bool
) -> Any:
    (g_y, g_mean, g_variance), (_, mean, variance) = g, out
    if g_y is None:
        g_y = filled_like(x, 0)
    gamma = parameters[:1] if scale else ()
    dx, dgamma, dbeta = batch_norm_gradient(
        g_y, x, mean, variance, *gamma, axis=axis, epsilon=epsilon, scale=scale
    )
    count = math.prod(x.shape) // x.shape[axis]
    shape = _channel_shape(x, axis)
    if g_mean is not None:
        dx = dx + broadcast_to(reshape(g_mean / count, shape=shape), shape=x.shape)
    if g_variance is not None:
        centred = x - broadcast_to(reshape(mean, shape=shape), shape=x.shape)
        dx = dx + centred * broadcast_to(
            reshape(g_variance * (2.0 / count), shape=shape), shape=x.shape
        )
    return (dx, *((dgamma,) if scale else ()), *((dbeta,) if center else ()))


def _batch_norm_samples() -> list[Sample]:
    rng = np.random.default_rng(3)
    both = {"epsilon": 1e-3, "scale": True, "center": True}
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    return [
        # One channel, 1 and 3: mean 2, biased variance 1, normalised -1 and 1 with epsilon 0.
        Sample(
            (np.array([[1.0], [3.0]]), np.array([2.0]), np.array([0.5])),
            {"axis": 1, "epsilon": 0.0, "scale": True, "center": True},
            (np.array([[-1.5], [2.5]]), np.array([2.0]), np.array([1.0])),
        ),
        Sample((rng.normal(size=(5, 3)), gamma, beta), {"axis": 1, **both}),
        Sample((rng.normal(size=(2, 3, 4)), gamma, beta), {"axis": 1, **both}),
        Sample(
            (rng.normal(size=(4, 3)), beta),
            {"axis": 1, "epsilon": 1e-3, "scale": False, "center": True},
        ),
        Sample(
            (rng.normal(size=(3, 4)), gamma),
            {"axis": 0, "epsilon": 1e-3, "scale": True, "center": False},
        ),
    ]


batch_norm = Primitive(
    "batch_norm",
    _infer_batch_norm,
    _evaluate_batch_norm,
    _batch_norm_vjp,
    _batch_norm_samples,
    multiple=True,
)
"""Batch normalization: (y, mean, biased variance), with statistics over all axes but `axis`.

Inputs: x, then gamma if `scale`, then beta if `center`.
"""


def _infer_batch_norm_gradient(
    g: Spec,
    x: Spec,
    mean: Spec,
    variance: Spec,
    *gamma: Spec,
    axis: int,
    epsilon: float,
    scale: bool,
) -> Any:
    if g != x or mean != variance or len(gamma) != scale:
        raise ValueError(f"batch_norm_gradient: inconsistent operands {g}, {x}, {mean}, {variance}")
    return x, mean, mean


def _evaluate_batch_norm_gradient(
    xp: Any,
    g: Any,
    x: Any,
    mean: Any,
    variance: Any,
    *gamma: Any,
    axis: int,
    epsilon: float,
    scale: bool,
) -> Any:
    axes = tuple(i for i in range(x.ndim) if i != axis)
    shape = _channel_shape(x, axis)
    count = x.dtype.type(x.size // x.shape[axis])
    inverse = 1 / xp.sqrt(variance + x.dtype.type(epsilon))
    normalised = (x - mean.reshape(shape)) * inverse.reshape(shape)
    dbeta = xp.sum(g, axis=axes, dtype=x.dtype)
    dgamma = xp.sum(g * normalised, axis=axes, dtype=x.dtype)
    factor = inverse * gamma[0] if scale else inverse
    inner = g - (dbeta / count).reshape(shape) - normalised * (dgamma / count).reshape(shape)
    return inner * factor.reshape(shape), dgamma, dbeta


batch_norm_gradient = Primitive(
    "batch_norm_gradient",
    _infer_batch_norm_gradient,
    _evaluate_batch_norm_gradient,
    samples=lambda: [
        # Two rows of a channel at -1 and 1: mean and variance cancel any cotangent.
        Sample(
            (np.array([[1.0], [4.0]]), np.array([[1.0], [3.0]]), np.array([2.0]), np.array([1.0])),
            {"axis": 1, "epsilon": 0.0, "scale": False},
            (np.array([[0.0], [0.0]]), np.array([3.0]), np.array([5.0])),
        )
    ],
    multiple=True,
)
"""(dx, dgamma, dbeta) of `batch_norm`'s output; statistics count as functions of x."""


def _infer_dropout(x: Spec, key: Spec, *, rate: float) -> Any:
    if key != Spec((2,), "uint32") or not dtypes.is_float(x.dtype):
        raise ValueError(f"dropout: needs a floating tensor and a uint32[2] key; got {x} and {key}")
    return x, Spec(x.shape, "bool")


def _evaluate_dropout(xp: Any, x: Any, key: Any, *, rate: float) -> Any:
    bits = random_bits.evaluate(xp, key, shape=x.shape)
    keep = bits >= np.uint32(min(int(rate * 2**32), 2**32 - 1))
    scaled = x * x.dtype.type(1 / (1 - rate)) if rate < 1 else x
    return xp.where(keep, scaled, xp.zeros_like(x)), keep


def _dropout_vjp(g: Any, out: Any, x: Any, key: Any, *, rate: float) -> Any:
    if g[0] is None or rate >= 1:
        return None, None
    return where(out[1], g[0] * (1 / (1 - rate)), filled_like(x, 0)), None


dropout = Primitive(
    "dropout",
    _infer_dropout,
    _evaluate_dropout,
    _dropout_vjp,
    # Threefry's first words for key zero are 0x9D1C5EC6 and 0x8BD50731: both kept at rate 0.5.
    lambda: [
        Sample(
            (np.array([1.0, 2.0]), np.zeros(2, np.uint32)),
            {"rate": 0.5},
            (np.array([2.0, 4.0]), np.array([True, True])),
        ),
        Sample((np.linspace(-1, 1, 12).reshape(3, 4), np.array([5, 1], np.uint32)), {"rate": 0.3}),
    ],
    multiple=True,
)
"""(y, keep): kept where the random word is at least rate * 2**32, scaled by 1 / (1 - rate)."""


__all__ = [
    "batch_norm",
    "batch_norm_gradient",
    "dropout",
    "softmax",
    "softmax_gradient",
]
