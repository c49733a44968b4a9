"""Whether a Batch Normalization can be folded, told from the graph alone.

`fold` finds the same with the numbers at hand; on a large network that takes longer than all other
rules together, so `audit` looks at kinds and connections only. A test holds the two to one answer.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from trimtab.batchnorm import affine
from trimtab.batchnorm.audit_subject import bn_axis, is_nonlinear
from trimtab.batchnorm.call_graph import CallGraph, CallNode
from trimtab.core.config import EXPORTS

_PASSING = frozenset({"dropout", "noise", "identity", "average_pool", "max_pool", "resize"})
_WORDS = {
    "activation": "the activation '{name}'",
    "add": "the sum '{name}'",
    "concatenate": "the concatenation '{name}'",
    "batch_norm": "the normalisation '{name}'",
    "reshape": "'{name}', which moves the channels",
    "input": "the input",
}


def reason_to_stay(graph: CallGraph, node: CallNode) -> str:
    """Why a BatchNormalization cannot be folded into the layers around it; "" if it can."""
    calls = graph.calls_of(node.operation)
    if any(call.kwargs.get("training") for call in calls):
        return "it is called with training=True"
    before = _first(_blocked_before(graph, call) for call in calls)
    if not before:
        return ""
    behind = _first(_blocked_behind(graph, call, call, False) for call in calls)
    return "" if not behind else f"before it is {before}, behind it {behind}"


def _first(reasons: Iterable[str]) -> str:
    return next((reason for reason in reasons if reason), "")


def _blocked_before(graph: CallGraph, call: CallNode) -> str:
    current = call
    while True:
        if len(current.producers) != 1:
            return _word(current)
        source = current.producers[0]
        if source.kind == "input":
            return "the input"
        if graph.only_consumer(source) is None:
            return f"'{source.label}', whose output is used elsewhere too"
        if _has_kernel(source):
            return _blocked_kernel(graph, source, call)
        reason = _blocked_passing(source, call)
        if reason:
            return reason
        current = source


def _has_kernel(node: CallNode) -> bool:
    return node.is_layer and affine.family_of(node.operation) is not None


def _blocked_kernel(graph: CallGraph, kernel: CallNode, call: CallNode) -> str:
    if is_nonlinear(kernel):
        return f"'{kernel.label}' with its {kernel.activation}"
    if len(graph.calls_of(kernel.operation)) != len(graph.calls_of(call.operation)):
        return f"'{kernel.label}', which is used elsewhere without it"
    if _is_on_another_axis(kernel, call):
        return f"'{kernel.label}', whose channels are on another axis"
    return ""


def _is_on_another_axis(kernel: CallNode, call: CallNode) -> bool:
    rank = len(call.input_shape)
    if len(kernel.input_shape) != rank or len(kernel.output_shape) != rank:
        return False
    is_first = getattr(kernel.operation, "data_format", None) == "channels_first"
    return bn_axis(call) != (1 if is_first else rank - 1)


def _shifts(call: CallNode) -> bool:
    """Whether zeros do not stay zeros in inference."""
    layer = call.operation
    mean = np.asarray(layer.moving_mean.numpy())
    return bool(mean.any() or (layer.beta is not None and np.asarray(layer.beta.numpy()).any()))


def _blocked_passing(node: CallNode, call: CallNode) -> str:
    is_identity = node.kind == "activation" and not is_nonlinear(node)
    if not (node.kind in _PASSING or is_identity) or not node.is_layer:
        return _word(node)
    gamma = call.operation.gamma
    if node.kind == "max_pool" and gamma is not None and (np.asarray(gamma.numpy()) < 0).any():
        return f"'{node.label}', whose maximum a negative gamma makes a minimum"
    if node.kind == "resize" and getattr(node.operation, "interpolation", "nearest") != "nearest":
        return f"'{node.label}', which interpolates"
    return ""


def _blocked_behind(graph: CallGraph, call: CallNode, current: CallNode, is_flat: bool) -> str:
    if graph.is_output(current) or not current.consumers:
        return "the output"
    for user in current.consumers:
        if _has_kernel(user):
            reason = _blocked_user(graph, call, user, is_flat)
        elif is_flat:
            reason = _word(current)
        elif user.is_layer and type(user.operation).__name__ == "Flatten":
            reason = _blocked_behind(graph, call, user, True)
        else:
            passing = "" if user.kind == "padding" else _blocked_passing(user, call)
            reason = passing or _blocked_behind(graph, call, user, False)
        if reason:
            return reason
    return ""


def _blocked_user(graph: CallGraph, call: CallNode, user: CallNode, is_flat: bool) -> str:
    layer = user.operation
    if is_flat and affine.family_of(layer) != "dense":
        return "a Flatten, which moves the channels"
    if len(graph.calls_of(layer)) != len(graph.calls_of(call.operation)):
        return f"'{user.label}', which is used elsewhere without it"
    if not is_flat and _is_on_another_axis(user, call):
        return f"'{user.label}', whose channels are on another axis"
    if affine.pads(layer) and _shifts(call) and "keras.layers.Rescaling" not in EXPORTS:
        return f"'{user.label}', which pads with zeros"
    return ""


def _word(node: CallNode) -> str:
    return _WORDS.get(node.kind, "'{name}'").format(name=node.label)
