"""One batch followed through the Batch Normalizations of a model, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import ops
from trimtab.batchnorm.activation_use import activation_use
from trimtab.batchnorm.audit_subject import knows_updates
from trimtab.batchnorm.call_graph import CallGraph, CallNode
from trimtab.batchnorm.explained import ExplainedCall, Explanation, Steps
from trimtab.batchnorm.layer_kinds import activation_of, kind_of
from trimtab.batchnorm.observing import answering
from trimtab.batchnorm.rewriting import batchnorms
from trimtab.core.tracing import Traced, Variant, trace
from trimtab.data import ArrayData, array_data
from trimtab.ir.graph import Graph, Spec
from trimtab.layers.base import Layer
from trimtab.layers.batch_normalization import BatchNormalization
from trimtab.primitives import fused

_ROWS = frozenset({"softmax", "log_softmax", "sparsemax", "glu"})


def explain(model: Any, x: Any, layer: str | Sequence[str] | None = None) -> Explanation:
    """What Batch Normalization does to one batch, in training and at inference.

    For each layer: z, what it gets; the mean and the biased variance of each channel; z_norm;
    gamma and beta; what the activation behind it makes of that; the same with the moving
    statistics; and the update of those. The numbers are the layer's own, to the last bit: the
    model runs on the batch with the layers' own operations. It stays as it is, moving statistics
    and random state included.

    Args:
        model: A built model.
        x: One batch, as for `predict`: all its rows are one batch.
        layer: Name of the Batch Normalization, or several; all if None.

    Returns:
        The explanation: its arrays, `print(explanation)`, and `explanation.plot()`.

    Raises:
        ValueError: If the model has no Batch Normalization, or none of this name, or `x` has NaN.
        TypeError: If it is no model.

    Example:
        >>> import numpy as np
        >>> import trimtab as keras
        >>> from trimtab import batchnorm
        >>> model = keras.Sequential([
        ...     keras.Input((1,)),
        ...     keras.layers.BatchNormalization(name="bn", momentum=0.5, epsilon=0.0),
        ...     keras.layers.ReLU(name="relu"),
        ... ])
        >>> x = np.array([[1.0], [5.0]], "float32")
        >>> (call,) = batchnorm.explain(model, x).calls
        >>> call.training.mean, call.training.variance
        (array([3.], dtype=float32), array([4.], dtype=float32))
        >>> call.training.z_norm.ravel(), call.training.use.flat
        (array([-1.,  1.], dtype=float32), 0.5)
        >>> call.moving_mean.ravel()
        array([0. , 1.5], dtype=float32)
    """
    norms = _chosen(model, layer)
    data = array_data("explain", x)
    places = _places(model, norms)
    training = _run(model, data, norms, places, True)
    inference = _run(model, data, norms, places, False)
    if not training:
        raise ValueError(
            f"explain: {model.name} does not call {', '.join(norm.name for norm in norms)}"
        )
    pairs = zip(training, inference, strict=True)
    return Explanation(tuple(_explained(first, second) for first, second in pairs))


def _chosen(model: Any, layer: str | Sequence[str] | None) -> list[BatchNormalization]:
    if not isinstance(model, Layer):
        raise TypeError(f"explain: needs a model; got an object of type {type(model).__name__}")
    norms = batchnorms(model)
    if not norms:
        raise ValueError(f"explain: {model.name} has no Batch Normalization")
    if not all(norm.built for norm in norms):
        raise ValueError(f"explain: {model.name} is not built yet; call it on data first")
    if layer is None:
        return norms
    wanted = [layer] if isinstance(layer, str) else list(layer)
    known = [norm.name for norm in norms]
    for name in wanted:
        if name not in known:
            raise ValueError(
                f"explain: `layer` must name a Batch Normalization of {model.name}, "
                f"{', '.join(known)}; got {name!r}"
            )
    return [norm for norm in norms if norm.name in wanted]


class _Place:
    """What is around one call of a Batch Normalization."""

    def __init__(self, node: CallNode) -> None:
        self.label = node.label
        behind = next((user for user in node.consumers if user.kind == "activation"), None)
        self.activation: Any = None
        self.name = ""
        if behind is not None and len(behind.inputs) == 1:
            self.activation = behind.operation
            self.name = activation_of(behind.operation) or ""
        before = next(iter(node.producers), None)
        self.before, self.idle_bias = _before(node, before)


def _before(node: CallNode, before: CallNode | None) -> tuple[str, str]:
    """The layer before in words, and its name if its bias has no effect."""
    if before is None or kind_of(before.operation) == "input":
        return "", ""
    name, function = before.name, before.activation
    if function not in (None, "linear"):
        return f"{name} ({function})", ""
    bias = getattr(before.operation, "bias", None)
    is_alone = len(before.consumers) == 1 and before.kind in ("linear", "depthwise")
    return name, name if bias is not None and is_alone else ""


def _places(model: Any, norms: list[BatchNormalization]) -> dict[int, list[_Place]]:
    graph = CallGraph(model)
    return {id(norm): [_Place(node) for node in graph.calls_of(norm)] for norm in norms}


class _Call:
    """What was recorded of one call: values of the trace, then their numbers."""

    def __init__(
        self, norm: BatchNormalization, place: _Place | None, values: list[Any], number: int
    ) -> None:
        self.norm = norm
        self.place = place
        self.values = values
        self.number = number

    @property
    def label(self) -> str:
        """The layer's name, with the number of the call from the second on."""
        if self.place is not None:
            return self.place.label
        name = str(self.norm.name)
        return f"{name} (call {self.number + 1})" if self.number else name


def _run(
    model: Any,
    data: ArrayData,
    norms: list[BatchNormalization],
    places: dict[int, list[_Place]],
    training: bool,
) -> list[_Call]:
    """The calls with the numbers of their steps."""
    calls: list[_Call] = []
    seen: dict[int, int] = {}

    def respond(norm: BatchNormalization, inputs: Any, given: Any, mask: Any) -> Any:
        number = seen.get(id(norm), 0)
        seen[id(norm)] = number + 1
        known = places[id(norm)]
        place = known[number] if number < len(known) else None
        before = _moving(norm)
        output = type(norm).call(norm, inputs, training=given, mask=mask)
        is_by_batch = bool(given) and norm.trainable
        x = ops.cast(inputs, "float64" if inputs.dtype == "float64" else "float32")
        mean, variance, z_norm = _normalized(norm, x, mask, is_by_batch, before)
        values = [inputs, mean, variance, z_norm, output, *before, *_moving(norm)]
        if place is not None and place.activation is not None:
            values.append(place.activation.call(output))
        calls.append(_Call(norm, place, values, number))
        return output

    def run(*inputs: Any) -> Any:
        with answering(norms, respond):
            model(data.form.pack(list(inputs))[0], training=training)
        return [value for call in calls for value in call.values]

    specs = [Spec(a.shape, kind) for a, kind in zip(data.arrays, data.types, strict=True)]
    traced = trace(run, specs)
    # Without the updates: nothing that the run would change is changed.
    graph = Graph(traced.graph.inputs, traced.graph.states, traced.graph.outputs, ())
    outputs = Variant(Traced(graph, traced.variables, traced.structure)).run(
        data.batch(slice(None))
    )
    numbers = iter(outputs)
    for call in calls:
        call.values = [np.array(next(numbers)) for _ in call.values]
    return calls


def _moving(norm: BatchNormalization) -> list[Any]:
    return [ops.cast(v, v.dtype) for v in (norm.moving_mean, norm.moving_variance)]


def _normalized(
    norm: BatchNormalization, x: Any, mask: Any, is_by_batch: bool, moving: list[Any]
) -> tuple[Any, Any, Any]:
    """Mean, variance and z_norm, by the operations that the layer itself uses."""
    if not is_by_batch:
        mean, variance = moving
        return mean, variance, norm._normalize(x, mean, variance, None, None)
    if mask is None and not norm.renorm:
        axis = norm.axis % x.ndim
        z_norm, mean, variance = fused.batch_norm(
            x, axis=axis, epsilon=norm.epsilon, scale=False, center=False
        )
        return mean, variance, z_norm
    mean, variance, _ = norm._moments(x, mask)
    return mean, variance, norm._normalize(x, mean, variance, None, None)


def _explained(training: _Call, inference: _Call) -> ExplainedCall:
    norm, place = training.norm, training.place
    channels = norm.moving_mean.shape
    before, after = training.values[5:7], training.values[7:9]
    return ExplainedCall(
        layer=training.label,
        axis=norm.axis,
        epsilon=norm.epsilon,
        momentum=norm.momentum,
        gamma=np.ones(channels, np.float32) if norm.gamma is None else np.array(norm.gamma),
        beta=np.zeros(channels, np.float32) if norm.beta is None else np.array(norm.beta),
        training=_steps(training),
        inference=_steps(inference),
        moving_mean=np.stack([before[0], after[0]]),
        moving_variance=np.stack([before[1], after[1]]),
        initial_share=_initial_share(norm, training.number + 1),
        is_frozen=not norm.trainable,
        before="" if place is None else place.before,
        activation="" if place is None else place.name,
        idle_bias="" if place is None or not norm.trainable else place.idle_bias,
    )


def _initial_share(norm: BatchNormalization, more: int) -> float | None:
    """The part left of the initial statistics after `more` updates; None if it is not known."""
    if not knows_updates(norm):
        # From a file, which does not keep the count.
        return None
    return float(norm.momentum ** (norm.updates_seen + more))


def _steps(call: _Call) -> Steps:
    z, mean, variance, z_norm, output = call.values[:5]
    place = call.place
    if place is None or place.activation is None:
        return Steps(z, mean, variance, z_norm, output, None, None)
    activated = call.values[9]
    use = None if place.name in _ROWS else activation_use(place.activation, output)
    return Steps(z, mean, variance, z_norm, output, activated, use)
