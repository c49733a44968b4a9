"""Rules on what a BatchNormalization gets and who else gets it: BN110 to BN112."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab.batchnorm.audit_subject import AuditSubject, ancestors
from trimtab.batchnorm.call_graph import CallNode
from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.foldability import reason_to_stay
from trimtab.batchnorm.layer_kinds import is_batch_norm
from trimtab.batchnorm.recorded_call import has_own_call
from trimtab.batchnorm.rules import rule
from trimtab.core import tree
from trimtab.layers.wrapping import TimeDistributed


@rule(
    "BN110",
    "shared-bn",
    "warn",
    condition="one BatchNormalization is called several times in one forward pass, on the outputs "
    "of different layers",
    fix="make a BatchNormalization for each; or share the layers before it too, or join the inputs "
    "along the batch",
    source="https://github.com/keras-team/keras/issues/8794",
    cheap=True,
)
def shared(subject: AuditSubject) -> Iterator[Finding]:
    """Its moving statistics become a mixture that fits neither input, updated twice a step.

    A note where the layers before it are shared as well, as in siamese networks and in a
    discriminator that sees real and made rows: there `health` measures whether the inputs differ.
    An error if they differ in their number of axes.
    """
    for node in subject.batch_norms:
        calls = subject.graph.calls_of(node.operation)
        if len(calls) < 2:
            continue
        sources = {id(producer.operation) for call in calls for producer in call.producers}
        is_whole = len(sources) == 1 and not any(not call.producers[0].inputs for call in calls)
        ranks = {len(call.input_shape) for call in calls}
        severity = "error" if len(ranks) > 1 else "info" if is_whole else "warn"
        momentum = node.operation.momentum
        what = "together with the layers before it" if is_whole else "behind different layers"
        yield subject.finding(
            "BN110",
            severity,
            node,
            f"is called {len(calls)} times a step {what}: one set of statistics for all, and an "
            f"effective momentum of {momentum ** len(calls):.4g} instead of {momentum:g}",
            calls=len(calls),
        )
    yield from _by_step(subject)


def _by_step(subject: AuditSubject) -> Iterator[Finding]:
    """Those that a `TimeDistributed` calls once a step of the sequence."""
    for node in subject.graph.nodes:
        layer = node.operation
        if not isinstance(layer, TimeDistributed) or not node.training:
            continue
        steps = node.input_shape[1]
        number = "each step" if steps is None else f"each of {steps} steps"
        for norm in layer._flatten_layers(include_self=False):
            if is_batch_norm(norm) and norm.trainable and steps != 1:
                yield subject.finding(
                    "BN110",
                    "info",
                    f"{node.label}/{norm.name}",
                    f"is called once for {number} of the sequence: in training each is normalised "
                    "by its own statistics, in inference all by the same"
                    + (
                        f"; an effective momentum of {norm.momentum**steps:.4g} instead of "
                        f"{norm.momentum:g}"
                        if steps
                        else ""
                    ),
                    fix="BatchNormalization outside of TimeDistributed, which takes its statistics "
                    "over all steps",
                    calls=steps,
                )


@rule(
    "BN111",
    "bn-sees-padding",
    "warn",
    condition="a mask is made before a BatchNormalization and does not reach it, or the steps of "
    "its sequences are padded with zeros and there is no mask",
    fix="pass the mask, bn(x, mask=mask), use layers that keep it, or LayerNormalization",
    source="https://github.com/tensorflow/tensorflow/issues/30161",
    cheap=True,
)
def sees_padding(subject: AuditSubject) -> Iterator[Finding]:
    """Padded steps count in the mean and the variance, so that these depend on the padding.

    Zeros around an image, which a convolution adds, are something else. A BatchNormalization that
    gets a mask leaves the padded steps out.
    """
    makers = [
        one
        for one in subject.graph.nodes
        if one.kind == "masking"
        or (one.kind == "embedding" and getattr(one.operation, "mask_zero", False))
    ]
    if not makers and subject.x is None:
        return
    for node in subject.training_batch_norms:
        if node.mask is not None or len(node.input_shape) < 3:
            continue
        maker = next((one for one in makers if _keeps_steps(one, node)), None)
        if maker is not None:
            yield subject.finding(
                "BN111",
                "warn",
                node,
                f"does not get the mask that '{maker.label}' makes: padded steps count in its "
                "statistics",
                mask=maker.label,
            )
            continue
        share = _padded_share(subject, node)
        if share > 0:
            yield subject.finding(
                "BN111",
                "warn",
                node,
                f"{100 * share:.0f} % of the steps are zeros at the ends of sequences of different "
                "lengths, and count in its statistics: there is no mask",
                padded_share=round(share, 4),
            )


def _keeps_steps(maker: CallNode, node: CallNode) -> bool:
    """Whether the steps of `maker`'s output are still there at `node`."""
    steps = maker.output_shape[1]
    stack, done = [maker], {maker}
    while stack:
        for consumer in stack.pop().consumers:
            if consumer is node:
                return True
            shape = consumer.output_shape if consumer.outputs else ()
            if consumer not in done and len(shape) >= 3 and shape[1] == steps:
                done.add(consumer)
                stack.append(consumer)
    return False


def _padded_share(subject: AuditSubject, node: CallNode) -> float:
    """The share of zero steps at the ends of the input's sequences; 0 if their lengths agree."""
    arrays = [np.asarray(a) for a in tree.flatten(subject.x) if a is not None]
    inputs = [one for one in subject.graph.inputs if one in ancestors(node)]
    if len(arrays) != 1 or len(inputs) != 1 or arrays[0].ndim != 3:
        return 0.0
    if len(node.input_shape) != 3 or node.input_shape[1] != inputs[0].output_shape[1]:
        return 0.0
    zero: Any = (arrays[0] == 0).all(axis=2)
    trailing = np.cumprod(zero[:, ::-1], axis=1).sum(axis=1)
    return float(trailing.sum() / zero.size) if len(np.unique(trailing)) > 2 else 0.0


@rule(
    "BN112",
    "fold-report",
    "info",
    condition="a BatchNormalization cannot be folded into a layer next to it",
    fix="nothing need be done; fold(model) folds the others and certifies each",
    source="https://arxiv.org/abs/2203.14646",
)
def fold_report(subject: AuditSubject) -> Iterator[Finding]:
    """Folded into the layer before or behind it, a normalisation costs nothing in inference.

    Before a layer it can be folded unless that layer pads with zeros; behind a layer always, if
    nothing else reads the layer and no activation lies between.
    """
    if has_own_call(subject.model):
        # fold needs a graph, which a `call` of the user's is not.
        return
    for node in subject.batch_norms:
        reason = reason_to_stay(subject.graph, node)
        if reason:
            yield subject.finding(
                "BN112", "info", node, f"cannot be folded: {reason}", reason=reason
            )
