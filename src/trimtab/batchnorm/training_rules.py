"""Rules on how the model is trained: BN301 to BN305."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trimtab.batchnorm import label_order
from trimtab.batchnorm.audit_subject import AuditSubject, names
from trimtab.batchnorm.call_graph import CallNode
from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.rules import rule

_GROUP_NORM = "https://arxiv.org/abs/1803.08494"


@rule(
    "BN301",
    "one-value-per-channel",
    "error",
    condition="in some training batch a channel has a single value: a batch of one row, or one row "
    "left over, without positions to average over",
    fix="change batch_size by one, or leave a row out; or normalise before the pooling",
    source="https://github.com/pytorch/pytorch/issues/7716",
)
def one_value(subject: AuditSubject) -> Iterator[Finding]:
    """The variance of one value is 0, so the output is beta, and the moving variance shrinks.

    Convolutions have a value for each position, so there a batch of one row is merely small.
    """
    batch, rows = subject.training.batch_size, subject.training.rows
    if batch is None:
        return
    is_single = batch == 1 or rows == 1
    left_over = not is_single and rows is not None and rows % batch == 1
    if not is_single and not left_over:
        return
    nodes = [
        n
        for n in subject.training_batch_norms
        if subject.values_per_row(n) == 1 and not n.operation.renorm
    ]
    if nodes:
        which = "each batch" if is_single else f"the last batch ({rows} rows in batches of {batch})"
        yield subject.finding(
            "BN301",
            "error",
            nodes[0],
            f"{which} has one row, of which {names(nodes)} makes nothing but beta",
            batch_size=batch,
            rows=rows,
            layers=[node.label for node in nodes],
        )


@rule(
    "BN302",
    "tiny-batch",
    "warn",
    condition="fewer than 8 rows a batch (warn; info where each row has many positions), or fewer "
    "than 16 (info)",
    fix="larger batches, GroupNormalization, renorm=True, frozen statistics, or recalibrate(model, "
    "x) after training",
    source=_GROUP_NORM,
    cheap=True,
)
def tiny_batch(subject: AuditSubject) -> Iterator[Finding]:
    """The variance of m values is off by sqrt(2 / (m - 1)): 53 % at 8, 25 % at 32.

    ResNet-50 loses 1.2 points at 8 images a batch, 3.7 at 4, 11.1 at 2. The positions of an image
    count as values too, but those next to each other are alike.
    """
    batch = subject.training.batch_size
    if batch is None or batch >= subject.thresholds["BN302.info"]:
        return
    nodes = [n for n in subject.training_batch_norms if not n.operation.renorm]
    counted = [(subject.values_per_row(n), n) for n in nodes]
    small = [(m, n) for m, n in counted if m is not None and not (m == 1 and batch == 1)]
    if not small:
        return
    per_row, node = min(small, key=lambda pair: pair[0])
    values = batch * per_row
    enough = values >= subject.thresholds["BN302.values"]
    is_warn = batch < subject.thresholds["BN302.warn"] and not enough
    spread = math.sqrt(2 / max(values - 1, 1))
    yield subject.finding(
        "BN302",
        "warn" if is_warn else "info",
        node,
        f"batches of {batch} rows give {values} values a channel: its variance is off by about "
        f"{100 * spread:.0f} % from batch to batch",
        batch_size=batch,
        values=values,
        layers=[n.label for _, n in small],
    )


@rule(
    "BN303",
    "gradient-accumulation",
    "warn",
    condition="the optimizer accumulates gradients and a BatchNormalization trains",
    fix="larger batches instead; the statistics stay those of the small ones",
    source="https://github.com/keras-team/keras/issues/16633",
    cheap=True,
)
def gradient_accumulation(subject: AuditSubject) -> Iterator[Finding]:
    """Accumulated steps make a larger batch for the optimizer, not for the normalisation.

    BN302 counts the rows of one step, BN203 every step as an update.
    """
    steps = getattr(subject.optimizer, "gradient_accumulation_steps", None)
    nodes = subject.training_batch_norms
    if steps and steps >= 2 and nodes:
        batch = subject.training.batch_size
        each = "" if batch is None else f" of {batch} rows"
        yield subject.finding(
            "BN303",
            "warn",
            nodes[0],
            f"the optimizer joins {steps} batches{each}; {names(nodes)} still normalises each by "
            "itself",
            steps=steps,
            batch_size=batch,
            layers=[node.label for node in nodes],
        )


@rule(
    "BN304",
    "order-and-split",
    "error",
    condition="the labels of the rows that validation_split keeps differ from the others' (error), "
    "or batches in the order of the rows hold few classes (error)",
    fix="shuffle the rows once, with a seed, before the split; shuffle=True",
    source="https://arxiv.org/abs/2105.07576",
)
def order_and_split(subject: AuditSubject) -> Iterator[Finding]:
    """`validation_split` takes the last rows, before any shuffling.

    Rows sorted by class then validate on classes that were not trained on; batches of one class
    have other statistics than those of inference. Time series must keep their order: say so with
    ordered=True.
    """
    training = subject.training
    if training.ordered or not subject.graph.batch_norms:
        return
    labels = label_order.labels_of(subject.y)
    if training.validation_split > 0:
        yield from _split(subject, labels)
    if not training.shuffle:
        yield from _batches(subject, labels)


def _split(subject: AuditSubject, labels: label_order.Labels | None) -> Iterator[Finding]:
    share = subject.training.validation_split
    if labels is None:
        yield subject.finding(
            "BN304",
            "info",
            "",
            f"validation_split={share:g} takes the last rows as they come: sorted rows must be "
            "shuffled first",
            validation_split=share,
        )
        return
    distance, p = label_order.split_distance(labels, share)
    if distance > subject.thresholds["BN304.distance"] and p < subject.thresholds["BN304.p"]:
        yield subject.finding(
            "BN304",
            "error",
            "",
            f"the last {100 * share:g} % of the rows have other {labels.what} than the rest: "
            f"distance {distance:.2f} of at most 1, by chance with p = {p:.1g}",
            distance=round(distance, 4),
            p=p,
        )


def _batches(subject: AuditSubject, labels: label_order.Labels | None) -> Iterator[Finding]:
    batch = subject.training.batch_size or 32
    if labels is None or not labels.is_classes:
        yield subject.finding(
            "BN304",
            "info",
            "",
            "shuffle=False: batches come in the order of the rows, which must be a random one",
            fix="shuffle=True, or shuffle the rows once",
        )
        return
    ratio = label_order.classes_per_batch(labels, batch)
    if ratio < subject.thresholds["BN304.classes"]:
        yield subject.finding(
            "BN304",
            "error",
            "",
            f"without shuffling a batch of {batch} rows holds {100 * ratio:.0f} % of the classes "
            "that it would in random order: its statistics are not those of the data",
            fix="shuffle=True",
            ratio=round(ratio, 4),
            batch_size=batch,
        )


@rule(
    "BN305",
    "averaged-weights-stale-stats",
    "warn",
    condition="weights are averaged over training (SWA: warn; EMA: info) and the moving statistics "
    "are not measured anew",
    fix="recalibrate(model, x) on the averaged weights; BH411 tells whether it matters",
    source="https://arxiv.org/abs/1803.05407",
    cheap=True,
)
def averaged_weights(subject: AuditSubject) -> Iterator[Finding]:
    """The moving statistics belong to the weights of the last steps, not to their average.

    For an exponential average, which stays close to them, it matters little.
    """
    if not subject.training_batch_norms:
        return
    for callback in subject.training.callbacks:
        name = type(callback).__name__
        is_swa = "SWA" in name or "StochasticWeightAveraging" in name
        if is_swa or "EMA" in name:
            yield _averaged(subject, f"the callback {name}", is_swa)
    if getattr(subject.optimizer, "use_ema", False):
        yield _averaged(subject, "the optimizer (use_ema=True)", False)


def _averaged(subject: AuditSubject, who: str, is_swa: bool) -> Finding:
    nodes: list[CallNode] = subject.training_batch_norms
    return subject.finding(
        "BN305",
        "warn" if is_swa else "info",
        nodes[0],
        f"{who} averages the weights; the statistics of {names(nodes)} are those of the weights "
        "before",
        layers=[node.label for node in nodes],
    )
