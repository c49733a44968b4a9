"""Rules on what stands around Batch Normalization: BN106 to BN109."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.batchnorm.audit_subject import (
    LINEAR_WALK,
    POOLING_WALK,
    AuditSubject,
    back,
    depends_on,
    forward,
    is_linear_layer,
    is_nonlinear,
    names,
)
from trimtab.batchnorm.call_graph import CallNode
from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.layer_kinds import known_class
from trimtab.batchnorm.observing import first_inputs
from trimtab.batchnorm.rules import rule
from trimtab.core import tree

_PASSING_DROPOUT = POOLING_WALK | {"activation", "noise", "padding", "resize", "rescale"}
# Rows that a variance is measured on.
_MOST_ROWS = 1024
_HE = "https://arxiv.org/abs/1603.05027"


@rule(
    "BN106",
    "dropout-before-bn",
    "warn",
    condition="a dropout reaches a BatchNormalization directly or through activations and pooling "
    "(warn), or through linear layers and merges (info)",
    fix="move the dropout behind the last BatchNormalization, lower its rate, or measure the "
    "statistics without it: recalibrate(model, x)",
    source="https://arxiv.org/abs/1801.05134",
    cheap=True,
)
def dropout_before(subject: AuditSubject) -> Iterator[Finding]:
    """Dropout raises the variance in training, and the moving variance remembers that one.

    For values of mean 0 by 1 / (1 - rate), more if the mean is not 0; with data it is measured. In
    inference nothing is dropped, so every channel comes out too small. Wide linear layers in
    between damp it; a Monte-Carlo dropout, which stays on in inference, does not have the problem.
    """
    limit = subject.thresholds["BN106.ratio"]
    for node in subject.graph.nodes:
        if node.kind != "dropout" or not _drops(node) or not node.training:
            continue
        keep = 1 - float(node.operation.rate)
        ratio, how_known = _variance_ratio(subject, node, keep)
        for target, is_direct in _reached(subject, node):
            is_warn = is_direct and ratio > limit
            how = "feeds it" if is_direct else "reaches it through layers that damp it"
            yield subject.finding(
                "BN106",
                "warn" if is_warn else "info",
                target,
                f"the dropout '{node.label}' (rate {1 - keep:g}) {how}: the moving variance "
                f"becomes about {ratio:.2f} times that of inference{how_known}",
                ratio=round(ratio, 4),
                rate=1 - keep,
                dropout=node.label,
            )


@rule(
    "BN107",
    "bn-on-skip-path",
    "warn",
    condition="a BatchNormalization stands on the identity path from one residual sum to the next",
    fix="put it into the residual branch, in front of its first layer",
    source=_HE,
    cheap=True,
)
def on_skip_path(subject: AuditSubject) -> Iterator[Finding]:
    """A skip path is to pass signals on unchanged; normalised at each sum, it does not.

    He et al. measure 8.17 instead of 6.61 % error in ResNet-110. The one normalisation behind the
    last sum is right, and so are those on projection shortcuts.
    """
    sums = _residual_sums(subject)
    is_deep = len(sums) >= subject.thresholds["BN107.blocks"]
    for node in subject.batch_norms:
        first, _ = back(node, LINEAR_WALK)
        if first is None or first not in sums:
            continue
        last = _skips_to(node, sums)
        if last is None:
            continue
        yield subject.finding(
            "BN107",
            "warn" if is_deep else "info",
            node,
            f"stands on the skip path between the sums '{first.label}' and '{last.label}' of a "
            f"network with {len(sums)} residual blocks",
            blocks=len(sums),
        )


@rule(
    "BN108",
    "no-nonlinearity-around-bn",
    "warn",
    condition="between two layers with weights stands a BatchNormalization and no activation",
    fix="add the activation behind the BatchNormalization, or leave one of the two layers out",
    source="https://arxiv.org/abs/1502.03167",
    cheap=True,
)
def without_nonlinearity(subject: AuditSubject) -> Iterator[Finding]:
    """In inference the three together are one linear layer: mostly an activation is forgotten.

    A warning between Dense layers, a note elsewhere. Not where the first layer has fewer channels
    than its input or either is a depthwise convolution, as in linear bottlenecks, separable
    convolutions and low-rank layers.
    """
    for node in subject.batch_norms:
        first, _ = back(node, LINEAR_WALK)
        second, _ = forward(subject.graph, node, LINEAR_WALK)
        if first is None or second is None or not _are_plain(subject, first, second):
            continue
        both_dense = all(known_class(n.operation) == "Dense" for n in (first, second))
        yield subject.finding(
            "BN108",
            "warn" if both_dense else "info",
            node,
            f"no activation stands between '{first.label}' and '{second.label}': together they are "
            "one linear layer in inference",
            first=first.label,
            second=second.label,
        )


@rule(
    "BN109",
    "placement-report",
    "info",
    condition="a fused activation comes before a BatchNormalization, or a model has some before "
    "and some after their activations",
    fix="nothing need be done; place(model, where=...) changes it, study(...) measures whether it "
    "matters",
    source="https://github.com/ducha-aiki/caffenet-benchmark/blob/master/batchnorm.md",
)
def placement_report(subject: AuditSubject) -> Iterator[Finding]:
    """Dense(..., activation="relu") followed by BatchNormalization normalises after the activation.

    Neither placement is right in general: published comparisons go both ways.
    """
    styles: dict[str, list[CallNode]] = {"before": [], "after": []}
    fused: list[CallNode] = []
    for node in subject.batch_norms:
        style = placement_of(subject, node)
        if style in styles:
            styles[style].append(node)
        first, _ = back(node, POOLING_WALK | {"dropout"})
        if style == "after" and first is not None and first.kind != "activation":
            fused.append(node)
    if fused:
        yield subject.finding(
            "BN109",
            "info",
            "",
            f"behind a layer with an activation of its own: {names(fused)}, which normalise after "
            "the activation",
            layers=[node.label for node in fused],
        )
    if styles["before"] and styles["after"]:
        yield subject.finding(
            "BN109",
            "info",
            "",
            f"{len(styles['before'])} stand before their activation ({names(styles['before'])}), "
            f"{len(styles['after'])} after it ({names(styles['after'])})",
            before=len(styles["before"]),
            after=len(styles["after"]),
        )


def placement_of(subject: AuditSubject, node: CallNode) -> str:
    """Where a BatchNormalization stands: "before", "after" its activation, or "elsewhere"."""
    first, _ = back(node, POOLING_WALK | {"dropout"})
    if first is not None and is_nonlinear(first):
        return "after"
    following = [one for one in node.consumers if is_nonlinear(one) and one.kind == "activation"]
    if not following:
        second, _ = forward(subject.graph, node, POOLING_WALK | {"dropout"})
        following = [second] if second is not None and second.kind == "activation" else []
    return "before" if following else "elsewhere"


def _drops(node: CallNode) -> bool:
    # AlphaDropout keeps mean and variance.
    rate = getattr(node.operation, "rate", 0) or 0
    return rate > 0 and known_class(node.operation) != "AlphaDropout"


def _variance_ratio(subject: AuditSubject, node: CallNode, keep: float) -> tuple[float, str]:
    """Variance behind a dropout in training over that in inference, and how that is known."""
    if subject.x is None:
        return 1 / keep, ""
    few = tree.map_structure(lambda a: np.asarray(a)[:_MOST_ROWS], subject.x)
    values = np.asarray(first_inputs(subject.model, few, [node.operation])[id(node.operation)])
    rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
    variance = np.maximum(rows.var(axis=0), 1e-12)
    ratios = 1 / keep + np.square(rows.mean(axis=0)) * (1 - keep) / keep / variance
    return float(np.median(ratios)), ", measured on the data"


def _reached(subject: AuditSubject, dropout: CallNode) -> Iterator[tuple[CallNode, bool]]:
    """The BatchNormalization calls that a dropout reaches, and whether nothing damps it."""
    done: set[CallNode] = set()
    stack = [(consumer, True) for consumer in reversed(dropout.consumers)]
    while stack:
        node, is_direct = stack.pop()
        if node in done:
            continue
        done.add(node)
        if node.kind == "batch_norm":
            if node.operation.trainable and node.training:
                yield node, is_direct
            continue
        if node.kind in ("custom", "norm", "op"):
            continue
        stays = is_direct and node.kind in _PASSING_DROPOUT
        stack.extend((consumer, stays) for consumer in reversed(node.consumers))


def _residual_sums(subject: AuditSubject) -> list[CallNode]:
    """The sums of which one input is computed from another input of theirs."""
    found = []
    for node in subject.graph.nodes:
        producers = node.producers
        if node.kind != "add" or len(producers) < 2:
            continue
        sources = {one: _skip_source(one) for one in producers}
        if any(
            depends_on(one, {source for other, source in sources.items() if other is not one})
            for one in producers
        ):
            found.append(node)
    return found


def _skip_source(node: CallNode) -> CallNode:
    """Where a value comes from, past activations and changes of shape."""
    while node.kind in LINEAR_WALK | {"activation"} and len(node.producers) == 1:
        node = node.producers[0]
    return node


def _skips_to(node: CallNode, sums: list[CallNode]) -> CallNode | None:
    """The sum that gets the node's output, past activations, beside something computed from it."""
    reached, stack = {node}, [node]
    while stack:
        for consumer in stack.pop().consumers:
            if consumer.kind in LINEAR_WALK | {"activation"} and consumer not in reached:
                reached.add(consumer)
                stack.append(consumer)
    for one in sums:
        producers = one.producers
        identities = [p for p in producers if p in reached]
        others = [p for p in producers if p not in reached]
        if identities and any(depends_on(other, {node}) for other in others):
            return one
    return None


def _are_plain(subject: AuditSubject, first: CallNode, second: CallNode) -> bool:
    """Whether two layers are linear, and the first does not narrow on purpose."""
    if not (is_linear_layer(first) and second.kind in ("linear", "depthwise")):
        return False
    if "depthwise" in (first.kind, second.kind) or not (first.is_layer and second.is_layer):
        return False
    if any((known_class(n.operation) or "").startswith("Separable") for n in (first, second)):
        return False
    axis = subject.axes.get(first)
    before = first.input_shape[axis] if axis is not None and axis < len(first.input_shape) else None
    after = None if axis is None else first.output_shape[axis]
    return before is None or after is None or after >= before
