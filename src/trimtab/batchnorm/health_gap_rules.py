"""Rules on training against inference, batches and other data, measured: BH410 to BH415."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.gap_causes import FIXES
from trimtab.batchnorm.health_subject import HealthSubject, Norm
from trimtab.batchnorm.pooling import Floats, Pool
from trimtab.batchnorm.row_scores import Scores, mcnemar, paired_interval
from trimtab.batchnorm.rules import rule
from trimtab.batchnorm.running_modes import batches, give_statistics, left_as_it_was
from trimtab.batchnorm.statistics import exact_statistics
from trimtab.core import tree

Array = npt.NDArray[Any]
_PRECISE = "https://arxiv.org/abs/2105.07576"
_PROBES, _ROUNDS = 32, 10


@rule(
    "BH410",
    "train-inference-gap",
    "error",
    condition="on the same rows, dropout off, accuracy with moving statistics is 2 points (warn) "
    "or 10 points (error) below that with the batches' (p < 0.01); without classes: the loss is "
    "10 % or 100 % higher",
    fix="by its cause: see the parts of the gap",
    source="https://github.com/keras-team/keras/issues/7265",
)
def train_inference_gap(subject: HealthSubject) -> Iterator[Finding]:
    """What looks like overfitting is a network that is another one in inference.

    The finding names the layer at which the outputs begin to differ, and the largest cause. A
    point of difference is normal.
    """
    batch, moving = subject.scores["batch"], subject.scores["moving"]
    found = _accuracy_gap(subject, batch, moving) or _loss_gap(subject, batch, moving)
    if found is None:
        return
    severity, message, numbers = found
    cause, start = subject.main_cause, subject.start_of_gap()
    parts = [message]
    if start:
        parts.append(f"the gap starts at '{start}'")
    if cause:
        parts.append(f"its main cause: {cause}")
    yield subject.finding(
        "BH410",
        severity,
        start,
        "; ".join(parts),
        fix=FIXES.get(cause),
        cause=cause,
        start=start,
        **numbers,
    )


def _accuracy_gap(
    subject: HealthSubject, batch: Scores, moving: Scores
) -> tuple[str, str, dict[str, Any]] | None:
    if batch.correct is None or moving.correct is None:
        return None
    limits = subject.thresholds
    gap = float(batch.correct.mean() - moving.correct.mean())
    p = mcnemar(batch.correct, moving.correct)
    if gap < limits["BH410.warn"] or p >= limits["BH410.p"]:
        return None
    severity = "error" if gap >= limits["BH410.error"] else "warn"
    before, after = 100 * float(batch.correct.mean()), 100 * float(moving.correct.mean())
    message = (
        f"accuracy is {before:.1f} % with the batches' statistics and {after:.1f} % in inference, "
        f"on the same rows (p = {p:.1g})"
    )
    return severity, message, {"gap": round(gap, 4), "p": p}


def _loss_gap(
    subject: HealthSubject, batch: Scores, moving: Scores
) -> tuple[str, str, dict[str, Any]] | None:
    if batch.correct is not None or batch.losses is None or moving.losses is None:
        return None
    limits = subject.thresholds
    mean, low, _ = paired_interval(batch.losses, moving.losses)
    relative = mean / max(abs(float(batch.losses.mean())), 1e-12)
    if low <= 0 or relative < limits["BH410.loss_warn"]:
        return None
    severity = "error" if relative >= limits["BH410.loss_error"] else "warn"
    message = (
        f"the loss is {batch.losses.mean():.4g} with the batches' statistics and "
        f"{moving.losses.mean():.4g} in inference, on the same rows"
    )
    return severity, message, {"relative": round(relative, 4)}


@rule(
    "BH411",
    "recalibration-helps",
    "warn",
    condition="statistics measured on one half of the rows lower the loss of the other half, with "
    "a 95 % interval below 0, by over 20 % (warn) or 1 % (info)",
    fix="recalibrate(model, x)",
    source=_PRECISE,
)
def recalibration_helps(subject: HealthSubject) -> Iterator[Finding]:
    """The moving statistics can be measured better than they are: see what it brings.

    With held-out data these are what is judged on; they are never measured on. Moving averages
    are noisy while the weights still move fast: some percent are to be expected.
    """
    rows, held_out = subject.rows, subject.held_out
    if rows.y is None or subject.scores["moving"].losses is None:
        return
    half = len(rows.order) // 2
    judged = held_out if held_out is not None and held_out.y is not None else None
    measured = rows.order if judged is not None else rows.order[:half]
    if half < rows.size:
        subject.notes.append(
            f"BH411 needs two batches of rows and more; there are {len(rows.order)} rows"
        )
        return
    exact = exact_statistics(subject.model, rows.inputs(measured))
    before, after = _before_and_after(subject, exact, judged, half)
    if before is None or after is None:
        return
    mean, low, high = paired_interval(before, after)
    gain = -mean / max(abs(float(before.mean())), 1e-12)
    if high < 0 and gain > subject.thresholds["BH411.note"]:
        is_warn = gain > subject.thresholds["BH411.gain"]
        where = "held-out rows" if judged is not None else "the other half of the rows"
        yield subject.finding(
            "BH411",
            "warn" if is_warn else "info",
            _furthest(subject.norms),
            f"with measured statistics the loss of {where} falls from {before.mean():.4g} to "
            f"{after.mean():.4g} (95 % interval of the change {low:.2g} to {high:.2g})",
            gain=round(gain, 4),
            low=low,
            high=high,
        )


def _before_and_after(
    subject: HealthSubject, exact: dict[int, Any], judged: Any, half: int
) -> tuple[Array | None, Array | None]:
    def losses() -> Array | None:
        if judged is not None:
            return subject.score("moving", judged).losses
        whole = subject.score("moving").losses
        return None if whole is None else whole[half:]

    before = losses()
    with left_as_it_was(subject.model):
        give_statistics({k: (s.mean, s.variance) for k, s in exact.items()}, subject.model)
        after = losses()
    return before, after


def _furthest(norms: list[Norm]) -> str:
    """The label of the layer whose statistics are furthest from the data's."""

    def off(norm: Norm) -> float:
        ratio = np.abs(np.log(np.maximum(norm.ratio, 1e-12)))
        return float(np.median(norm.distance) + np.median(ratio))

    return max(norms, key=off).label if norms else ""


@rule(
    "BH412",
    "batch-composition",
    "warn",
    condition="in training mode a row's outputs vary with the rest of its batch by over half of "
    "what they vary between rows",
    fix="larger batches, shuffled rows, GroupNormalization",
    source=_PRECISE,
)
def batch_composition(subject: HealthSubject) -> Iterator[Finding]:
    """A network can read in the statistics what else is in the batch.

    32 rows are put into 10 random batches each. Below 8 rows a batch it is to be expected.
    """
    rows = subject.rows
    if not any(norm.layer.trainable for norm in subject.norms) or rows.size < 2:
        return
    if len(rows.order) < rows.size + _PROBES:
        subject.notes.append(
            f"BH412 needs a batch and {_PROBES} rows more; there are {len(rows.order)} rows"
        )
        return
    within, between = _spreads(subject)
    ratio = within / max(between, 1e-12)
    if ratio > subject.thresholds["BH412.ratio"]:
        yield subject.finding(
            "BH412",
            "warn",
            "",
            f"in batches of {rows.size} a row's output varies with its batch {ratio:.2f} times as "
            "much as outputs vary between rows",
            ratio=round(ratio, 4),
            batch_size=rows.size,
        )


def _spreads(subject: HealthSubject) -> tuple[float, float]:
    """The deviation of an output over its batches, and that of the means between rows."""
    rows = subject.rows
    random = np.random.default_rng(len(rows.order))
    probes, others = rows.order[:_PROBES], rows.order[_PROBES:]
    # So few probes a batch that its other rows decide its statistics.
    each = max(1, rows.size // 4)
    seen = []
    for _ in range(_ROUNDS):
        parts = []
        for start in range(0, len(probes), each):
            few = probes[start : start + each]
            rest = random.choice(others, rows.size - len(few), replace=False)
            outputs = subject.runs["batch"].outputs(rows.data.batch(np.concatenate([few, rest])))
            flat = [y.reshape(len(y), -1)[: len(few)] for y in outputs]
            parts.append(np.concatenate(flat, axis=1).astype(np.float64))
        seen.append(np.concatenate(parts))
    stacked = np.stack(seen)
    within = float(np.sqrt(stacked.var(axis=0, ddof=1).mean()))
    return within, float(np.sqrt(stacked.mean(axis=0).var(axis=0, ddof=1).mean()))


@rule(
    "BH413",
    "validation-shift",
    "warn",
    condition="at the first normalisation over 10 % of the channels have another mean (by 0.5 "
    "deviations) or variance (by a factor of 2) on the held-out data, and more than between halves "
    "of the training data",
    fix="split anew after shuffling, prepare both alike, or recalibrate on the data of use",
    source="https://keras.io/api/layers/normalization_layers/batch_normalization/",
)
def validation_shift(subject: HealthSubject) -> Iterator[Finding]:
    """Moving statistics are right only for data like those that they come from.

    Needs held-out data: validation_data=(x, y). Halves of few rows differ by chance, which the
    comparison allows for.
    """
    if subject.held_out is None or not subject.norms:
        return
    first = subject.norms[0]
    rows, held_out = subject.rows, subject.held_out
    half = len(rows.order) // 2
    if half < 1:
        return
    train = first.exact
    other = _first_statistics(subject, held_out.x, held_out.order, first)
    parts = [
        _first_statistics(subject, rows.x, part, first)
        for part in (rows.order[:half], rows.order[half:])
    ]
    share, distance = _shift(subject, first, (train.mean, train.variance), other)
    by_chance, _ = _shift(subject, first, parts[0], parts[1])
    if share > max(subject.thresholds["BH413.share"], by_chance):
        yield subject.finding(
            "BH413",
            "warn",
            first,
            f"{100 * share:.0f} % of its channels have other statistics on the held-out data (the "
            f"median mean is {distance:.2g} deviations off; between halves of the training data "
            f"{100 * by_chance:.0f} %)",
            share=round(share, 4),
            by_chance=round(by_chance, 4),
            distance=round(distance, 4),
        )


def _first_statistics(
    subject: HealthSubject, x: Any, order: Array, norm: Norm
) -> tuple[Floats, Floats]:
    inputs = tree.map_structure(lambda a: np.asarray(a)[order], x)
    found = exact_statistics(subject.model, inputs)[id(norm.layer)]
    return found.mean, found.variance


def _shift(
    subject: HealthSubject,
    norm: Norm,
    one: tuple[Floats, Floats],
    other: tuple[Floats, Floats],
) -> tuple[float, float]:
    """The part of the channels that differ, and the median distance of the means."""
    epsilon, limits = norm.layer.epsilon, subject.thresholds
    distance = np.abs(one[0] - other[0]) / np.sqrt(one[1] + epsilon)
    ratio = np.abs(np.log((other[1] + epsilon) / (one[1] + epsilon)))
    off = (distance > limits["BH413.mean"]) | (ratio > np.log(limits["BH413.ratio"]))
    return float(off.mean()), float(np.median(distance))


@rule(
    "BH414",
    "domain-split",
    "warn",
    condition="over a quarter of the variance of over 10 % of a layer's channels lies between "
    "groups of rows, or between the calls of a shared BatchNormalization",
    fix="a BatchNormalization for each group, or all groups in each batch",
    source="https://arxiv.org/abs/1906.03950",
)
def domain_split(subject: HealthSubject) -> Iterator[Finding]:
    """One set of statistics for inputs of two kinds fits neither.

    Groups are given as groups=[...], one a row; the calls of a shared layer are groups by
    themselves. Groups with other shares of the classes differ for that reason too.
    """
    limits = subject.thresholds
    for norm, what, means, variance, weights in _grouped(subject):
        centre = (weights[:, None] * means).sum(axis=0)
        between = (weights[:, None] * np.square(means - centre)).sum(axis=0)
        share = between / np.maximum(variance, 1e-12)
        off = float((share > limits["BH414.share"])[~norm.constant].mean())
        if off > limits["BH414.channels"]:
            yield subject.finding(
                "BH414",
                "warn",
                norm,
                f"{100 * float(np.median(share)):.0f} % of the variance of its input lies between "
                f"{len(means)} {what} (median over channels)",
                share=round(float(np.median(share)), 4),
                channels=round(off, 4),
                groups=len(means),
            )


Grouped = tuple[Norm, str, Floats, Floats, Floats]


def _grouped(subject: HealthSubject) -> Iterator[Grouped]:
    """Layer, kind of the groups, their means, the variance of all, and the groups' weights."""
    run = subject.runs["moving"]
    calls = [id(call.layer) for call in run.calls]
    shared = {key for key in calls if calls.count(key) > 1}
    groups = None if subject.groups is None else np.unique(subject.groups, return_inverse=True)[1]
    if groups is None and not shared:
        return
    pools = _group_pools(subject, shared, groups)
    for norm in subject.norms:
        key = id(norm.layer)
        parts = [pool for (owner, _), pool in pools.items() if owner == key]
        if len(parts) < 2:
            continue
        weights = np.array([float(pool.count.mean()) for pool in parts])
        weights = weights / weights.sum()
        means = np.stack([pool.mean for pool in parts])
        centre = (weights[:, None] * means).sum(axis=0)
        inside = sum(w * pool.variance for w, pool in zip(weights, parts, strict=True))
        total = inside + (weights[:, None] * np.square(means - centre)).sum(axis=0)
        yield norm, "calls" if key in shared else "groups", means, total, weights


def _group_pools(
    subject: HealthSubject, shared: set[int], groups: Array | None
) -> dict[tuple[int, int], Pool]:
    """What each layer gets, by layer and by call (of shared layers) or group (of the others)."""
    run, rows = subject.runs["moving"], subject.rows
    pools: dict[tuple[int, int], Pool] = {}
    for start, arrays in enumerate(batches(rows.data, rows.used, rows.size)):
        part = rows.used[start * rows.size : (start + 1) * rows.size]
        for number, (values, mask) in enumerate(run.inputs_of_norms(arrays)):
            layer = run.calls[number].layer
            if id(layer) in shared:
                _pool(pools, (id(layer), number), layer).add(values, layer.axis, mask)
            elif groups is not None:
                for group in np.unique(groups[part]):
                    chosen = groups[part] == group
                    kept = None if mask is None else mask[chosen]
                    pool = _pool(pools, (id(layer), int(group)), layer)
                    pool.add(values[chosen], layer.axis, kept)
    return pools


def _pool(pools: dict[tuple[int, int], Pool], key: tuple[int, int], layer: Any) -> Pool:
    return pools.setdefault(key, Pool(int(layer.moving_mean.shape[0])))


@rule(
    "BH415",
    "fold-not-equal",
    "error",
    condition="a folded model's outputs differ from the model's by more than rounding explains",
    fix="fold(model, x) anew from these weights, and look at its certificates",
    source="https://github.com/quic/aimet/pull/3173",
)
def fold_not_equal(subject: HealthSubject) -> Iterator[Finding]:
    """A fold is exact in algebra, so what differs beyond float32's rounding is a wrong fold.

    Needs the folded model: folded=fold(model).model. Both are compared in inference mode on the
    rows and on zeros and large values, where errors show that usual rows hide.
    """
    if subject.folded is None:
        return
    rows = subject.rows
    inputs = _adversarial(rows.inputs(rows.used[: 8 * rows.size]))
    before, after = (_flat(m.predict(inputs, verbose=0)) for m in (subject.model, subject.folded))
    if len(before) != len(after):
        yield subject.finding("BH415", "error", "", "the folded model has other outputs")
        return
    scale = max(float(np.abs(before).max()), 1e-12)
    difference = float(np.abs(before - after).max()) / scale
    if not difference <= subject.thresholds["BH415.difference"]:
        yield subject.finding(
            "BH415",
            "error",
            "",
            f"the folded model's outputs differ by {difference:.1e} of the largest output",
            difference=difference,
        )


def _adversarial(inputs: Any) -> Any:
    """The rows, with zeros and ten times the first ones behind them."""

    def more(x: Array) -> Array:
        if x.dtype.kind != "f":
            return np.concatenate([x, x[:2]])
        return np.concatenate([x, np.zeros_like(x[:1]), (10 * x[:1]).astype(x.dtype)])

    return tree.map_structure(more, inputs)


def _flat(outputs: Any) -> Array:
    return np.concatenate([np.asarray(y, np.float64).reshape(-1) for y in tree.flatten(outputs)])
