"""Rules on how a BatchNormalization is set up: BN201 to BN205."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trimtab.batchnorm.audit_subject import (
    LINEAR_WALK,
    POOLING_WALK,
    AuditSubject,
    bn_axis,
    forward,
    has_initial_statistics,
    is_nonlinear,
)
from trimtab.batchnorm.call_graph import CallNode
from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.layer_kinds import HOMOGENEOUS_ACTIVATIONS
from trimtab.batchnorm.rules import rule

_KERAS = "https://keras.io/api/layers/normalization_layers/batch_normalization/"
# Activations for which the identity needs a scale of the input other than 1.
_SCALE_SENSITIVE = frozenset(
    {"sigmoid", "tanh", "softmax", "gelu", "silu", "swish", "hard_sigmoid", "softplus", "mish"}
)


@rule(
    "BN201",
    "wrong-axis",
    "error",
    condition="the axis of a BatchNormalization is not that of the channels of the layer before it",
    fix="axis=-1 for channels_last, axis=1 for channels_first",
    source="https://github.com/DCASE-REPO/dcase2018_baseline/issues/18",
    cheap=True,
)
def wrong_axis(subject: AuditSubject) -> Iterator[Finding]:
    """It trains all the same, with as many parameters as the wrong axis is long.

    Accuracy does not show it: 59.7 % (10 runs) against 59.9 % repaired in the case reported. Of
    images that come straight from an Input the channels' axis is not known, so a normalisation of
    each frequency of a spectrogram is not found fault with.
    """
    for node in subject.batch_norms:
        axis = bn_axis(node)
        expected = subject.axes.get(node.producers[0]) if node.producers else None
        if expected is None and axis != 0:
            continue
        if axis == expected:
            continue
        shape = node.input_shape
        channels = None if expected is None else shape[expected]
        has = "the batch" if axis == 0 else f"axis {axis}, which has {shape[axis]} elements"
        layer = "" if channels is None else f"; '{node.producers[0].label}' has {channels} channels"
        yield subject.finding(
            "BN201",
            "error",
            node,
            f"normalises along {has}{layer}" + (f" on axis {expected}" if channels else ""),
            fix=None if expected is None else f"axis={expected if expected == 1 else -1}",
            axis=axis,
            expected=expected,
        )


@rule(
    "BN202",
    "momentum-convention",
    "warn",
    condition="momentum is at most 0.5 (warn), or outside of [0, 1) (error)",
    fix="1 - momentum, if the number is PyTorch's; 0.99 is Keras's default",
    source=_KERAS,
    fixable=True,
    cheap=True,
)
def momentum_convention(subject: AuditSubject) -> Iterator[Finding]:
    """Here and in Keras momentum weighs the old value; in PyTorch the new one: 0.1 there is 0.9.

    With 0.1 the moving statistics are nearly those of the last batch; with 1 they never change.
    0 is used on purpose in meta-learning.
    """
    for node in subject.training_batch_norms:
        momentum = node.operation.momentum
        if not 0 <= momentum < 1:
            what = "never move" if momentum == 1 else "do not converge"
            yield subject.finding(
                "BN202",
                "error",
                node,
                f"momentum {momentum:g}: the moving statistics {what}",
                momentum=momentum,
            )
        elif momentum <= subject.thresholds["BN202.low"]:
            last = f"{100 * (1 - momentum):.0f} % of the moving statistics are the last batch's"
            yield subject.finding(
                "BN202",
                "warn",
                node,
                f"momentum {momentum:g}: {last}",
                fix=f"momentum={1 - momentum:g}, if {momentum:g} is PyTorch's, else 0.9 or more",
                fixable=0 < momentum < 0.5,
                momentum=momentum,
            )


@rule(
    "BN203",
    "momentum-too-high-for-steps",
    "error",
    condition="momentum ** updates, the share of the initial statistics that is left after "
    "training, is above 5 % (warn) or 30 % (error)",
    fix="a lower momentum, or recalibrate(model, x) after training, which always suffices",
    source="https://github.com/keras-team/keras/issues/10666",
    cheap=True,
)
def momentum_for_steps(subject: AuditSubject) -> Iterator[Finding]:
    """The moving statistics start at mean 0 and variance 1 and are not corrected for it.

    At 0.99 it takes 299 updates until 5 % of that are left, 459 until 1 %. Until then `evaluate`
    and `predict`, and callbacks that watch validation, see another network than the one trained.
    A note for layers whose statistics come from a checkpoint: then those are what is left.
    """
    steps = subject.training.steps
    if not steps:
        return
    groups: dict[tuple[float, str], list[CallNode]] = {}
    for node in subject.training_batch_norms:
        layer = node.operation
        if not 0 < layer.momentum < 1:
            continue
        updates = steps * len(subject.graph.calls_of(layer))
        share = layer.momentum ** (updates + layer.updates_seen)
        severity = (
            "error"
            if share > subject.thresholds["BN203.error"]
            else "warn"
            if share > subject.thresholds["BN203.warn"]
            else ""
        )
        if severity and not has_initial_statistics(layer) and not layer.updates_seen:
            severity = "info"
        if severity:
            groups.setdefault((share, severity), []).append(node)
    for (share, severity), nodes in groups.items():
        yield _share_left(subject, share, severity, nodes, steps)


def _share_left(
    subject: AuditSubject, share: float, severity: str, nodes: list[CallNode], steps: int
) -> Finding:
    momentum = nodes[0].operation.momentum
    limit = subject.thresholds["BN203.warn"]
    needed = math.ceil(math.log(limit) / math.log(momentum))
    proposed = max(0.0, math.floor(100 * limit ** (1 / steps)) / 100)
    advice = f"momentum={proposed:g}" if proposed >= 0.5 else "train for more steps"
    more = "" if len(nodes) == 1 else f" (and {len(nodes) - 1} more)"
    what = "initial" if severity != "info" else "loaded"
    return subject.finding(
        "BN203",
        severity,
        nodes[0],
        f"{steps} updates at momentum {momentum:g} leave {100 * share:.0f} % of the {what} "
        f"statistics{more}; {needed} would leave {100 * limit:.0f} %",
        fix=f"{advice}, or recalibrate(model, x) after training",
        share=round(share, 6),
        updates=steps,
        needed=needed,
        proposed_momentum=proposed,
        layers=[node.label for node in nodes],
    )


@rule(
    "BN204",
    "epsilon-range",
    "warn",
    condition="epsilon is at least 0.01 or at most 1e-8",
    fix="1e-3 (Keras) or 1e-5 (PyTorch); `audit --fix` keeps the outputs by changing gamma with it",
    source=_KERAS,
    fixable=True,
    cheap=True,
)
def epsilon_range(subject: AuditSubject) -> Iterator[Finding]:
    """A channel of variance v comes out with the deviation sqrt(v / (v + epsilon)) instead of 1.

    At epsilon 0.01 that is 0.3 for v = 0.001. Too small, and epsilon is lost beside the variance,
    so that a constant channel is blown up. Whether it matters for the data, BH405 measures.
    """
    large, small = subject.thresholds["BN204.large"], subject.thresholds["BN204.small"]
    for node in subject.batch_norms:
        epsilon = node.operation.epsilon
        if epsilon >= large:
            what = f"a channel of variance {epsilon:g} is shrunk to 0.71 of its deviation"
        elif epsilon <= small:
            what = f"a constant channel is multiplied by {1 / math.sqrt(max(epsilon, 1e-38)):.2g}"
        else:
            continue
        yield subject.finding(
            "BN204",
            "warn",
            node,
            f"epsilon {epsilon:g}: {what}",
            fixable=epsilon > 0,
            epsilon=epsilon,
        )


@rule(
    "BN205",
    "center-scale-flags",
    "warn",
    condition="center=False before a nonlinearity (warn), scale=False before one that is not "
    "homogeneous (warn), or a gamma that the next layer could take over (info)",
    fix="center=True, scale=True",
    source="https://arxiv.org/abs/1502.03167",
    cheap=True,
)
def center_and_scale(subject: AuditSubject) -> Iterator[Finding]:
    """Beta sets where the nonlinearity bends, gamma how much of it is used.

    Without beta a ReLU cuts at the batch's mean, for good. Without gamma a sigmoid or tanh gets
    deviation 1 and can no longer act as the identity; a ReLU does not care, as the next layer can
    scale. That is also why gamma is dispensable before it, as long as it is positive.
    """
    absorbable = 0
    for node in subject.batch_norms:
        layer = node.operation
        following, _ = forward(subject.graph, node, POOLING_WALK | {"dropout"})
        acts = following is not None and is_nonlinear(following) and following.kind == "activation"
        name = following.activation if following is not None and acts else None
        if acts and not layer.center:
            yield subject.finding(
                "BN205",
                "warn",
                node,
                f"center=False before {name}: its threshold is pinned at the batch's mean",
                fix="center=True",
                activation=name,
            )
        if acts and not layer.scale and name in _SCALE_SENSITIVE:
            yield subject.finding(
                "BN205",
                "warn",
                node,
                f"scale=False before {name}: its input always has deviation 1",
                fix="scale=True",
                activation=name,
            )
        if layer.scale and _is_absorbable(subject, node):
            absorbable += int(node.input_shape[bn_axis(node)] or 0)
    if absorbable:
        yield subject.finding(
            "BN205",
            "info",
            "",
            f"{absorbable} gammas could be taken over by the layers behind them, if they are "
            "positive",
            fix="nothing need be done; scale=False saves them",
            parameters=absorbable,
        )


def _is_absorbable(subject: AuditSubject, node: CallNode) -> bool:
    following, _ = forward(subject.graph, node, LINEAR_WALK)
    if following is None:
        return False
    if following.kind == "activation":
        if following.activation not in HOMOGENEOUS_ACTIVATIONS:
            return False
        following, _ = forward(subject.graph, following, LINEAR_WALK)
    return following is not None and following.kind == "linear"
