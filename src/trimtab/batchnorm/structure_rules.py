"""Rules on where Batch Normalization stands in the network: BN101 to BN106."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.batchnorm.audit_subject import (
    LINEAR_WALK,
    POOLING_WALK,
    AuditSubject,
    back,
    bn_axis,
    is_linear_layer,
)
from trimtab.batchnorm.call_graph import CallNode, Output
from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.layer_kinds import PROBABILITY_ACTIVATIONS
from trimtab.batchnorm.rules import rule
from trimtab.layers.batch_normalization import left_out_within

_PAPER = "https://arxiv.org/abs/1502.03167"


@rule(
    "BN101",
    "bn-not-in-model",
    "error",
    condition="a BatchNormalization was made between the model's layers, or is an attribute of "
    "it, and no call of it lies between the inputs and the outputs",
    fix="add it, model.add(BatchNormalization()), or call it, x = BatchNormalization()(x); "
    "trimtab.batchnorm.place does it",
    source="https://github.com/lutzroeder/netron/issues/971",
    cheap=True,
)
def not_in_model(subject: AuditSubject) -> Iterator[Finding]:
    """The constructor alone does nothing: the network trains without normalisation, silently.

    Layers inside of a layer whose call could not be followed are not counted, and neither are
    layers that have been called elsewhere.
    """
    graph = subject.graph
    hidden = {
        id(inner)
        for node in graph.opaque
        for inner in node.operation._flatten_layers(include_self=False)
    }
    for layer in subject.all_batch_norms:
        if not graph.calls_of(layer) and id(layer) not in hidden and not layer.built:
            yield subject.finding(
                "BN101",
                "error",
                layer.name,
                "is an attribute of the model and is never called, so nothing is normalised by it",
            )
    for name in left_out_within(subject.model._flatten_layers()):
        yield subject.finding(
            "BN101",
            "error",
            name,
            "was made among the model's layers and belongs to no model, so it does nothing",
        )


@rule(
    "BN102",
    "bn-after-output-activation",
    "error",
    condition="an output is that of a BatchNormalization whose input is a softmax or sigmoid",
    fix="delete it, or put it before the last Dense layer",
    source=_PAPER,
    cheap=True,
)
def after_output_activation(subject: AuditSubject) -> Iterator[Finding]:
    """Normalised probabilities neither lie in [0, 1] nor add up to 1.

    A cross-entropy then takes the logarithm of clipped or negative numbers. An error with a loss
    that reads probabilities, a warning without one. Gates inside the network are no outputs.
    """
    for node in _before_outputs(subject, LINEAR_WALK):
        if node.kind != "batch_norm":
            continue
        before, _ = back(node, LINEAR_WALK)
        if before is None or before.activation not in PROBABILITY_ACTIVATIONS:
            continue
        is_error = subject.has_probability_loss
        reads = "the loss reads them as probabilities" if is_error else "they are no probabilities"
        yield subject.finding(
            "BN102",
            "error" if is_error else "warn",
            node,
            f"normalises the {before.activation} of '{before.label}', and the result is the "
            f"model's output: {reads}",
            activation=before.activation,
        )


@rule(
    "BN103",
    "bn-feeds-output",
    "warn",
    condition="a BatchNormalization feeds the output, directly or through its softmax or sigmoid",
    fix="remove it: the last layer needs its own bias and scale",
    source="https://arxiv.org/abs/2105.07576",
    cheap=True,
)
def feeds_output(subject: AuditSubject) -> Iterator[Finding]:
    """While training, a row's prediction then depends on the other rows of its batch.

    A normalised value lies within sqrt(m - 1) of its batch's mean for m values a channel (2.65 at
    8), and the mean of a regression's predictions is forced to beta in each batch. Only noted
    where the output is a feature: without a loss, with one of metric learning, or if other layers
    use it too (a BNNeck).
    """
    for output in subject.graph.outputs:
        node, activation, trail = _output_batch_norm(output)
        if node is None or (activation is None and _normalises_probabilities(node)):
            continue
        is_used = any(consumer not in trail for consumer in node.consumers)
        is_feature = activation is None and (is_used or not subject.has_known_loss)
        through = f" through {activation}" if activation else ""
        batch = subject.training.batch_size
        bound = "" if batch is None else f", within {(batch - 1) ** 0.5:.2f} of its mean"
        yield subject.finding(
            "BN103",
            "info" if is_feature else "warn",
            node,
            f"feeds the output{through}: in training a row's prediction depends on the other rows "
            f"of its batch{bound}",
            batch_size=batch,
        )


@rule(
    "BN104",
    "redundant-bias",
    "info",
    condition="a layer with a bias and without an activation feeds a BatchNormalization and "
    "nothing else, directly or through pooling or a change of shape",
    fix="use_bias=False; on trained weights exactly: moving_mean <- moving_mean - bias, which "
    "`audit --fix` does",
    source=_PAPER,
    fixable=True,
)
def redundant_bias(subject: AuditSubject) -> Iterator[Finding]:
    """The mean takes the bias out again: it never changes the output and its gradient is 0.

    Not so before LayerNormalization or GroupNormalization, behind an activation or a dropout, if
    something else reads the layer too, or if the normalisation is frozen.
    """
    for node in subject.training_batch_norms:
        layer = bias_before(subject, node)
        if layer is None:
            continue
        count = int(layer.operation.bias.size) if layer.operation.bias is not None else 0
        yield subject.finding(
            "BN104",
            "info",
            layer,
            f"its bias ({count} parameters) is taken out again by '{node.label}'",
            fixable=True,
            parameters=count,
            batch_norm=node.label,
        )


@rule(
    "BN105",
    "bn-after-bn",
    "warn",
    condition="a BatchNormalization feeds another one and nothing else",
    fix="keep one of the two",
    source=_PAPER,
    cheap=True,
)
def after_batch_norm(subject: AuditSubject) -> Iterator[Finding]:
    """The second normalises what is normalised: it changes nothing but the scale's parameters.

    Noted only after another kind of normalisation, or behind a frozen one, such as the end of a
    backbone that is reused.
    """
    for node in subject.batch_norms:
        first, _ = back(node, LINEAR_WALK)
        if first is None or subject.graph.only_consumer(first) is None:
            continue
        if first.kind == "norm":
            yield subject.finding(
                "BN105",
                "info",
                node,
                f"normalises what '{first.label}' ({type(first.operation).__name__}) has "
                "normalised in another way",
                first=first.label,
            )
        elif first.kind == "batch_norm" and bn_axis(first) == bn_axis(node):
            frozen = not first.operation.trainable
            yield subject.finding(
                "BN105",
                "info" if frozen else "warn",
                node,
                f"normalises what '{first.label}' has normalised"
                + (", which is frozen" if frozen else ""),
                first=first.label,
            )


def bias_before(subject: AuditSubject, node: CallNode) -> CallNode | None:
    """The call of the layer whose bias a BatchNormalization takes out; None if there is none."""
    layer, between = back(node, POOLING_WALK)
    if layer is None or not is_linear_layer(layer) or not layer.is_layer:
        return None
    operation = layer.operation
    chain = [layer, *between]
    # The bias is one number a channel; a change of shape may spread it over several.
    same_axis = (
        all(
            subject.axes.get(one) is not None and subject.axes.get(one) == len(one.output_shape) - 1
            for one in chain
        )
        and bn_axis(node) == len(node.input_shape) - 1
    )
    first_axis = all(subject.axes.get(one) == 1 for one in chain) and bn_axis(node) == 1
    if (
        not getattr(operation, "use_bias", False)
        or not (same_axis or first_axis)
        or layer.output_shape[-1 if same_axis else 1] != node.input_shape[bn_axis(node)]
        or len(subject.graph.calls_of(operation)) > 1
        or any(subject.graph.only_consumer(one) is None for one in chain)
    ):
        return None
    return layer


def _before_outputs(subject: AuditSubject, kinds: frozenset[str]) -> Iterator[CallNode]:
    """The call behind each output, past layers of `kinds`."""
    seen: set[CallNode] = set()
    for output in subject.graph.outputs:
        node: CallNode | None = output.node
        if node is not None and node.kind in kinds:
            node, _ = back(node, kinds)
        if node is not None and node not in seen:
            seen.add(node)
            yield node


def _output_batch_norm(
    output: Output,
) -> tuple[CallNode | None, str | None, list[CallNode]]:
    """The BatchNormalization that feeds an output, the output's activation, what lies between."""
    current: CallNode | None = output.node
    activation: str | None = None
    trail: list[CallNode] = []
    while current is not None and current.kind != "batch_norm":
        is_last = current.kind == "activation" and current.activation in PROBABILITY_ACTIVATIONS
        if is_last and activation is None:
            activation = current.activation
        elif current.kind not in LINEAR_WALK:
            return None, None, trail
        trail.append(current)
        producers = current.producers
        current = producers[0] if len(producers) == 1 else None
    return current, activation, trail


def _normalises_probabilities(node: CallNode) -> bool:
    before, _ = back(node, LINEAR_WALK)
    return before is not None and before.activation in PROBABILITY_ACTIVATIONS
