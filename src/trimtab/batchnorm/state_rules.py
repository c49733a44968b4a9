"""Rules on what trains and what is frozen: BN206 to BN208."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.batchnorm.audit_subject import (
    LINEAR_WALK,
    AuditSubject,
    back,
    forward,
    has_initial_statistics,
    names,
)
from trimtab.batchnorm.call_graph import CallNode
from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.rules import rule


@rule(
    "BN206",
    "decay-on-gamma-beta",
    "info",
    condition="gamma or beta has a regularizer, or the optimizer's weight decay includes them",
    fix='optimizer.exclude_from_weight_decay(var_names=["gamma", "beta"])',
    source="https://arxiv.org/abs/1812.01187",
)
def decay_on_parameters(subject: AuditSubject) -> Iterator[Finding]:
    """Leaving gamma and beta out of the decay is a convention, not a proven gain.

    The table often cited for it shows none. Network slimming regularises gamma on purpose.
    """
    regularized = [
        node
        for node in subject.batch_norms
        if node.operation.gamma_regularizer is not None
        or node.operation.beta_regularizer is not None
    ]
    if regularized:
        yield subject.finding(
            "BN206",
            "info",
            "" if len(regularized) > 1 else regularized[0],
            f"gamma or beta of {names(regularized)} has a regularizer",
            fix="leave the regularizer out, or keep it if gammas are to become 0",
            layers=[node.label for node in regularized],
        )
    optimizer = subject.optimizer
    if optimizer is None or not getattr(optimizer, "weight_decay", None):
        return
    decayed = [
        node
        for node in subject.batch_norms
        if any(
            v is not None and v.trainable and _is_decayed(optimizer, v)
            for v in (node.operation.gamma, node.operation.beta)
        )
    ]
    if decayed:
        yield subject.finding(
            "BN206",
            "info",
            "",
            f"the optimizer decays gamma and beta of {len(decayed)} layers ({names(decayed)}) by "
            f"{optimizer.weight_decay:g}",
            weight_decay=optimizer.weight_decay,
            layers=[node.label for node in decayed],
        )


def _is_decayed(optimizer: object, variable: object) -> bool:
    is_decayed = getattr(optimizer, "_is_decayed", None)
    return True if is_decayed is None else bool(is_decayed(variable))


@rule(
    "BN207",
    "gamma-init",
    "warn",
    condition="all gammas of a layer are 0, and the layer does not end a residual branch",
    fix='gamma_initializer="ones"',
    source="https://arxiv.org/abs/1706.02677",
    cheap=True,
)
def gamma_init(subject: AuditSubject) -> Iterator[Finding]:
    """A gamma of 0 makes the output constant, and no gradient reaches the layers before it.

    At the end of a residual branch it is a known gain: the block starts as the identity.
    """
    plain_ends = 0
    for node in subject.batch_norms:
        layer = node.operation
        following, _ = forward(subject.graph, node, LINEAR_WALK)
        ends_branch = following is not None and following.kind in ("add", "merge")
        gamma = None if layer.gamma is None else np.asarray(layer.gamma.numpy())
        if gamma is None:
            continue
        if not gamma.any() and not ends_branch:
            yield subject.finding(
                "BN207",
                "warn",
                node,
                f"all {gamma.size} gammas are 0, so it gives nothing but beta and stops the "
                "gradient",
                channels=int(gamma.size),
            )
        plain_ends += int(ends_branch and bool((gamma == 1).all()) and layer.updates_seen == 0)
    if plain_ends >= 3 and subject.optimizer is not None:
        yield subject.finding(
            "BN207",
            "info",
            "",
            f"{plain_ends} residual branches end with a normalisation of gamma 1: beginning at 0 "
            "can help",
            fix='gamma_initializer="zeros" for the last normalisation of each branch',
            branches=plain_ends,
        )


@rule(
    "BN208",
    "frozen-semantics",
    "warn",
    condition="what is frozen and what is in training mode contradict each other",
    fix="layer.trainable = False freezes a BatchNormalization with its statistics; nothing else",
    source="https://keras.io/guides/transfer_learning/",
    cheap=True,
)
def frozen_semantics(subject: AuditSubject) -> Iterator[Finding]:
    """`trainable = False` means inference mode; a `training` given to the call does not always.

    Five cases. training=True on a frozen layer has no effect (a note). training=False given when
    a functional model was made is overridden by `fit` (a warning; a note where a user's `call`
    passes it, which holds). `trainable` changed since `compile` counts at once, unlike in Keras 2
    (a warning). Trainable statistics behind frozen weights drift away from them (a warning; wanted
    in domain adaptation). Pretrained statistics that train in small batches get worse (a warning).
    """
    for node in subject.batch_norms:
        yield from _call_contradicts(subject, node)
    yield from _changed_since_compile(subject)
    yield from _behind_frozen(subject)
    yield from _pretrained_in_small_batches(subject)


def _call_contradicts(subject: AuditSubject, node: CallNode) -> Iterator[Finding]:
    layer, told = node.operation, node.told_training
    if told is True and not layer.trainable:
        yield subject.finding(
            "BN208",
            "info",
            node,
            "training=True is given to it, but it is frozen and uses its moving statistics",
            case="a",
        )
    if told is False and layer.trainable:
        holds = not node.training
        effect = (
            "its moving statistics are used and never move, while gamma and beta train"
            if holds
            else "fit overrides it: the batch's statistics are used, and the moving ones change"
        )
        yield subject.finding(
            "BN208",
            "info" if holds else "warn",
            node,
            f"training=False is given to it, but it is trainable; {effect}",
            fix=f"{layer.name}.trainable = False",
            case="e",
        )


def _changed_since_compile(subject: AuditSubject) -> Iterator[Finding]:
    state = getattr(subject.model, "training_state", None)
    recorded = {} if state is None else state.trainable_when_compiled
    changed = [
        node
        for node in subject.batch_norms
        if recorded.get(node.operation.name, node.operation.trainable) != node.operation.trainable
    ]
    if changed:
        now = "trainable" if changed[0].operation.trainable else "frozen"
        yield subject.finding(
            "BN208",
            "warn",
            changed[0],
            f"{names(changed)} became {now} after compile(); it counts at once",
            fix="set `trainable` before compile(), or compile() again to say that it is meant",
            case="c",
            layers=[node.label for node in changed],
        )


def _behind_frozen(subject: AuditSubject) -> Iterator[Finding]:
    drifting = []
    for node in subject.training_batch_norms:
        before, _ = back(node, LINEAR_WALK)
        if (
            before is not None
            and before.kind in ("linear", "depthwise")
            and before.is_layer
            and before.operation.weights
            and not before.operation.trainable
        ):
            drifting.append(node)
    if drifting:
        yield subject.finding(
            "BN208",
            "warn",
            drifting[0],
            f"{names(drifting)} trains behind a frozen layer: its statistics drift, and what was "
            "trained on the old ones gets other inputs",
            fix="freeze it too: trainable = False",
            case="d",
            layers=[node.label for node in drifting],
        )


def _pretrained_in_small_batches(subject: AuditSubject) -> Iterator[Finding]:
    batch = subject.training.batch_size
    if batch is None or batch >= subject.thresholds["BN208.batch"]:
        return
    loaded = [
        node
        for node in subject.training_batch_norms
        if node.operation.updates_seen == 0 and not has_initial_statistics(node.operation)
    ]
    if loaded:
        yield subject.finding(
            "BN208",
            "warn",
            loaded[0],
            f"the statistics of {names(loaded)} are of an earlier training, and batches of "
            f"{batch} are to move them",
            fix="freeze it (trainable = False), or use batches of 16 and more",
            case="b",
            batch_size=batch,
            layers=[node.label for node in loaded],
        )
