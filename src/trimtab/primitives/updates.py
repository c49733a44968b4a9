"""Optimizers' updates of one weight: primitives that are one kernel each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec


def _infer_sgd(parameter: Spec, *rest: Spec, momentum: float, nesterov: bool) -> Any:
    slots, (gradient, rate) = rest[:-2], rest[-2:]
    if (
        gradient != parameter
        or any(s != parameter for s in slots)
        or rate != Spec((), parameter.dtype)
    ):
        raise ValueError(
            f"sgd_update: inconsistent operands {parameter} and {list(map(str, rest))}"
        )
    if len(slots) != (momentum != 0):
        raise ValueError(
            f"sgd_update: momentum {momentum} needs {int(momentum != 0)} slot; got {len(slots)}"
        )
    return (parameter,) * (1 + len(slots))


def _evaluate_sgd(xp: Any, parameter: Any, *rest: Any, momentum: float, nesterov: bool) -> Any:
    gradient, rate = rest[-2:]
    if momentum == 0:
        return (parameter - rate * gradient,)
    weight = parameter.dtype.type(momentum)
    velocity = weight * rest[0] - rate * gradient
    step = weight * velocity - rate * gradient if nesterov else velocity
    return parameter + step, velocity


sgd_update = Primitive(
    "sgd_update",
    _infer_sgd,
    _evaluate_sgd,
    samples=lambda: [
        # velocity 0.9 * 1 - 0.1 * 2 = 0.7; Nesterov step 0.9 * 0.7 - 0.2 = 0.43.
        Sample(
            (np.array([1.0]), np.array([1.0]), np.array([2.0]), np.array(0.1)),
            {"momentum": 0.9, "nesterov": True},
            (np.array([1.43]), np.array([0.7])),
        ),
        Sample(
            (np.array([1.0]), np.array([2.0]), np.array(0.1)),
            {"momentum": 0.0, "nesterov": False},
            (np.array([0.8]),),
        ),
        Sample(
            (np.arange(19.0), np.ones(19), np.arange(19.0) / 7, np.array(0.05)),
            {"momentum": 0.5, "nesterov": False},
        ),
    ],
    multiple=True,
)
"""(parameter, velocity): inputs parameter, velocity if `momentum`, gradient, learning rate."""


def _infer_adam(
    parameter: Spec, *rest: Spec, beta_1: float, beta_2: float, epsilon: float, amsgrad: bool
) -> Any:
    if (
        len(rest) != 4 + amsgrad
        or rest[-1] != Spec((), parameter.dtype)
        or any(s != parameter for s in rest[:-1])
    ):
        raise ValueError(
            f"adam_update: inconsistent operands {parameter} and {list(map(str, rest))}"
        )
    return (parameter,) * (3 + amsgrad)


def _evaluate_adam(
    xp: Any,
    parameter: Any,
    m: Any,
    v: Any,
    *rest: Any,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    amsgrad: bool,
) -> Any:
    kind = parameter.dtype.type
    gradient, alpha = rest[-2:]
    m = m + (gradient - m) * kind(1 - beta_1)
    v = v + (gradient * gradient - v) * kind(1 - beta_2)
    largest = xp.maximum(rest[0], v) if amsgrad else v
    stepped = parameter - m * alpha / (xp.sqrt(largest) + kind(epsilon))
    return (stepped, m, v, largest) if amsgrad else (stepped, m, v)


adam_update = Primitive(
    "adam_update",
    _infer_adam,
    _evaluate_adam,
    samples=lambda: [
        # m = 0.1 * 2, v = 0.001 * 4: step 0.2 * 0.1 / sqrt(0.004).
        Sample(
            (np.array([1.0]), np.array([0.0]), np.array([0.0]), np.array([2.0]), np.array(0.1)),
            {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 0.0, "amsgrad": False},
            (np.array([1.0 - 0.02 / math.sqrt(0.004)]), np.array([0.2]), np.array([0.004])),
        ),
        Sample(
            (
                np.ones(19),
                np.ones(19),
                np.ones(19),
                np.full(19, 3.0),
                np.arange(19.0),
                np.array(0.01),
            ),
            {"beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-7, "amsgrad": True},
        ),
    ],
    multiple=True,
)
"""(parameter, m, v[, v_hat]): inputs parameter, m, v, v_hat if `amsgrad`, gradient, alpha."""


def _infer_lamb(parameter: Spec, *rest: Spec, beta_1: float, beta_2: float, epsilon: float) -> Any:
    number = Spec((), parameter.dtype)
    if rest != (parameter,) * 3 + (number,) * 3:
        raise ValueError(
            f"lamb_update: inconsistent operands {parameter} and {list(map(str, rest))}"
        )
    return (parameter,) * 3


def _evaluate_lamb(
    xp: Any, parameter: Any, *rest: Any, beta_1: float, beta_2: float, epsilon: float
) -> Any:
    m, v, gradient, rate, unbias_1, unbias_2 = rest
    kind = parameter.dtype.type
    m = m + (gradient - m) * kind(1 - beta_1)
    v = v + (gradient * gradient - v) * kind(1 - beta_2)
    update = m * unbias_1 / (xp.sqrt(v * unbias_2) + kind(epsilon))
    length, update_length = xp.sqrt(xp.sum(parameter**2)), xp.sqrt(xp.sum(update**2))
    has_ratio = xp.logical_and(length > 0, update_length > 0)
    ratio = xp.where(has_ratio, length / xp.where(has_ratio, update_length, kind(1)), kind(1))
    return parameter - ratio * rate * update, m, v


lamb_update = Primitive(
    "lamb_update",
    _infer_lamb,
    _evaluate_lamb,
    samples=lambda: [
        # m = 0.5 * 2 and v = 0.5 * 4, times 2: update 2 / (sqrt(4) + 1) for both, as long as 2/3
        # times the root of 2; the weights are as long as 5.
        Sample(
            (
                np.array([3.0, 4.0]),
                np.zeros(2),
                np.zeros(2),
                np.array([2.0, 2.0]),
                np.array(0.1),
                np.array(2.0),
                np.array(2.0),
            ),
            {"beta_1": 0.5, "beta_2": 0.5, "epsilon": 1.0},
            (
                np.array([3.0, 4.0]) - 0.5 / math.sqrt(2),
                np.array([1.0, 1.0]),
                np.array([2.0, 2.0]),
            ),
        ),
        Sample(
            (
                np.zeros((3, 7)),
                np.ones((3, 7)),
                np.ones((3, 7)),
                np.arange(21.0).reshape(3, 7) / 4,
                np.array(0.1),
                np.array(3.0),
                np.array(5.0),
            ),
            {"beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-3},
        ),
        Sample(
            (
                np.linspace(-1, 1, 35),
                np.ones(35),
                np.ones(35),
                np.linspace(2, -3, 35),
                np.array(0.1),
                np.array(3.0),
                np.array(5.0),
            ),
            {"beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-3},
        ),
    ],
    multiple=True,
)
"""(parameter, m, v): inputs parameter, m, v, gradient, learning rate, unbias_1, unbias_2.

The last two are 1 / (1 - beta_1**t) and 1 / (1 - beta_2**t). The update is as long as the
parameter, times the learning rate.
"""


def _infer_adafactor(
    parameter: Spec,
    *rest: Spec,
    epsilon_1: float,
    epsilon_2: float,
    clip_threshold: float,
) -> Any:
    shape, dtype = parameter.shape, parameter.dtype
    averages = [parameter]
    if len(shape) >= 2:
        averages = [Spec(shape[:-1], dtype), Spec((*shape[:-2], shape[-1]), dtype)]
    if [*rest] != [*averages, parameter, Spec((), dtype), Spec((), dtype)]:
        raise ValueError(
            f"adafactor_update: inconsistent operands {parameter} and {list(map(str, rest))}"
        )
    return (parameter, parameter, *averages) if len(shape) >= 2 else (parameter, parameter)


def _evaluate_adafactor(
    xp: Any,
    parameter: Any,
    *rest: Any,
    epsilon_1: float,
    epsilon_2: float,
    clip_threshold: float,
) -> Any:
    gradient, rate, kept = rest[-3:]
    kind = parameter.dtype.type
    squares, new = gradient * gradient + kind(epsilon_1), kind(1) - kept
    averages: tuple[Any, ...] = ()
    if parameter.ndim < 2:
        v = kept * rest[0] + new * squares
    else:
        r = kept * rest[0] + new * xp.mean(squares, axis=-1)
        c = kept * rest[1] + new * xp.mean(squares, axis=-2)
        share = r / xp.mean(r, axis=-1, keepdims=True)
        v, averages = share[..., :, None] * c[..., None, :], (r, c)
    scaled = gradient / xp.sqrt(v)
    root = xp.sqrt(xp.mean(scaled * scaled))
    excess = xp.maximum(root / kind(clip_threshold), kind(1))
    size = xp.maximum(xp.sqrt(xp.mean(parameter * parameter)), kind(epsilon_2)) * rate
    return parameter - size / excess * scaled, v, *averages


adafactor_update = Primitive(
    "adafactor_update",
    _infer_adafactor,
    _evaluate_adafactor,
    samples=lambda: [
        # v = 0.5 * 2 + 0.5 * (4 + 1) = 3.5, and the weight's root mean square 3.
        Sample(
            (np.array([3.0]), np.array([2.0]), np.array([2.0]), np.array(0.1), np.array(0.5)),
            {"epsilon_1": 1.0, "epsilon_2": 0.0, "clip_threshold": 10.0},
            (np.array([3.0 - 0.3 * 2 / math.sqrt(3.5)]), np.array([3.5])),
        ),
        # r = 0.5 * 1 + 0.5 * (5, 5), their mean 3; c = 0.5 * 2 + 0.5 * (1, 9) = (1.5, 5.5).
        Sample(
            (
                np.array([[2.0, 2.0], [2.0, 2.0]]),
                np.ones(2),
                np.full(2, 2.0),
                np.array([[1.0, 3.0], [-1.0, 3.0]]),
                np.array(0.5),
                np.array(0.5),
            ),
            {"epsilon_1": 0.0, "epsilon_2": 0.0, "clip_threshold": 10.0},
            (
                2 - np.array([[1.0, 3.0], [-1.0, 3.0]]) / np.sqrt([1.5, 5.5]),
                np.array([[1.5, 5.5], [1.5, 5.5]]),
                np.full(2, 3.0),
                np.array([1.5, 5.5]),
            ),
        ),
        Sample(
            (
                np.linspace(-1, 2, 30).reshape(2, 3, 5),
                np.ones((2, 3)),
                np.full((2, 5), 0.5),
                np.linspace(2, -1, 30).reshape(2, 3, 5),
                np.array(0.1),
                np.array(0.25),
            ),
            {"epsilon_1": 0.01, "epsilon_2": 1e-3, "clip_threshold": 0.5},
        ),
        Sample(
            (
                np.zeros(19),
                np.ones(19),
                np.arange(19.0) - 5,
                np.array(0.1),
                np.array(0.75),
            ),
            {"epsilon_1": 0.01, "epsilon_2": 1e-3, "clip_threshold": 1.0},
        ),
    ],
    multiple=True,
)
"""(parameter, v[, r, c]): inputs parameter, v (or r and c for a matrix), gradient, rate, kept.

`kept` weighs the old averages of the squared gradient: over all of a vector, or over the rows and
columns of matrices, of whose averages `v` is the product. The step is as long as the root mean
square of the parameter, or `epsilon_2` if that is more, times the rate.
"""

__all__ = ["adafactor_update", "adam_update", "lamb_update", "sgd_update"]
