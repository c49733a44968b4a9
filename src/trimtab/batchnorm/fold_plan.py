"""Which Batch Normalizations can be merged into the layers before or behind them, and how."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from trimtab.batchnorm import affine, sites
from trimtab.batchnorm.affine import Floats, Weights
from trimtab.batchnorm.layer_kinds import activation_of, is_batch_norm, kind_of
from trimtab.batchnorm.rewriting import Wiring, data_inputs, graph_of
from trimtab.core.function import Function
from trimtab.core.operation import Node
from trimtab.layers.base import Layer
from trimtab.layers.batch_normalization import BatchNormalization

# Kinds that a scale and a shift of channels pass through, at inference.
_PASSING = frozenset({"dropout", "noise", "identity", "average_pool", "max_pool", "resize"})
_EXACT_TYPES = frozenset({"float32", "float64"})
# Below this share of the largest scale a channel is scaled where it is: to divide by its scale
# would make its shift too large beside its values.
_SMALLEST_SHARE = 2.0**-10

_REASONS = {
    "activation": "the activation {name}",
    "add": "the sum {name}",
    "concatenate": "the concatenation {name}",
    "batch_norm": "the Batch Normalization {name}, which stays",
    "reshape": "{name}, which moves the channels",
    "padding": "{name}, whose zeros it would change",
    "custom": "the layer {name}, whose effect is not known",
}


@dataclasses.dataclass
class Step:
    """One Batch Normalization merged into one layer.

    Attributes:
        norm: The Batch Normalization.
        layer: The layer with the kernel.
        path: The layers between the two, in the order of the data's flow.
        is_backward: Whether the kernel comes before the Batch Normalization.
        before: The kernel layer's weights before the step, float64.
        after: Those after it.
        node: Where the first of the two is used.
        left_scale: What stays of the scale, as a layer of its own, for a padded layer; None if
            nothing stays.
        left_shift: What stays of the shift.
    """

    norm: BatchNormalization
    layer: Layer
    path: list[Any]
    is_backward: bool
    before: Weights
    after: Weights
    node: Node
    left_scale: Floats | None = None
    left_shift: Floats | None = None


@dataclasses.dataclass
class Verdict:
    """What becomes of a Batch Normalization: the steps that merge it, or why it stays."""

    norm: BatchNormalization
    steps: list[Step]
    reason: str


class _Blocked(Exception):
    """Why a way is closed."""


class _Way(NamedTuple):
    """The search for the kernels behind one use of a Batch Normalization."""

    wiring: Wiring
    node: Node
    scale: Floats
    ends: list[tuple[Node, Node, list[Any]]]


class FoldPlan:
    """What can be merged in a model, found along its data flow.

    Attributes:
        verdicts: One for each Batch Normalization that the model uses.
        dropped: Nodes of those merged.
        weights: New weights of the kernel layers, by identity of the layer.
        layers: Those layers.
    """

    def __init__(self, model: Any) -> None:
        function = graph_of(model, "fold")
        self.verdicts: list[Verdict] = []
        self.dropped: set[int] = set()
        self.weights: dict[int, Weights] = {}
        self.layers: dict[int, Any] = {}
        self._wirings: list[Wiring] = []

        def visit(graph: Function, _: bool) -> None:
            self._wirings.append(Wiring(graph))

        sites.walk(function, True, visit)
        norms = {
            id(node.operation): node.operation
            for wiring in self._wirings
            for node in wiring.nodes
            if is_batch_norm(node.operation)
        }
        for norm in norms.values():
            self.verdicts.append(self._judge(norm))

    # One Batch Normalization --------------------------------------------------------------------

    def _judge(self, norm: BatchNormalization) -> Verdict:
        try:
            self._check(norm)
            try:
                steps = self._backward(norm)
            except _Blocked as before:
                try:
                    steps = self._forward(norm)
                except _Blocked as behind:
                    raise _Blocked(f"before it is {before}; behind it is {behind}") from None
        except _Blocked as reason:
            return Verdict(norm, [], str(reason))
        for step in steps:
            self.weights[id(step.layer)] = step.after
            self.layers[id(step.layer)] = step.layer
        if steps[0].left_shift is None:
            self.dropped.update(id(node) for _, node in self._uses(norm))
        return Verdict(norm, steps, "")

    def _check(self, norm: BatchNormalization) -> None:
        if type(norm) is not BatchNormalization:
            raise _Blocked(f"its class {type(norm).__name__} may compute something else")
        if norm.compute_dtype not in _EXACT_TYPES:
            raise _Blocked(f"it computes in {norm.compute_dtype}")
        for _, node in self._uses(norm):
            if node.kwargs.get("training"):
                raise _Blocked(
                    "it is called with training=True, so it uses each batch's statistics"
                )

    def _backward(self, norm: BatchNormalization) -> list[Step]:
        scale, shift = affine.affine_of(norm)
        found = [self._kernel_before(w, node, norm, scale) for w, node in self._uses(norm)]
        reached = {id(kernel) for kernel, _ in found}
        steps: dict[int, Step] = {}
        for kernel, path in found:
            layer = kernel.operation
            if any(id(use) not in reached for _, use in self._uses(layer)):
                raise _Blocked(f"{layer.name}, which is used elsewhere without it")
            before = self._weights(layer)
            if affine.output_channels(layer) != len(scale):
                raise _Blocked(f"{layer.name}, whose channels are on another axis")
            after = affine.scaled_outputs(layer, before, scale, shift)
            steps[id(layer)] = Step(norm, layer, path, True, before, after, kernel)
        return list(steps.values())

    def _kernel_before(
        self, wiring: Wiring, node: Node, norm: BatchNormalization, scale: Floats
    ) -> tuple[Node, list[Any]]:
        path: list[Any] = []
        current, axis = node, _axis(norm, node)
        while True:
            source = self._source(wiring, current)
            if source is None:
                raise _Blocked("the input")
            name = source.operation.name
            if wiring.is_output(source) or len(self._users(wiring, source)) > 1:
                raise _Blocked(f"{name}, whose output is used elsewhere too")
            if affine.family_of(source.operation) is not None:
                if activation_of(source.operation) != "linear":
                    raise _Blocked(f"{name} with its {activation_of(source.operation)}")
                _check_kernel(source.operation, axis, len(source.outputs[0].shape))
                return source, path
            _check_passing(source, scale)
            axis = _axis_before(source, axis)
            path.insert(0, source.operation)
            current = source

    def _forward(self, norm: BatchNormalization) -> list[Step]:
        scale, shift = affine.affine_of(norm)
        ends: list[tuple[Node, Node, list[Any]]] = []
        for wiring, node in self._uses(norm):
            self._kernels_behind(_Way(wiring, node, scale, ends), node, _axis(norm, node), [])
        reached = {id(kernel) for _, kernel, _ in ends}
        for _, kernel, _ in ends:
            if any(id(use) not in reached for _, use in self._uses(kernel.operation)):
                raise _Blocked(f"{kernel.operation.name}, which is used elsewhere without it")
        sees_zeros = any(
            affine.pads(kernel.operation) or any(kind_of(part) == "padding" for part in path)
            for _, kernel, path in ends
        )
        factor, left = scale, None
        if sees_zeros and shift.any():
            factor = np.where(np.abs(scale) >= _SMALLEST_SHARE * np.abs(scale).max(), scale, 1.0)
            left = scale / factor, shift / factor
        steps: dict[int, Step] = {}
        for node, kernel, path in ends:
            layer = kernel.operation
            if id(layer) not in steps:
                steps[id(layer)] = self._step_forward(norm, node, layer, path, factor, shift, left)
        return list(steps.values())

    def _step_forward(
        self,
        norm: BatchNormalization,
        node: Node,
        layer: Any,
        path: list[Any],
        factor: Floats,
        shift: Floats,
        left: tuple[Floats, Floats] | None,
    ) -> Step:
        before = self._weights(layer)
        flat = next((part for part in path if kind_of(part) == "reshape"), None)
        if flat is not None:
            factor, shift = (self._flattened(flat, norm, v) for v in (factor, shift))
        if affine.input_channels(layer) != len(factor):
            raise _Blocked(f"{layer.name}, whose channels are on another axis")
        if left is not None:
            after = affine.scaled_inputs(layer, before, factor)
            return Step(norm, layer, path, False, before, after, node, *left)
        shifted = affine.with_constant(layer, before, shift) if shift.any() else before
        after = affine.scaled_inputs(layer, shifted, factor)
        return Step(norm, layer, path, False, before, after, node)

    def _flattened(self, flat: Any, norm: BatchNormalization, values: Floats) -> Floats:
        """One value a channel as one a feature behind a Flatten."""
        (_, node), *_ = self._uses(flat)
        shape = node.input_tensors[0].shape[1:]
        (_, at), *_ = self._uses(norm)
        is_same = len(shape) + 1 == len(at.outputs[0].shape)
        axis = _axis(norm, at) - 1 if is_same else 0
        aligned = [1] * len(shape)
        aligned[axis] = len(values)
        spread = np.broadcast_to(values.reshape(aligned), shape)
        if flat.data_format == "channels_first" and len(shape) > 1:
            # A Flatten of channels first puts them last before it flattens.
            spread = np.moveaxis(spread, 0, -1)
        return spread.reshape(-1)

    def _kernels_behind(self, way: _Way, current: Node, axis: int, path: list[Any]) -> None:
        """Adds the kernels behind a node to `way.ends`."""
        users = self._users(way.wiring, current)
        if way.wiring.is_output(current) or not users:
            raise _Blocked("the output")
        is_flat = bool(path) and kind_of(path[-1]) == "reshape"
        rank = len(current.outputs[0].shape)
        for user in users:
            operation = user.operation
            family = affine.family_of(operation)
            if is_flat and family != "dense":
                raise _Blocked(_REASONS["reshape"].format(name=path[-1].name))
            if family is not None:
                _check_kernel(operation, axis, rank)
                way.ends.append((way.node, user, path))
                continue
            after = 1
            if not _is_flatten(user):
                if kind_of(operation) != "padding":
                    _check_passing(user, way.scale)
                after = _axis_behind(user, axis)
            self._kernels_behind(way, user, after, [*path, operation])

    def _weights(self, layer: Any) -> Weights:
        return self.weights.get(id(layer)) or affine.weights_of(layer)

    def _uses(self, operation: Any) -> list[tuple[Wiring, Node]]:
        return [(wiring, node) for wiring in self._wirings for node in wiring.uses(operation)]

    def _source(self, wiring: Wiring, node: Node) -> Node | None:
        source = wiring.source(node)
        while source is not None and id(source) in self.dropped:
            source = wiring.source(source)
        return source

    def _users(self, wiring: Wiring, node: Node) -> list[Node]:
        users: list[Node] = []
        for user in wiring.users(node):
            users.extend(self._users(wiring, user) if id(user) in self.dropped else [user])
        return users


def _check_passing(node: Node, scale: Floats) -> None:
    """Whether a scale and shift of channels passes through an operation unchanged."""
    operation = node.operation
    kind = kind_of(operation)
    is_linear = kind == "activation" and activation_of(operation) == "linear"
    if kind not in _PASSING and not is_linear:
        raise _Blocked(_REASONS.get(kind, "{name}").format(name=operation.name))
    if not isinstance(operation, Layer) or len(data_inputs(node)) != 1:
        raise _Blocked(f"the op {operation.name}")
    negative = int((scale < 0).sum())
    if kind == "max_pool" and negative:
        raise _Blocked(
            f"{operation.name}, whose maximum a negative gamma ({negative} of {len(scale)} "
            "channels) makes a minimum"
        )
    if kind == "resize" and getattr(operation, "interpolation", "nearest") != "nearest":
        raise _Blocked(f"{operation.name}, which interpolates")


def _check_kernel(layer: Any, axis: int, rank: int) -> None:
    """Whether a kernel's channels are on an axis of a tensor of `rank` axes."""
    if layer.compute_dtype not in _EXACT_TYPES:
        raise _Blocked(f"{layer.name}, which computes in {layer.compute_dtype}")
    if _own_axis(layer, rank) != axis:
        raise _Blocked(f"{layer.name}, whose channels are on another axis")


def _own_axis(layer: Any, rank: int) -> int:
    return 1 if getattr(layer, "data_format", None) == "channels_first" else rank - 1


def _axis(norm: BatchNormalization, node: Node) -> int:
    return norm.axis % len(node.outputs[0].shape)


def _axis_before(node: Node, axis: int) -> int:
    """The axis of the channels in what a node takes, given that in what it gives."""
    before, behind = len(node.input_tensors[0].shape), len(node.outputs[0].shape)
    if getattr(node.operation, "data_format", None) is None or before < 3:
        return axis
    own = _own_axis(node.operation, before)
    if before == behind and own != axis:
        raise _Blocked(f"{node.operation.name}, whose channels are on another axis")
    return own


def _axis_behind(node: Node, axis: int) -> int:
    """The axis of the channels in what a node gives, given that in what it takes."""
    before, behind = len(node.input_tensors[0].shape), len(node.outputs[0].shape)
    if getattr(node.operation, "data_format", None) is None or before < 3:
        return axis
    if _own_axis(node.operation, before) != axis:
        raise _Blocked(f"{node.operation.name}, whose channels are on another axis")
    return axis if before == behind else behind - 1


def _is_flatten(node: Node) -> bool:
    shape = node.input_tensors[0].shape
    return type(node.operation).__name__ == "Flatten" and None not in shape[1:]
