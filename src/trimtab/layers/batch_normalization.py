"""Batch Normalization (Ioffe and Szegedy 2015)."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterable
from typing import Any

import numpy as np

from trimtab import constraints, initializers, ops, regularizers
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.layers.base import Layer
from trimtab.layers.input_spec import InputSpec
from trimtab.layers.pooled_statistics import Pool, pooling_layers
from trimtab.primitives import fused

_MADE: weakref.WeakSet[BatchNormalization] = weakref.WeakSet()
# Names of layers that were dropped before anything used them.
_DROPPED: list[str] = []
# Number and name of those dropped last, for `left_out_within`.
_DROPPED_LATELY: deque[tuple[int, str]] = deque(maxlen=256)


def orphans() -> list[BatchNormalization]:
    """The layers that were made, but are part of no model and were never called."""
    return sorted((bn for bn in _MADE if not bn._is_owned and not bn.built), key=lambda bn: bn.name)


def take_left_out() -> list[str]:
    """Names of the layers made but never used, those already dropped included; each is told once.

    A layer that is made on a line of its own and added to nothing is dropped at once: just the
    mistake that is looked for.
    """
    left_out = [layer for layer in orphans() if layer.__dict__.get("_is_watched")]
    names = [*_DROPPED, *(layer.name for layer in left_out)]
    _DROPPED.clear()
    for layer in left_out:
        # Not a weak set: the collector clears weak references before it calls `__del__`.
        object.__setattr__(layer, "_is_watched", False)
    return sorted(names)


def left_out_within(layers: Iterable[Any]) -> list[str]:
    """Names of the layers that were made between the first and the last of `layers`, for nothing.

    That they were made among a model's layers tells them from those of another model, or of one
    that is still being made.
    """
    numbers = [layer._serial for layer in layers]
    if not numbers:
        return []
    first, last = min(numbers), max(numbers)
    lost = [*_DROPPED_LATELY, *((bn._serial, bn.name) for bn in orphans())]
    return [name for number, name in sorted(lost) if first < number < last]


def trainable_by_name(model: Any) -> dict[str, bool]:
    """Name of each BatchNormalization in `model`, and whether it is trainable."""
    return {
        layer.name: layer.trainable
        for layer in model._flatten_layers(include_self=False)
        if isinstance(layer, BatchNormalization)
    }


def unpoolable(model: Any) -> list[str]:
    """Names of the Batch Normalizations in `model` whose statistics cannot be pooled."""
    return [
        layer.name
        for layer in model._flatten_layers(include_self=False)
        if isinstance(layer, BatchNormalization)
        and (layer.renorm or type(layer)._update_moving is not BatchNormalization._update_moving)
    ]


@keras_export("keras.layers.BatchNormalization")
class BatchNormalization(Layer):
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, channel by channel.

    In training, mean and variance are those of the batch, the variance biased (divided by n), and
    the moving statistics take a step: `moving = moving * momentum + batch * (1 - momentum)`;
    `momentum` weighs the old value. In inference, and always while `trainable` is False, the moving
    statistics are used and stay.

    Args:
        axis: The channels' axis; statistics are taken over all others. One whole number.
        momentum: Weight of the old moving statistics at an update.
        epsilon: Added to the variance under the root.
        center: Whether there is a beta.
        scale: Whether there is a gamma.
        beta_initializer: First value of beta.
        gamma_initializer: First value of gamma.
        moving_mean_initializer: First value of the moving mean.
        moving_variance_initializer: First value of the moving variance.
        beta_regularizer: Loss of beta.
        gamma_regularizer: Loss of gamma.
        beta_constraint: Applied to beta after updates.
        gamma_constraint: Applied to gamma after updates.
        renorm: Whether to correct the batch statistics towards moving ones in training (Ioffe
            2017).
        renorm_clipping: Limits of the correction: a dictionary with any of "rmin", "rmax", "dmax".
        renorm_momentum: `momentum` of the statistics that the correction aims at.
        synchronized: Whether replicas share statistics; one engine has one replica, so it must be
            False.
        **kwargs: Arguments of `Layer`.

    Raises:
        TypeError: If `axis`, `momentum` or `epsilon` is no number.
        ValueError: If `synchronized` is True, or the renorm limits are not as they must be.

    Source: Keras 3 `keras.layers.BatchNormalization`. Beyond it: `updates_seen`, `describe()`.
    """

    _updates: Variable
    _pool: Pool | None

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if synchronized:
            raise ValueError(
                f"{self.name}: Argument synchronized=True is only supported with the TensorFlow "
                "backend; here one engine sees the whole batch, so leave it False"
            )
        if isinstance(axis, (list, tuple)):
            raise TypeError(
                f"{self.name}: `axis` must be one whole number, such as -1; got {axis!r}"
            )
        self.axis = int(axis)
        self.synchronized = synchronized
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.renorm = renorm
        self.renorm_clipping = (
            _checked_clipping(self.name, renorm_clipping) if renorm else renorm_clipping
        )
        self.renorm_momentum = renorm_momentum
        self.supports_masking = True
        self.gamma: Variable | None = None
        self.beta: Variable | None = None
        # A count of the engine's own, so it is exact whoever runs the steps. No weight: it is not
        # tracked.
        object.__setattr__(
            self, "_updates", Variable(np.zeros((), np.int64), trainable=False, name="updates")
        )
        object.__setattr__(self, "_pool", None)
        _MADE.add(self)
        object.__setattr__(self, "_is_watched", True)

    def __del__(self) -> None:
        # Of a layer whose construction failed there is nothing to say.
        state = self.__dict__
        if state.get("_is_watched") and not self._is_owned and not self.built:
            _DROPPED.append(self.name)
            _DROPPED_LATELY.append((self._serial, self.name))

    def build(self, input_shape: Any) -> None:
        """Makes gamma, beta and the statistics, one number a channel each."""
        self._check_axis(input_shape)
        channels = (input_shape[self.axis],)
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=channels,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta",
                shape=channels,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )
        self.moving_mean = self._add_statistic(
            "moving_mean", channels, self.moving_mean_initializer
        )
        self.moving_variance = self._add_statistic(
            "moving_variance", channels, self.moving_variance_initializer
        )
        if self.renorm:
            self._build_renorm(channels)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels[0]})

    def _build_renorm(self, channels: tuple[int, ...]) -> None:
        def deviation(shape: Any, dtype: Any = None) -> Any:
            return np.sqrt(np.asarray(self.moving_variance_initializer(shape, dtype=dtype)))

        self.moving_stddev = self._add_statistic("moving_stddev", channels, deviation)
        self.renorm_mean = self._add_statistic(
            "renorm_mean", channels, self.moving_mean_initializer
        )
        self.renorm_stddev = self._add_statistic("renorm_stddev", channels, deviation)

    def _add_statistic(self, name: str, shape: tuple[int, ...], initializer: Any) -> Variable:
        return self.add_weight(
            name=name, shape=shape, initializer=initializer, trainable=False, autocast=False
        )

    def _check_axis(self, shape: Any) -> None:
        if not -len(shape) <= self.axis < len(shape):
            raise ValueError(
                f"{self.name}: Axis {self.axis} is out of bounds for input shape {tuple(shape)}. "
                f"Received: axis={self.axis}"
            )

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The input's shape."""
        self._check_axis(input_shape)
        return tuple(input_shape)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The normalised inputs; what `mask` leaves out does not count in the statistics."""
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                f"{self.name}: The mask provided should be one dimension less than the inputs. "
                f"Received: mask.shape={mask.shape}, inputs.shape={inputs.shape}"
            )
        # A sum of squares passes float16's 65504, so half inputs are computed in float32.
        x = ops.cast(inputs, "float64" if inputs.dtype == "float64" else "float32")
        if training and self.trainable:
            y = self._normalize_by_batch(x, mask)
        else:
            y = self._normalize(x, self.moving_mean, self.moving_variance, self.gamma, self.beta)
        return ops.cast(y, self.compute_dtype)

    def _normalize(self, x: Tensor, mean: Any, variance: Any, gamma: Any, beta: Any) -> Tensor:
        mean, variance, gamma, beta = (
            None if v is None else ops.cast(v, x.dtype) for v in (mean, variance, gamma, beta)
        )
        return ops.batch_normalization(
            x, mean, variance, axis=self.axis, offset=beta, scale=gamma, epsilon=self.epsilon
        )

    def _normalize_by_batch(self, x: Tensor, mask: Any) -> Tensor:
        if mask is None and not self.renorm:
            y, mean, variance = self._fused(x)
            self._take_in(mean, variance, x.size // x.shape[self.axis])
            return y
        mean, variance, count = self._moments(x, mask)
        if not self.renorm:
            self._take_in(mean, variance, count)
            return self._normalize(x, mean, variance, self.gamma, self.beta)
        self._updates.assign_add(1)
        gamma, beta = self._corrected_parameters(mean, variance)
        self._update_renorm(mean, variance)
        return self._normalize(x, mean, variance, gamma, beta)

    def _fused(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        parameters = [ops.cast(v, x.dtype) for v in (self.gamma, self.beta) if v is not None]
        return fused.batch_norm(  # type: ignore[no-any-return]
            x,
            *parameters,
            axis=self.axis % x.ndim,
            epsilon=self.epsilon,
            scale=self.gamma is not None,
            center=self.beta is not None,
        )

    def _take_in(self, mean: Tensor, variance: Tensor, count: Any) -> None:
        """Moves the moving statistics, or pools the batch's if the step at work asks for that."""
        layers = pooling_layers()
        if layers is None:
            self._updates.assign_add(1)
            self._update_moving(mean, variance)
            return
        pool = self._pool
        if pool is None:
            pool = Pool(mean.shape[0], mean.dtype)
            object.__setattr__(self, "_pool", pool)
        pool.add(mean, variance, count)
        if all(layer is not self for layer in layers):
            layers.append(self)

    def move_by_pool(self, condition: Any) -> None:
        """Where `condition` holds, moves the moving statistics by those pooled, and clears these.

        Raises:
            ValueError: If nothing was pooled.
        """
        if self._pool is None:
            raise ValueError(f"{self.name}: no statistics were pooled")
        statistics = self.moving_mean, self.moving_variance
        before = [statistic.value for statistic in statistics]
        self._update_moving(*self._pool.moments())
        for statistic, old in zip(statistics, before, strict=True):
            statistic.assign(ops.where(condition, statistic.value, old))
        self._updates.assign_add(ops.cast(condition, "int64"))
        self._pool.clear_if(condition)

    def _moments(self, x: Tensor, mask: Any) -> tuple[Tensor, Tensor, Any]:
        """Mean and biased variance a channel, and how many, over the rows that the mask keeps."""
        axes = [a for a in range(x.ndim) if a != self.axis % x.ndim]
        if mask is None:
            return *ops.moments(x, axes=axes), x.size // x.shape[self.axis]
        kept = ops.broadcast_to(ops.expand_dims(ops.cast(mask, "bool"), -1), x.shape)
        # Keras's epsilon, not this layer's: a batch without rows then has mean 0.
        count = ops.sum(ops.cast(kept, x.dtype), axes, keepdims=True) + settings.epsilon()
        mean = ops.sum(ops.where(kept, x, 0.0), axes, keepdims=True) / count
        centred = ops.where(kept, x - mean, 0.0)
        variance = ops.sum(ops.square(centred), axes, keepdims=True) / count
        rows = ops.max(count)
        return ops.reshape(mean, (-1,)), ops.reshape(variance, (-1,)), rows

    def _update_moving(self, mean: Tensor, variance: Tensor) -> None:
        _move(self.moving_mean, mean, self.momentum)
        _move(self.moving_variance, variance, self.momentum)

    def _corrected_parameters(self, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
        """Gamma and beta that turn normalisation by the batch into one by the renorm statistics."""
        limits = self.renorm_clipping
        floor = float(np.sqrt(self.epsilon))
        stddev = ops.maximum(ops.cast(self.renorm_stddev, mean.dtype), floor)
        r = ops.sqrt(variance + self.epsilon) / stddev
        d = (mean - ops.cast(self.renorm_mean, mean.dtype)) / stddev
        if limits.get("rmin") is not None:
            r = ops.maximum(r, limits["rmin"])
        if limits.get("rmax") is not None:
            r = ops.minimum(r, limits["rmax"])
        if limits.get("dmax") is not None:
            d = ops.clip(d, -limits["dmax"], limits["dmax"])
        r, d = ops.stop_gradient(r), ops.stop_gradient(d)
        if self.gamma is not None:
            gamma = ops.cast(self.gamma, mean.dtype)
            r, d = r * gamma, d * gamma
        return r, d if self.beta is None else d + ops.cast(self.beta, mean.dtype)

    def _update_renorm(self, mean: Tensor, variance: Tensor) -> None:
        stddev = ops.sqrt(variance + self.epsilon)
        _move(self.renorm_mean, mean, self.renorm_momentum)
        _move(self.renorm_stddev, stddev, self.renorm_momentum)
        _move(self.moving_mean, mean, self.momentum)
        moved = _move(self.moving_stddev, stddev, self.momentum)
        # Rounding may leave the square below epsilon.
        self.moving_variance.assign(ops.relu(moved * moved - self.epsilon))

    @property
    def updates_seen(self) -> int:
        """How often the moving statistics took a step since the layer was made."""
        return int(self._updates._array)

    @property
    def initial_share(self) -> float:
        """The part left of the initial statistics: `momentum ** updates_seen`."""
        return float(self.momentum**self.updates_seen)

    @property
    def statistics_count(self) -> int:
        """How many numbers the statistics are."""
        return sum(v.size for v in self._non_trainable_variables)

    def status(self, count: int) -> str:
        """What `count` statistics went through, and whether the layer trains or is frozen."""
        state = "trains" if self.trainable else "frozen: uses its moving statistics in training too"
        return (
            f"{count:,} statistics, {self.updates_seen:,} updates seen, "
            f"{100 * self.initial_share:.3g} % of the initial ones left; {state}"
        )

    def describe(self) -> str:
        """What the layer holds and does, in one line.

        The statistics, which the optimizer does not train; how many updates they have seen; how
        much of the initial ones is left, `momentum ** updates`; and whether the layer trains or is
        frozen.
        """
        if not self.built:
            return f"{self.name}: not built yet, so it has no statistics"
        return f"{self.name} (momentum {self.momentum:g}): {self.status(self.statistics_count)}"


def _move(statistic: Variable, batch: Tensor, momentum: float) -> Tensor:
    """Moves a statistic towards the batch's; returns its new value."""
    value = ops.cast(statistic, batch.dtype) * momentum + batch * (1.0 - momentum)
    statistic.assign(value)
    return value


def _checked_clipping(owner: str, clipping: Any) -> dict[str, float]:
    limits: dict[str, float] = dict(clipping or {})
    known = ["rmax", "rmin", "dmax"]
    if set(limits) - set(known):
        raise ValueError(
            f"{owner}: Received invalid keys for `renorm_clipping` argument: {limits}. Supported "
            f"values: {known}."
        )
    rmin, rmax, dmax = (limits.get(name) for name in ("rmin", "rmax", "dmax"))
    if rmax is not None and rmin is not None and rmax < rmin:
        raise ValueError(
            f"{owner}: rmax should be greater than rmin in the `renorm_clipping` argument. "
            f"Received: rmax={rmax}, rmin={rmin}."
        )
    if dmax is not None and dmax < 0:
        raise ValueError(
            f"{owner}: dmax should be non-negative in the `renorm_clipping` argument. Received: "
            f"dmax={dmax}."
        )
    return limits
