"""Batch Normalization as old versions computed it."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trimtab import ops
from trimtab.compat.exported import passes_for
from trimtab.compat.tables.rows import TF_KERAS, Version
from trimtab.ir.tensor import Tensor
from trimtab.layers import BatchNormalization
from trimtab.layers.input_spec import InputSpec


@dataclass(frozen=True)
class Rule:
    """How a version normalised.

    Attributes:
        mode: 0 by channel; 1 by sample, over the last axis; 2 by channel with the batch's
            statistics in inference too.
        divisor: "inside" is sqrt(variance + epsilon), "outside" sqrt(variance) + epsilon, "twice"
            sqrt(variance + epsilon) + epsilon; of the batch's variance.
        moving_divisor: The same of the moving variance.
        uses: Which statistics training and inference use: "batch" and "moving", "moving" both, or
            "batch" both.
        is_per_element: Whether each element of a sample has its own statistics, images included.
        averages_deviation: Whether the moving average was of the standard deviation.
        is_debiased: Whether the moving averages forget their first value.
        correction: "biased" variance is stored, "unbiased" (times n / (n - 1)) for images, or
            "epsilon" for n / (n - 1 - epsilon).
    """

    mode: int = 0
    divisor: str = "inside"
    moving_divisor: str = "inside"
    training: str = "batch"
    inference: str = "moving"
    is_per_element: bool = False
    averages_deviation: bool = False
    is_debiased: bool = False
    correction: str = "biased"


# Rules of mode 0 by first version; None is today's.
_HISTORY: tuple[tuple[Version, Rule | None], ...] = (
    ((0, 1, 0), Rule(divisor="twice", inference="batch", is_per_element=True)),
    (
        (0, 1, 3),
        Rule(
            moving_divisor="outside",
            training="moving",
            is_per_element=True,
            averages_deviation=True,
        ),
    ),
    ((0, 3, 2), Rule(divisor="twice", moving_divisor="outside", averages_deviation=True)),
    ((1, 0, 7), Rule(moving_divisor="outside")),
    ((1, 1, 0), None),
    ((2, 1, 3), Rule(is_debiased=True)),
    ((2, 1, 4), Rule(is_debiased=True, correction="epsilon")),
    ((2, 3, 0), Rule(correction="epsilon")),
    (TF_KERAS, Rule(correction="unbiased")),
    ((3, 0, 0), None),
)


def rule_of(version: Version, mode: int = 0) -> Rule | None:
    """The rule of a version; None for today's.

    Raises:
        ValueError: If the mode is none of 0, 1 and 2.
    """
    if mode not in (0, 1, 2):
        raise ValueError(f"BatchNormalization: `mode` must be 0, 1 or 2; got {mode!r}")
    if mode == 1:
        return Rule(mode=1, divisor="twice" if version >= (1, 0, 5) else "outside")
    found = None
    for since, rule in _HISTORY:
        if since <= version:
            found = rule
    if mode == 2:
        divisor = found.divisor if found is not None else "inside"
        return Rule(mode=2, divisor=divisor, inference="batch")
    return found


@passes_for(BatchNormalization)
class OldBatchNormalization(BatchNormalization):
    """`BatchNormalization` by the rule of an old version; saved, it is today's.

    The moving variance holds a variance also where that version stored a standard deviation.
    """

    rule: Rule = Rule()
    _samples: float
    _is_image: bool

    def build(self, input_shape: Any) -> None:
        """Makes gamma, beta and the statistics."""
        self._build_weights(input_shape)
        if self.rule.mode == 0 and self.rule.inference == "batch":
            # The first versions kept no statistics.
            self._tracker.untrack(self.moving_mean)
            self._tracker.untrack(self.moving_variance)

    def _build_weights(self, input_shape: Any) -> None:
        if not self.rule.is_per_element or len(input_shape) == 2:
            super().build(input_shape)
            return
        size = 1
        for length in input_shape[1:]:
            if length is None:
                raise ValueError(f"{self.name}: needs inputs of known shape; got {input_shape}")
            size *= length
        super().build((input_shape[0], size))
        self.input_spec = InputSpec(ndim=len(input_shape))

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The normalised inputs."""
        rule = self.rule
        self._note_samples(tuple(inputs.shape))
        if mask is None and rule.mode == 0 and not _is_odd(rule):
            return super().call(inputs, training=training)
        x = ops.cast(inputs, "float64" if inputs.dtype == "float64" else "float32")
        if rule.mode == 1:
            return ops.cast(self._by_sample(x), self.compute_dtype)
        shape = ops.shape(x)
        flat = ops.reshape(x, (shape[0], -1)) if rule.is_per_element and x.ndim > 2 else x
        y = self._by_channel(flat, bool(training) and self.trainable)
        return ops.cast(ops.reshape(y, shape), self.compute_dtype)

    def _note_samples(self, shape: tuple[Any, ...]) -> None:
        """Keeps how many numbers of a batch share a statistic, which `call` cannot pass on."""
        known = [length or 1 for length in shape]
        count = float(math.prod(known)) / known[self.axis % len(shape)]
        object.__setattr__(self, "_samples", count)
        object.__setattr__(self, "_is_image", len(shape) == 4)

    def _by_sample(self, x: Tensor) -> Tensor:
        mean, variance = ops.moments(x, axes=[-1], keepdims=True)
        axis = x.ndim - 1
        return self._scaled((x - mean) / self._divisor(variance), axis, x)

    def _by_channel(self, x: Tensor, training: bool) -> Tensor:
        axis = self.axis % x.ndim
        kind = self.rule.training if training else self.rule.inference
        axes = [a for a in range(x.ndim) if a != axis]
        mean, variance = self.moving_mean.value, self.moving_variance.value
        divisor = self._moving_divisor(variance)
        if training or kind == "batch":
            batch_mean, batch_variance = ops.moments(x, axes=axes)
            if kind == "batch":
                mean, divisor = batch_mean, self._divisor(batch_variance)
            if training and self.rule.mode == 0:
                self._updates.assign_add(1)
                self._update_moving(batch_mean, batch_variance)
        shape = [1] * x.ndim
        shape[axis] = -1
        centred = x - ops.reshape(mean, shape)
        return self._scaled(centred / ops.reshape(divisor, shape), axis, x)

    def _scaled(self, normalised: Tensor, axis: int, x: Tensor) -> Tensor:
        shape = [1] * x.ndim
        shape[axis] = -1
        if self.gamma is not None:
            normalised = normalised * ops.reshape(self.gamma.value, shape)
        if self.beta is not None:
            normalised = normalised + ops.reshape(self.beta.value, shape)
        return normalised

    def _divisor(self, variance: Tensor) -> Tensor:
        if self.rule.divisor == "outside":
            return ops.sqrt(variance) + self.epsilon
        inside = ops.sqrt(variance + self.epsilon)
        return inside if self.rule.divisor == "inside" else inside + self.epsilon

    def _moving_divisor(self, variance: Tensor) -> Tensor:
        if self.rule.moving_divisor == "inside":
            return ops.sqrt(variance + self.epsilon)
        return ops.sqrt(variance) + self.epsilon

    def _update_moving(self, mean: Tensor, variance: Tensor) -> None:
        rule = self.rule
        momentum = self.momentum
        if rule.averages_deviation:
            deviation = ops.sqrt(variance + self.epsilon)
            moved = ops.sqrt(self.moving_variance.value) * momentum + deviation * (1 - momentum)
            self.moving_variance.assign(ops.square(moved))
            self.moving_mean.assign(self.moving_mean.value * momentum + mean * (1 - momentum))
            return
        pairs = ((self.moving_mean, mean), (self.moving_variance, self._stored(variance)))
        for statistic, batch in pairs:
            statistic.assign(self._moved(statistic.value, batch))

    def _moved(self, statistic: Tensor, batch: Tensor) -> Tensor:
        momentum = self.momentum
        if not self.rule.is_debiased:
            return statistic * momentum + batch * (1.0 - momentum)
        updates = ops.cast(self._updates.value, batch.dtype)
        weight = 1.0 - ops.power(momentum, updates)
        weight_before = 1.0 - ops.power(momentum, updates - 1.0)
        return (statistic * weight_before * momentum + batch * (1.0 - momentum)) / weight

    def _stored(self, variance: Tensor) -> Tensor:
        """The variance as the moving average takes it in."""
        count = self._samples
        if self.rule.correction == "epsilon":
            return variance * (count / (count - (1.0 + self.epsilon)))
        if self.rule.correction == "unbiased" and count > 1 and self._is_image:
            return variance * (count / (count - 1.0))
        return variance


def _is_odd(rule: Rule) -> bool:
    divides = rule.divisor != "inside" or rule.moving_divisor != "inside"
    return divides or rule.is_per_element or rule.training != "batch" or rule.inference != "moving"


def make_batch_normalization(
    version: Version, mode: int, *args: Any, axis: Any = -1, **kwargs: Any
) -> BatchNormalization:
    """The layer as a version made it: today's class, or one with that version's rule.

    Args:
        version: The version.
        mode: As its argument of this name.
        *args: Today's arguments by position.
        axis: Today's argument; a list of one, as tf.keras wrote, is read too.
        **kwargs: Today's other arguments.

    Raises:
        ValueError: If the mode is none of 0, 1 and 2.
    """
    if isinstance(axis, Sequence) and len(axis) == 1:
        axis = axis[0]
    rule = rule_of(version, mode)
    given = (*args, *(() if args else (axis,)))
    if rule is None:
        return BatchNormalization(*given, **kwargs)
    return _class_of(rule)(*given, **kwargs)


@functools.lru_cache(maxsize=64)
def _class_of(rule: Rule) -> type[OldBatchNormalization]:
    """A class a rule, so that copies of a layer keep it."""
    made = type("BatchNormalization", (OldBatchNormalization,), {"rule": rule})
    return passes_for(BatchNormalization)(made)
