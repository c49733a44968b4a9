"""A model run on the same rows with batch, moving or other statistics, and left as it was.

Three modes. "moving": inference. "batch": as in inference, but each Batch Normalization that trains
takes the statistics of its batch. "training": dropout on as well. Nothing is written: neither the
moving statistics nor the states of random generators move.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.batchnorm.observing import Seen, answering, recording, specs_of
from trimtab.batchnorm.pooling import Floats, Pool
from trimtab.batchnorm.recalibrating import set_statistics
from trimtab.batchnorm.rewriting import batchnorms
from trimtab.core import tree
from trimtab.core.tracing import Traced, Variant, as_value, trace
from trimtab.core.variable import Variable
from trimtab.data import ArrayData
from trimtab.ir.graph import Graph
from trimtab.layers.batch_normalization import BatchNormalization

Array = npt.NDArray[Any]
MODES = ("moving", "batch", "training")


@dataclasses.dataclass(frozen=True)
class Statistics:
    """Mean and biased variance of what a layer got, a number a channel.

    Attributes:
        mean: The mean of all values.
        variance: Their biased variance.
        within: The mean of the batches' biased variances, of which a moving variance is an average.
        count: How many values a channel had.
        moved: What a moving mean and a moving variance are averages of, if calls or batches differ
            in how many values they have: the means of the batches' means and variances, each
            counted once. None if they are `mean` and `within`.
    """

    mean: Floats
    variance: Floats
    within: Floats
    count: int
    moved: tuple[Floats, Floats] | None = None


class ModeRun:
    """A model traced for batches of one size in one mode.

    Attributes:
        calls: The calls of the Batch Normalizations, in the order of their places in the network.
    """

    def __init__(self, model: Any, data: ArrayData, rows: int, mode: str) -> None:
        self.calls: list[Seen] = []
        norms = batchnorms(model)
        outputs: list[Any] = []

        def takes_batch(norm: BatchNormalization, training: Any) -> bool:
            is_asked = mode == "batch" or (mode == "training" and bool(training))
            return is_asked and bool(norm.trainable)

        def run(*inputs: Any) -> Any:
            x, _, _ = data.form.pack(list(inputs))
            with answering(norms, recording(self.calls, takes_batch)):
                result = model(x, training=mode == "training")
            outputs[:] = [y for y in tree.flatten(result) if y is not None]
            return outputs

        self._traced = trace(run, specs_of(data, rows))
        self._outputs = [as_value(y) for y in outputs]
        self._variants: dict[str, Variant] = {}

    def outputs(self, arrays: Sequence[Array]) -> list[Array]:
        """The model's outputs, flat."""
        return self._run("outputs", self._outputs, arrays)

    def with_norms(self, arrays: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """The model's outputs, and what each call of a Batch Normalization gave."""
        values = [*self._outputs, *(as_value(call.output) for call in self.calls)]
        results = self._run("norms", values, arrays)
        count = len(self._outputs)
        return results[:count], results[count:]

    def inputs_of_norms(self, arrays: Sequence[Array]) -> list[tuple[Array, Array | None]]:
        """(inputs, mask) of each call of a Batch Normalization."""
        values = [
            as_value(v) for call in self.calls for v in (call.inputs, call.mask) if v is not None
        ]
        results = iter(self._run("inputs", values, arrays))
        return [(next(results), None if c.mask is None else next(results)) for c in self.calls]

    def _run(self, key: str, values: Sequence[Any], arrays: Sequence[Array]) -> list[Array]:
        if key not in self._variants:
            graph = self._traced.graph
            # Without updates: neither statistics nor random generators move.
            part = Graph(graph.inputs, graph.states, tuple(values), ())
            self._variants[key] = Variant(Traced(part, self._traced.variables, list(values)))
        return [np.array(result) for result in self._variants[key].run(arrays)]


def batches(data: ArrayData, order: Array, size: int) -> Iterator[list[Array]]:
    """The arrays of whole batches of rows in an order; rows left over are left out."""
    for start in range(0, len(order) - size + 1, size):
        yield data.batch(order[start : start + size])


@contextlib.contextmanager
def left_as_it_was(model: Any) -> Iterator[None]:
    """Gives all variables of a model their values back, bit by bit, when the block ends."""
    variables: list[Variable] = list(model.variables)
    saved = [(variable, np.array(variable.numpy())) for variable in variables]
    try:
        yield
    finally:
        for variable, value in saved:
            if variable.numpy().tobytes() != value.tobytes():
                variable.assign(value)


def statistics_of(
    run: ModeRun, data: ArrayData, order: Array, size: int
) -> dict[int, list[Statistics]]:
    """What the Batch Normalizations get, batch by batch: by layer, of each of its calls."""
    total: list[Pool] = [Pool(_channels(call)) for call in run.calls]
    sums: list[Floats] = [np.zeros((3, _channels(call))) for call in run.calls]
    count = 0
    for arrays in batches(data, order, size):
        count += 1
        for number, (values, mask) in enumerate(run.inputs_of_norms(arrays)):
            axis = run.calls[number].layer.axis
            one = Pool(_channels(run.calls[number]))
            with np.errstate(invalid="ignore", over="ignore"):
                one.add(values, axis, mask)
                total[number].add(values, axis, mask)
            sums[number] += one.mean, one.variance, one.variance * one.count
    found: dict[int, list[Statistics]] = {}
    for call, pool, (means, variances, weighted) in zip(run.calls, total, sums, strict=True):
        within, moved = variances / max(count, 1), None
        if call.mask is not None:
            moved = means / max(count, 1), within
            within = weighted / np.maximum(pool.count, 1)
        made = Statistics(pool.mean, pool.variance, within, int(pool.count.min()), moved)
        found.setdefault(id(call.layer), []).append(made)
    return found


def _channels(call: Seen) -> int:
    return int(call.layer.moving_mean.shape[0])


def pooled(parts: Sequence[Statistics]) -> Statistics:
    """The statistics of all calls of a shared layer together, each value with the same weight."""
    counts = [part.count for part in parts]
    weights = np.array(counts) / max(sum(counts), 1)

    def averaged(values: Sequence[Floats]) -> Floats:
        return np.asarray(np.average(values, axis=0, weights=weights if weights.any() else None))

    mean = averaged([part.mean for part in parts])
    spread = averaged([np.square(part.mean - mean) for part in parts])
    variance = averaged([part.variance for part in parts]) + spread
    within = averaged([part.within for part in parts])
    moved = None
    if len(set(counts)) > 1 or any(part.moved for part in parts):
        each = [part.moved or (part.mean, part.within) for part in parts]
        moved = np.mean([pair[0] for pair in each], axis=0), np.mean([p[1] for p in each], axis=0)
    return Statistics(mean, variance, within, sum(counts), moved)


def give_statistics(values: dict[int, tuple[Floats, Floats]], model: Any) -> None:
    """Gives the layers moving statistics, (mean, variance) by layer."""
    for norm in batchnorms(model):
        if id(norm) in values:
            set_statistics(norm, *values[id(norm)])


def moving_statistics(model: Any) -> dict[int, tuple[Floats, Floats]]:
    """(moving mean, moving variance) by layer."""
    return {
        id(norm): (
            np.array(norm.moving_mean.numpy(), np.float64),
            np.array(norm.moving_variance.numpy(), np.float64),
        )
        for norm in batchnorms(model)
    }
