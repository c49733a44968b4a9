"""The statistics of Batch Normalizations measured on data, in place of their moving averages."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np

from trimtab.batchnorm.observing import Observation, Rows
from trimtab.batchnorm.pooling import Floats, Pool
from trimtab.batchnorm.rewriting import batchnorms
from trimtab.batchnorm.staging import Cache, StagedRun
from trimtab.core.variable import Variable
from trimtab.layers.base import Layer
from trimtab.layers.batch_normalization import BatchNormalization

MODES = ("exact", "quick")
# Numbers of one layer's input that are held at once.
_MOST_NUMBERS = 1 << 25
# Memory for what lies between the stages of a run that stops at each layer.
_MOST_BYTES = 1 << 30
# Values a channel, from which a variance is known to 5 %.
_ENOUGH = 800
_MOST_ROUNDS = 20
_SETTLED = 1e-6


@dataclasses.dataclass(frozen=True)
class RecalibratedLayer:
    """The statistics of one layer before and after.

    Attributes:
        layer: Its name.
        values: How many values a channel the statistics are of (the smallest number, with masks).
        calls: How often the model calls the layer; the values of all calls count.
        mean_shift: How far the old mean was off, in true standard deviations, at most.
        variance_ratio: The smallest and the largest ratio of old to true variance, epsilon added.
    """

    layer: str
    values: int
    calls: int
    mean_shift: float
    variance_ratio: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.variance_ratio
        calls = "" if self.calls == 1 else f" in {self.calls} calls"
        return (
            f"{self.layer}: {self.values:,} values a channel{calls}; the mean was off by up to "
            f"{self.mean_shift:.3g} deviations, the variance was {low:.3g} to {high:.3g} times the "
            "true one"
        )


@dataclasses.dataclass(frozen=True)
class Recalibration:
    """What `recalibrate` did.

    Attributes:
        mode: "exact" or "quick".
        rows: How many rows the statistics are of.
        layers: The layers, in the order of the data's flow.
        skipped: Layers left as they were, by name, with the reason.
        rounds: How often all layers were measured: more than once only where a layer gets its own
            output again.
        loss_before: The model's loss on the data before, None if it was not asked for.
        loss_after: The same after.
    """

    mode: str
    rows: int
    layers: tuple[RecalibratedLayer, ...]
    skipped: dict[str, str]
    rounds: int
    loss_before: float | None
    loss_after: float | None

    def __str__(self) -> str:
        plural = "" if len(self.layers) == 1 else "s"
        lines = [
            f"{len(self.layers)} Batch Normalization{plural} measured on {self.rows:,} rows "
            f"({self.mode})."
        ]
        lines += [f"  {layer}" for layer in self.layers]
        fewest = min((layer.values for layer in self.layers), default=_ENOUGH)
        if fewest < _ENOUGH:
            # Of n normal values, the relative standard error of the variance.
            error = 100 * (2 / max(fewest - 1, 1)) ** 0.5
            lines.append(
                f"Few data: the variance of {fewest} values is known to about {error:.0f} % only."
            )
        lines += [f"  {name}: left as it was, {why}" for name, why in self.skipped.items()]
        if self.loss_before is not None and self.loss_after is not None:
            lines.append(f"Loss on these rows: {self.loss_before:.6g} -> {self.loss_after:.6g}.")
        return "\n".join(lines)


def recalibrate(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    mode: str = "exact",
    layers: Collection[str] | None = None,
    batch_size: int = 256,
) -> Recalibration:
    """Sets the moving statistics of a model to those of its data.

    Moving averages lag behind the weights, remember their first values, and are of activations
    under dropout. This measures instead: mean and biased variance (divided by n, as Keras keeps
    it) of what each Batch Normalization gets at inference, dropout off, pooled over all rows and
    over all calls of a shared layer, masked values left out, in float64. Layer by layer: a layer is
    measured with all those before it at their new statistics, so the numbers depend neither on
    the size of batches nor on the order of rows.

    Args:
        model: The model; its moving statistics change, nothing else.
        x: Inputs: arrays in the structure of the model's inputs, a PyDataset, or an iterable of
            batches. Those of training, without augmentation; some thousand rows do.
        y: Targets; if given, the loss before and after is reported. For arrays of a compiled model.
        mode: "exact", or "quick": one pass, in which a layer sees those before it normalise by the
            batch. Then numbers depend on the batches, by about 1 / `batch_size`.
        layers: Names of the layers to measure; all that train if None.
        batch_size: Rows at a time; fewer where a layer is large. In "exact" it changes no result.

    Returns:
        What each layer's statistics were and are. If an error is raised, they are as before.

    Raises:
        ValueError: If the model has no Batch Normalization, an argument is none of these, or `x`
            has no rows, NaN or infinity, gives a layer less than two values a channel, or can be
            read only once in "exact" mode.
        FloatingPointError: If a layer gets NaN or infinity.

    Source: "precise" statistics, Wu and Johnson 2021; here with dropout off and layer by layer.

    Example:
        >>> import numpy as np
        >>> import trimtab as keras
        >>> from trimtab import batchnorm
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
        >>> x = np.array([[1.0, 5.0], [3.0, 5.0]], "float32")
        >>> report = batchnorm.recalibrate(model, x)
        >>> model.layers[0].moving_mean.numpy(), model.layers[0].moving_variance.numpy()
        (array([2., 5.], dtype=float32), array([1., 0.], dtype=float32))
    """
    if mode not in MODES:
        raise ValueError(f"recalibrate: `mode` must be 'exact' or 'quick'; got {mode!r}")
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"recalibrate: `batch_size` must be at least 1; got {batch_size!r}")
    norms, skipped = chosen_norms(model, layers)
    rows = Rows("recalibrate", x)
    if mode == "exact" and not rows.can_repeat:
        raise ValueError(
            "recalibrate: a generator can be read once, and each layer needs a pass of its own; "
            "give arrays, a PyDataset or an iterable, or choose mode='quick'"
        )
    loss_before = _loss(model, x, y)
    old = {id(norm): _statistics(norm) for norm in norms}
    saved = [(variable, np.array(variable)) for norm in norms for variable in statistics_of(norm)]
    try:
        measuring = _Measuring(model, rows, norms, batch_size)
        rounds = measuring.exact() if mode == "exact" else measuring.quick()
    except BaseException:
        for variable, value in saved:
            variable.assign(value)
        raise
    for norm in norms:
        if id(norm) not in measuring.pools:
            skipped[norm.name] = "the model does not call it"
    return Recalibration(
        mode,
        measuring.rows_seen,
        tuple(measuring.report(old)),
        skipped,
        rounds,
        loss_before,
        _loss(model, x, y),
    )


def chosen_norms(
    model: Any, names: Collection[str] | None
) -> tuple[list[BatchNormalization], dict[str, str]]:
    """The layers to measure, and those left out with the reason.

    Raises:
        TypeError: If it is no model.
        ValueError: If it has no Batch Normalization, or none of a name, or is not built.
    """
    if not isinstance(model, Layer):
        raise TypeError(f"recalibrate: needs a model; got an object of type {type(model).__name__}")
    norms = batchnorms(model)
    if not norms:
        raise ValueError(f"recalibrate: {model.name} has no Batch Normalization")
    if not all(norm.built for norm in norms):
        raise ValueError(f"recalibrate: {model.name} is not built yet; call it on data first")
    if names is None:
        skipped = {norm.name: "it is frozen" for norm in norms if not norm.trainable}
        return [norm for norm in norms if norm.trainable], skipped
    unknown = sorted(set(names) - {norm.name for norm in norms})
    if unknown:
        raise ValueError(
            f"recalibrate: `layers` names '{unknown[0]}', which is no Batch Normalization of "
            f"{model.name}; it has {', '.join(norm.name for norm in norms)}"
        )
    return [norm for norm in norms if norm.name in names], {}


def _loss(model: Any, x: Any, y: Any) -> float | None:
    if y is None:
        return None
    if not getattr(model, "compiled", False):
        raise ValueError(
            f"recalibrate: `y` asks for the loss, but {model.name} is not compiled; call compile "
            "first, or leave y out"
        )
    return float(model.evaluate(x, y, verbose=0, return_dict=True)["loss"])


def _statistics(norm: BatchNormalization) -> tuple[Floats, Floats]:
    return np.array(norm.moving_mean, np.float64), np.array(norm.moving_variance, np.float64)


def statistics_of(norm: BatchNormalization) -> list[Variable]:
    """The variables that hold a layer's statistics."""
    return list(norm._non_trainable_variables)


def set_statistics(norm: BatchNormalization, mean: Any, variance: Any) -> None:
    """Gives a layer other moving statistics, and those of renorm to go with them."""
    norm.moving_mean.assign(mean)
    norm.moving_variance.assign(variance)
    if norm.renorm:
        deviation = np.sqrt(np.asarray(variance) + norm.epsilon)
        norm.moving_stddev.assign(deviation)
        norm.renorm_mean.assign(mean)
        norm.renorm_stddev.assign(deviation)


class _Measuring:
    """The passes over the data.

    Attributes:
        pools: What each layer got, by layer.
        rows_seen: Rows of a pass.
    """

    def __init__(
        self, model: Any, rows: Rows, norms: list[BatchNormalization], batch_size: int
    ) -> None:
        self.model = model
        self.rows = rows
        self.norms = norms
        self.pools: dict[int, Pool] = {}
        self.rows_seen = 0
        self._calls: dict[int, int] = {}
        self._layers: dict[int, BatchNormalization] = {}
        self._all = batchnorms(model)
        self._observations: dict[Any, Observation] = {}
        self._probe = Observation(model, rows.first(), 1, self._all)
        largest = max(1, self._probe.largest_input())
        self._most = max(1, min(batch_size, _MOST_NUMBERS // largest))

    def exact(self) -> int:
        """Measures layer by layer; returns how often."""
        wanted = {id(norm) for norm in self.norms}
        stages = [
            stage
            for group in self._probe.stages()
            if (stage := [n for n in group if id(self._probe.calls[n].layer) in wanted])
        ]
        is_circular = self._probe.is_circular
        if not is_circular and self._staged(stages):
            return 1
        for number in range(1, _MOST_ROUNDS + 1):
            moved = max((self._measure(stage, False) for stage in stages), default=0.0)
            if not is_circular or moved <= _SETTLED:
                return number
        return _MOST_ROUNDS

    def _staged(self, stages: list[list[int]]) -> bool:
        """Measures in one run that stops at each stage, if what lies between fits into memory."""
        rows = self.rows.count
        if rows is None:
            return False
        needed = StagedRun(self._probe, stages).peak_bytes * rows
        if needed > _MOST_BYTES:
            return False
        parts = [(o, arrays, Cache()) for o, arrays in self._parts(False)]
        runs = {id(o): StagedRun(o, stages) for o, _, _ in parts}
        self.rows_seen = rows
        for number, stage in enumerate(stages):
            pools: dict[int, Pool] = {}
            for observation, arrays, cache in parts:
                inputs = runs[id(observation)].run(number, arrays, cache)
                self._pool(pools, observation, stage, inputs)
            self._finish(pools, stage)
        return True

    def quick(self) -> int:
        """Measures all layers in one pass."""
        wanted = {id(norm) for norm in self.norms}
        calls = enumerate(self._probe.calls)
        self._measure([n for n, call in calls if id(call.layer) in wanted], True)
        return 1

    def _measure(self, wanted: list[int], is_by_batch: bool) -> float:
        """Sets the layers of the calls `wanted`; returns the largest move in deviations."""
        pools: dict[int, Pool] = {}
        self.rows_seen = 0
        for observation, arrays in self._parts(is_by_batch):
            self.rows_seen += len(arrays[0])
            self._pool(pools, observation, wanted, observation.inputs_of(wanted, arrays))
        return self._finish(pools, wanted)

    def _pool(
        self,
        pools: dict[int, Pool],
        observation: Observation,
        wanted: list[int],
        inputs: list[Any],
    ) -> None:
        for number, (values, mask) in zip(wanted, inputs, strict=True):
            norm = observation.calls[number].layer
            self._layers[id(norm)] = norm
            pool = pools.setdefault(id(norm), Pool(norm.moving_mean.shape[0]))
            # Infinity is found and told of at the end.
            with np.errstate(invalid="ignore", over="ignore"):
                pool.add(values, norm.axis, mask)

    def _finish(self, pools: dict[int, Pool], wanted: list[int]) -> float:
        """Sets the layers that were pooled; returns the largest move in deviations."""
        for key in pools:
            self._calls[key] = sum(id(self._probe.calls[n].layer) == key for n in wanted)
        return max((self._set(self._layers[key], pool) for key, pool in pools.items()), default=0.0)

    def _parts(self, is_by_batch: bool) -> Iterator[tuple[Observation, list[Any]]]:
        for data, arrays in self.rows.parts(self._most):
            key = is_by_batch, tuple(array.shape for array in arrays)
            if key not in self._observations:
                self._observations[key] = Observation(
                    self.model, data, len(arrays[0]), self._all, is_by_batch
                )
            yield self._observations[key], arrays

    def _set(self, norm: BatchNormalization, pool: Pool) -> float:
        mean, variance = pool.mean, pool.variance
        if not (np.isfinite(mean).all() and np.isfinite(variance).all()):
            raise FloatingPointError(
                f"recalibrate: {norm.name} gets values that are not finite; the weights of a layer "
                "before it are NaN or too large"
            )
        if pool.count.max(initial=0) < 2:
            raise ValueError(
                f"recalibrate: {norm.name} gets {int(pool.count.max(initial=0))} values a channel "
                "from these rows; a variance needs 2 at least, and some thousand to be known well"
            )
        old_mean, old_variance = _statistics(norm)
        # A channel that a mask leaves out altogether keeps what it had.
        mean = np.where(pool.count > 0, mean, old_mean)
        variance = np.where(pool.count > 0, variance, old_variance)
        self.pools[id(norm)] = pool
        set_statistics(norm, mean, variance)
        return float(np.max(np.abs(mean - old_mean) / np.sqrt(variance + norm.epsilon)))

    def report(self, old: dict[int, tuple[Floats, Floats]]) -> Iterator[RecalibratedLayer]:
        """How far the old statistics were off."""
        for key, pool in self.pools.items():
            norm = self._layers[key]
            mean, variance = _statistics(norm)
            old_mean, old_variance = old[key]
            shift = np.abs(mean - old_mean) / np.sqrt(variance + norm.epsilon)
            ratio = (old_variance + norm.epsilon) / (variance + norm.epsilon)
            yield RecalibratedLayer(
                norm.name,
                int(pool.count.min()),
                self._calls[key],
                float(shift.max()),
                (float(ratio.min()), float(ratio.max())),
            )
