"""What the rules of `audit` look at: the model's graph, and what is known of its training."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.batchnorm.call_graph import CallGraph, CallNode
from trimtab.batchnorm.channel_axes import channel_axes
from trimtab.batchnorm.finder import Finder
from trimtab.batchnorm.layer_kinds import is_batch_norm
from trimtab.core import tree
from trimtab.core.naming import to_snake_case

# Layers that move values, and those that also pass a constant on unchanged.
LINEAR_WALK = frozenset({"identity", "reshape"})
POOLING_WALK = LINEAR_WALK | {"max_pool", "average_pool"}

_PROBABILITY_LOSSES = ("crossentropy", "cross_entropy", "kl_divergence", "kld")
_REGRESSION_LOSSES = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "mse",
    "mae",
    "mape",
    "msle",
    "huber",
    "log_cosh",
    "logcosh",
)


@dataclasses.dataclass(frozen=True)
class Training:
    """What is known of how the model is trained; None where it is not.

    Attributes:
        batch_size: Rows a batch.
        rows: Rows that are trained on.
        steps_per_epoch: Batches an epoch.
        epochs: Epochs.
        validation_split: Part of the rows that `fit` keeps to validate on.
        shuffle: Whether rows are shuffled each epoch.
        ordered: Whether the order of the rows means something, as in time series.
        callbacks: The callbacks of `fit`.
    """

    batch_size: int | None = None
    rows: int | None = None
    steps_per_epoch: int | None = None
    epochs: int | None = None
    validation_split: float = 0.0
    shuffle: bool = True
    ordered: bool = False
    callbacks: tuple[Any, ...] = ()

    @property
    def steps(self) -> int | None:
        """Batches of the whole training."""
        each = self.steps_per_epoch
        if each is None and self.rows is not None and self.batch_size is not None:
            each = math.ceil(self.rows / self.batch_size)
        return None if each is None or self.epochs is None else each * self.epochs


@dataclasses.dataclass
class AuditSubject(Finder):
    """What the rules look at.

    Attributes:
        model: The model.
        graph: Its calls.
        optimizer: Its optimizer, None if there is none.
        training: What is known of its training.
        x: Inputs, None if there are none.
        y: Targets, None if there are none.
        thresholds: The numbers to compare with.
    """

    model: Any
    graph: CallGraph
    optimizer: Any
    training: Training
    x: Any
    y: Any
    thresholds: Mapping[str, float]

    def __post_init__(self) -> None:
        self.axes = channel_axes(self.graph)
        self.all_batch_norms = [
            layer
            for layer in self.model._flatten_layers(include_self=False)
            if is_batch_norm(layer)
        ]

    @property
    def batch_norms(self) -> list[CallNode]:
        """The calls of BatchNormalization layers, the first of each layer."""
        return [node for node in self.graph.batch_norms if node.call_index == 0]

    @property
    def training_batch_norms(self) -> list[CallNode]:
        """Those whose statistics come from the batch while the model is in `fit`."""
        return [node for node in self.batch_norms if node.operation.trainable and node.training]

    def values_per_row(self, node: CallNode) -> int | None:
        """How many values of a channel one row has at a BatchNormalization; None if open."""
        shape, axis = node.input_shape, bn_axis(node)
        sizes = [dim for i, dim in enumerate(shape) if i not in (0, axis)]
        return None if None in sizes else math.prod(int(dim) for dim in sizes if dim is not None)

    @property
    def losses(self) -> list[tuple[str, bool]]:
        """(name, whether it takes logits) of the compiled losses."""
        return [
            (loss_name(x), takes_logits(x))
            for x in tree.flatten(getattr(self.model, "loss", None))
            if x is not None
        ]

    @property
    def has_probability_loss(self) -> bool:
        """Whether a loss reads the outputs as probabilities."""
        return any(is_probability_loss(name) and not logits for name, logits in self.losses)

    @property
    def has_known_loss(self) -> bool:
        """Whether a loss is one of classification or regression."""
        return any(is_probability_loss(n) or n in _REGRESSION_LOSSES for n, _ in self.losses)


def is_probability_loss(name: str) -> bool:
    """Whether a loss of this name compares distributions."""
    return any(part in name for part in _PROBABILITY_LOSSES)


def loss_name(loss: Any) -> str:
    """A loss's name in snake case, whether it is a name, an object or a function."""
    if isinstance(loss, str):
        return to_snake_case(loss)
    return to_snake_case(getattr(loss, "__name__", type(loss).__name__))


def takes_logits(loss: Any) -> bool:
    """Whether a loss applies the last activation itself."""
    given = getattr(loss, "from_logits", None)
    if given is None:
        given = (getattr(loss, "_fn_kwargs", None) or {}).get("from_logits", False)
    return bool(given)


def bn_axis(node: CallNode) -> int:
    """The channels' axis of a BatchNormalization, counted from 0."""
    return int(node.operation.axis) % len(node.input_shape)


def is_nonlinear(node: CallNode) -> bool:
    """Whether a call applies a nonlinear activation, of its own or fused."""
    return node.activation not in (None, "linear")


def is_linear_layer(node: CallNode) -> bool:
    """Whether a call is that of a layer with weights and without an activation."""
    return node.kind in ("linear", "depthwise") and not is_nonlinear(node)


def back(node: CallNode, kinds: Iterable[str]) -> tuple[CallNode | None, list[CallNode]]:
    """The first call before `node` that is of none of `kinds`, and those in between.

    None where a call in between has several inputs.
    """
    between: list[CallNode] = []
    passing, current = frozenset(kinds), node
    while True:
        producers = current.producers
        if len(producers) != 1:
            return None, between
        current = producers[0]
        if current.kind not in passing:
            return current, between
        between.append(current)


def forward(
    graph: CallGraph, node: CallNode, kinds: Iterable[str]
) -> tuple[CallNode | None, list[CallNode]]:
    """The first call after `node` that is of none of `kinds`, and those in between.

    None where an output goes to several calls, or to none.
    """
    between: list[CallNode] = []
    passing, current = frozenset(kinds), node
    while True:
        following = graph.only_consumer(current)
        if following is None:
            return None, between
        current = following
        if current.kind not in passing:
            return current, between
        between.append(current)


def names(nodes: Sequence[CallNode]) -> str:
    """The labels of calls, the first ones where there are many."""
    listed = [node.label for node in nodes]
    more = f" and {len(listed) - 4} more" if len(listed) > 4 else ""
    return ", ".join(f"'{label}'" for label in listed[:4]) + more


def ancestors(node: CallNode) -> set[CallNode]:
    """All calls that `node` depends on."""
    found: set[CallNode] = set()
    stack = list(node.producers)
    while stack:
        current = stack.pop()
        if current not in found:
            found.add(current)
            stack.extend(current.producers)
    return found


def depends_on(node: CallNode, sources: set[CallNode]) -> bool:
    """Whether `node` is computed from one of `sources`."""
    # What comes before the first of them in the graph's order cannot lead to them.
    first = min((source.index for source in sources), default=0)
    found: set[CallNode] = set()
    stack = list(node.producers)
    while stack:
        current = stack.pop()
        if current in sources:
            return True
        if current not in found and current.index > first:
            found.add(current)
            stack.extend(current.producers)
    return False


def has_initial_statistics(layer: Any) -> bool:
    """Whether moving mean and variance are as they are made: zeros and ones."""
    mean, variance = (np.asarray(v.numpy()) for v in (layer.moving_mean, layer.moving_variance))
    return bool((mean == 0).all() and (variance == 1).all())


def knows_updates(layer: Any) -> bool:
    """Whether `updates_seen` counts all updates: a file keeps the statistics and no count.

    What is left of an initial variance of 1 is a lower bound of the moving variance; where that is
    smaller, there were more updates than were counted.
    """
    if has_initial_statistics(layer):
        return True
    variance = np.asarray(layer.moving_variance.numpy())
    return layer.updates_seen > 0 and bool((variance >= 0.999 * layer.initial_share).all())
