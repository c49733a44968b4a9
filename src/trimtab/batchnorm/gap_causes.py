"""Why a model does otherwise in inference than in training: the gap, split into its causes.

The moving statistics are led from the exact ones to those that the model has, one cause at a time,
and the loss is measured after each. So the parts add up to the whole gap.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.batchnorm.pooling import Floats
from trimtab.batchnorm.rewriting import batchnorms
from trimtab.batchnorm.running_modes import Statistics, give_statistics, moving_statistics

Pairs = dict[int, tuple[Floats, Floats]]
CAUSES = {
    "dropout shift": "the moving statistics are of training, with dropout on",
    "tiny batch": "variances of few values are too small on average",
    "unequal calls": "calls with few values, or none behind a mask, move the statistics as much",
    "order of data": "batches of rows in this order are not like the data",
    "stale statistics": "part of the initial statistics is left",
    "other data": "what remains: statistics of other data, or of earlier weights",
}
FIXES = {
    "dropout shift": "recalibrate(model, x), or move the dropout behind the last normalisation",
    "tiny batch": "recalibrate(model, x), or larger batches",
    "unequal calls": "recalibrate(model, x), in which each value counts once",
    "order of data": "shuffle the rows",
    "stale statistics": "recalibrate(model, x), a lower momentum, or more steps",
    "other data": "check that these data are prepared as those of training were; or "
    "recalibrate(model, x) on them",
}


@dataclasses.dataclass(frozen=True)
class Cause:
    """One part of the gap.

    Attributes:
        name: Its name, a key of `CAUSES`.
        loss: By how much it raises the loss in inference.
        accuracy: By how much it changes the accuracy; None where there is none.
    """

    name: str
    loss: float
    accuracy: float | None


def steps_of(
    model: Any,
    exact: dict[int, Statistics],
    training: dict[int, Statistics],
    in_order: dict[int, Statistics] | None,
    share: dict[int, float],
) -> list[tuple[str, Pairs]]:
    """The statistics after each cause, from the exact ones on; the last are the model's own.

    Args:
        model: The model.
        exact: Exact statistics, in inference.
        training: Statistics in training, of shuffled rows.
        in_order: The same of rows in their order, if the model trains on them unshuffled.
        share: The part of the initial statistics that is left.
    """
    now = moving_statistics(model)
    steps: list[tuple[str, Pairs]] = [("", {k: (s.mean, s.variance) for k, s in exact.items()})]
    trains = {id(norm) for norm in batchnorms(model) if norm.trainable}

    def led(name: str, change: Callable[[int, tuple[Floats, Floats]], Any]) -> None:
        before = steps[-1][1]
        steps.append((name, {k: change(k, p) if k in trains else p for k, p in before.items()}))

    led("dropout shift", lambda k, pair: (training[k].mean, training[k].variance))
    led("tiny batch", lambda k, pair: (training[k].mean, training[k].within))
    if any(found.moved for found in training.values()):
        led("unequal calls", lambda k, pair: training[k].moved or pair)
    if in_order is not None:
        ordered = {k: found.moved or (found.mean, found.within) for k, found in in_order.items()}
        led("order of data", lambda k, pair: ordered[k])
    led(
        "stale statistics",
        lambda k, p: ((1 - share[k]) * p[0], (1 - share[k]) * p[1] + share[k]),
    )
    steps.append(("other data", {k: now[k] for k in exact}))
    return steps


def split(model: Any, steps: list[tuple[str, Pairs]], measure: Callable[[], Any]) -> list[Cause]:
    """The gap's parts; the caller restores the model's statistics.

    Args:
        model: The model, whose statistics are set.
        steps: What `steps_of` gave.
        measure: Gives the `Scores` of the model as it is.
    """
    causes: list[Cause] = []
    before = None
    for name, statistics in steps:
        give_statistics(statistics, model)
        now = measure()
        if before is not None and now.loss is not None and before.loss is not None:
            gained = None if now.accuracy is None else now.accuracy - before.accuracy
            causes.append(Cause(name, now.loss - before.loss, gained))
        before = now
    return causes


def estimated_share(norm: Any, exact: Statistics) -> float:
    """The part of the initial variance that is left, from the variances alone; 0 if unclear."""
    variance = np.asarray(norm.moving_variance.numpy(), np.float64)
    far = np.abs(1 - exact.variance) > 0.2
    if not far.any():
        return 0.0
    share = (variance[far] - exact.variance[far]) / (1 - exact.variance[far])
    return float(np.clip(np.median(share), 0.0, 1.0))
