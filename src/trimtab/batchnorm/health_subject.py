"""What the rules of `health` look at: a model's Batch Normalizations, measured on data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.batchnorm import gap_causes
from trimtab.batchnorm.audit_subject import forward, knows_updates
from trimtab.batchnorm.call_graph import CallGraph
from trimtab.batchnorm.finder import Finder
from trimtab.batchnorm.gap_causes import Cause
from trimtab.batchnorm.pooling import Floats
from trimtab.batchnorm.row_scores import Scores, scores
from trimtab.batchnorm.running_modes import (
    ModeRun,
    Statistics,
    batches,
    give_statistics,
    left_as_it_was,
    pooled,
    statistics_of,
)
from trimtab.batchnorm.statistics import exact_statistics
from trimtab.core import tree
from trimtab.data import ArrayData, array_data

Array = npt.NDArray[Any]
# Rows of which the outputs of all layers are compared; more would only cost memory.
_MOST_COMPARED = 512
_AT_ONCE = 512


@dataclasses.dataclass(frozen=True)
class Rows:
    """Data to measure on.

    Attributes:
        x: Inputs, in the structure of the model's.
        data: The same, checked.
        y: Targets, None if there are none.
        order: Numbers of the rows that are used, in the order of their use.
        size: Rows a batch.
    """

    x: Any
    data: ArrayData
    y: Any
    order: Array
    size: int

    @property
    def used(self) -> Array:
        """The rows in whole batches."""
        return self.order[: len(self.order) // self.size * self.size]

    def targets(self, order: Array) -> Any:
        """The targets of rows."""
        return tree.map_structure(lambda a: None if a is None else np.asarray(a)[order], self.y)

    def inputs(self, order: Array) -> Any:
        """The inputs of rows."""
        return tree.map_structure(lambda a: np.asarray(a)[order], self.x)


def rows_of(x: Any, y: Any, size: int, most: int, seed: int, owner: str = "health") -> Rows:
    """Rows in a random order that depends on `seed` alone, at most `most`.

    Raises:
        ValueError: If there are no rows, they are NaN or infinite, or their numbers differ.
    """
    data = array_data(owner, x)
    counts = {len(np.asarray(a)) for a in tree.flatten(y) if a is not None} - {data.rows}
    if counts:
        raise ValueError(
            f"{owner}: `x` and `y` must have equally many rows; got {data.rows} and {counts.pop()}"
        )
    order = np.random.default_rng(seed).permutation(data.rows)[:most]
    return Rows(x, data, y, order, min(size, len(order)))


@dataclasses.dataclass
class Norm:
    """One Batch Normalization, measured.

    Attributes:
        layer: The layer.
        label: Its name, with those of the models around it.
        exact: Its exact statistics in inference.
        values: How many values a channel a training batch has.
        share: The part of the initial statistics that is left.
        is_share_counted: Whether that comes from a count of updates, or is an estimate.
    """

    layer: Any
    label: str
    exact: Statistics
    values: int
    share: float
    is_share_counted: bool

    @cached_property
    def moving_mean(self) -> Floats:
        """The moving mean."""
        return np.array(self.layer.moving_mean.numpy(), np.float64)

    @cached_property
    def moving_variance(self) -> Floats:
        """The moving variance."""
        return np.array(self.layer.moving_variance.numpy(), np.float64)

    @cached_property
    def gamma(self) -> Floats | None:
        """Gamma, None if there is none."""
        return None if self.layer.gamma is None else np.array(self.layer.gamma.numpy(), np.float64)

    @cached_property
    def beta(self) -> Floats | None:
        """Beta, None if there is none."""
        return None if self.layer.beta is None else np.array(self.layer.beta.numpy(), np.float64)

    @cached_property
    def distance(self) -> Floats:
        """How far the moving mean is off, in exact deviations."""
        scale = np.sqrt(self.exact.variance + self.layer.epsilon)
        return np.asarray(np.abs(self.moving_mean - self.exact.mean) / scale)

    @cached_property
    def ratio(self) -> Floats:
        """Moving over exact variance, epsilon added to both."""
        epsilon = self.layer.epsilon
        return np.asarray((self.moving_variance + epsilon) / (self.exact.variance + epsilon))

    @cached_property
    def constant(self) -> Array:
        """Which channels hardly vary: those that BH404 tells of."""
        variance = self.exact.variance
        return np.asarray(variance < np.maximum(1e-8, 1e-4 * np.median(variance)))


class HealthSubject(Finder):
    """What the rules look at; what several of them need is measured once.

    Attributes:
        model: The model.
        rows: The data.
        held_out: Data that the model was not trained on, None if there are none.
        groups: A group for each row, None if there are none.
        shuffle: Whether the model is trained on shuffled rows.
        folded: The same model with its normalisations folded, None if there is none.
        thresholds: The numbers to compare with.
        graph: The model's calls, None if they could not be followed.
        notes: Sentences on what could not be measured.
        norms: The Batch Normalizations that the model calls.
    """

    def __init__(
        self,
        model: Any,
        rows: Rows,
        held_out: Rows | None,
        groups: Array | None,
        shuffle: bool,
        folded: Any,
        thresholds: Mapping[str, float],
    ) -> None:
        self.model = model
        self.rows = rows
        self.held_out = held_out
        self.groups = groups
        self.shuffle = shuffle
        self.folded = folded
        self.thresholds = thresholds
        self.notes: list[str] = []
        self.graph = self._graph()
        self.runs = {
            mode: ModeRun(model, rows.data, rows.size, mode)
            for mode in ("moving", "batch", "training")
        }
        self.exact = exact_statistics(model, rows.inputs(rows.order))
        self.norms = self._norms()

    def _graph(self) -> CallGraph | None:
        try:
            graph = CallGraph(self.model)
        except ValueError as error:
            self.notes.append(str(error))
            return None
        self.notes += graph.notes
        return graph

    def _norms(self) -> list[Norm]:
        found: dict[int, Norm] = {}
        for call in self.runs["moving"].calls:
            layer, key = call.layer, id(call.layer)
            if key in found or key not in self.exact:
                continue
            shape = call.inputs.shape
            channels = shape[layer.axis % len(shape)]
            counted = knows_updates(layer)
            share = (
                layer.initial_share
                if counted
                else gap_causes.estimated_share(layer, self.exact[key])
            )
            values = math.prod(shape) // channels
            found[key] = Norm(layer, self._label(layer), self.exact[key], values, share, counted)
        return list(found.values())

    def _label(self, layer: Any) -> str:
        calls = [] if self.graph is None else self.graph.calls_of(layer)
        return calls[0].label if calls else str(layer.name)

    # --- measured once ----------------------------------------------------------------------

    @cached_property
    def training_statistics(self) -> dict[int, Statistics]:
        """What the layers get in training, dropout on, in shuffled batches."""
        rows = self.rows
        found = statistics_of(self.runs["training"], rows.data, rows.used, rows.size)
        return {key: pooled(parts) for key, parts in found.items()}

    @cached_property
    def ordered_statistics(self) -> dict[int, Statistics] | None:
        """The same in the order of the rows; None if the model trains on shuffled ones."""
        if self.shuffle:
            return None
        rows = self.rows
        found = statistics_of(self.runs["training"], rows.data, np.sort(rows.used), rows.size)
        return {key: pooled(parts) for key, parts in found.items()}

    def outputs(self, mode: str, rows: Rows | None = None) -> list[Array]:
        """The model's outputs for the rows in whole batches."""
        rows = self.rows if rows is None else rows
        # In inference the size of batches makes no difference, but for the time.
        size = max(rows.size, _AT_ONCE) if mode == "moving" else rows.size
        parts = []
        for start in range(0, len(rows.used), size):
            part = rows.used[start : start + size]
            parts.append(self._run(mode, rows.data, len(part)).outputs(rows.data.batch(part)))
        return [np.concatenate(flat) for flat in zip(*parts, strict=True)]

    def _run(self, mode: str, data: ArrayData, size: int) -> ModeRun:
        if size == self.rows.size and data is self.rows.data:
            return self.runs[mode]
        key = f"{mode} {size} {id(data)}"
        if key not in self.runs:
            self.runs[key] = ModeRun(self.model, data, size, mode)
        return self.runs[key]

    def score(self, mode: str, rows: Rows | None = None) -> Scores:
        """The scores of a mode."""
        rows = self.rows if rows is None else rows
        return scores(self.model, rows.targets(rows.used), self.outputs(mode, rows))

    @cached_property
    def scores(self) -> dict[str, Scores]:
        """The scores with the batches' statistics, the moving ones, the exact ones, in training."""
        found = {mode: self.score(mode) for mode in ("training", "batch", "moving")}
        with left_as_it_was(self.model):
            give_statistics({k: (s.mean, s.variance) for k, s in self.exact.items()}, self.model)
            found["exact"] = self.score("moving")
        return found

    @cached_property
    def causes(self) -> list[Cause]:
        """The parts of the gap between exact and moving statistics; none without targets."""
        if self.scores["moving"].loss is None:
            return []
        share = {id(norm.layer): norm.share for norm in self.norms}
        steps = gap_causes.steps_of(
            self.model, self.exact, self.training_statistics, self.ordered_statistics, share
        )
        with left_as_it_was(self.model):
            return gap_causes.split(self.model, steps, lambda: self.score("moving"))

    @property
    def main_cause(self) -> str:
        """The name of the part that raises the loss most; "" if none does."""
        raising = [cause for cause in self.causes if cause.loss > 0]
        return max(raising, key=lambda cause: cause.loss).name if raising else ""

    @cached_property
    def layer_gaps(self) -> list[tuple[Norm, float]]:
        """For each layer how far its outputs in inference are from those with batch statistics.

        As the root of the mean square over the deviation, channel by channel, then the median.
        """
        rows = self.rows
        few = rows.used[: max(rows.size, _MOST_COMPARED // rows.size * rows.size)]
        first: dict[int, list[Array]] = {}
        for arrays in batches(rows.data, few, rows.size):
            _, by_batch = self.runs["batch"].with_norms(arrays)
            _, moving = self.runs["moving"].with_norms(arrays)
            calls = self.runs["moving"].calls
            seen: set[int] = set()
            for call, one, other in zip(calls, by_batch, moving, strict=True):
                key = id(call.layer)
                if key in seen:
                    continue
                seen.add(key)
                axes = tuple(a for a in range(one.ndim) if a != call.layer.axis % one.ndim)
                difference = np.square(one.astype(np.float64) - other).mean(axis=axes)
                first.setdefault(key, []).append(np.stack([difference, one.var(axis=axes)]))
        found = []
        for norm in self.norms:
            if id(norm.layer) in first:
                square, variance = np.mean(first[id(norm.layer)], axis=0)
                # A channel that does not vary has no scale to measure by.
                size = np.sqrt(square / np.maximum(variance, 1e-6))
                found.append((norm, float(np.median(size))))
        return found

    def start_of_gap(self) -> str:
        """The label of the first layer whose outputs differ; "" if none do."""
        limit = self.thresholds["BH410.start"]
        return next((norm.label for norm, size in self.layer_gaps if size > limit), "")

    def activation_after(self, norm: Norm) -> str | None:
        """The activation that takes the layer's output and nothing else does; None without one."""
        if self.graph is None:
            return None
        calls = self.graph.calls_of(norm.layer)
        if len(calls) != 1:
            return None
        following, _ = forward(self.graph, calls[0], ("identity", "reshape"))
        if following is None or following.kind != "activation":
            return None
        return following.activation

    def values_of(self, norm: Norm) -> Array:
        """What the layer gives in inference, a row a value and a column a channel."""
        rows = self.rows
        few = rows.used[: max(rows.size, _MOST_COMPARED * 4 // rows.size * rows.size)]
        run = self.runs["moving"]
        number = next(i for i, call in enumerate(run.calls) if call.layer is norm.layer)
        parts = []
        for arrays in batches(rows.data, few, rows.size):
            values = run.with_norms(arrays)[1][number]
            parts.append(
                np.moveaxis(values, norm.layer.axis, -1).reshape(-1, len(norm.moving_mean))
            )
        return np.concatenate(parts)
