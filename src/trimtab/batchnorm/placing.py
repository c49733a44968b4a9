"""Batch Normalization put before the activations of a model, behind them, or taken out."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np

from trimtab.batchnorm import sites
from trimtab.batchnorm.call_graph import CallGraph
from trimtab.batchnorm.channel_axes import channel_axes
from trimtab.batchnorm.layer_kinds import is_batch_norm
from trimtab.batchnorm.rewriting import (
    Edit,
    Wiring,
    batchnorms,
    graph_of,
    opened,
    rewritten,
    why_hidden,
)
from trimtab.batchnorm.sites import Site
from trimtab.core.function import Function
from trimtab.core.operation import Node
from trimtab.layers.activation import Activation
from trimtab.layers.base import Layer
from trimtab.layers.batch_normalization import BatchNormalization
from trimtab.layers.wrapping import Wrapper
from trimtab.saving import load_model

PLACES = ("before", "after", "none")
STARTS = ("fresh", "same")


@dataclasses.dataclass(frozen=True)
class PlacedLayer:
    """What was done at one activation, or to one Batch Normalization that is at none.

    Attributes:
        layer: Name of the activation's layer.
        activation: The activation; empty for a Batch Normalization that is at none.
        action: "added", "kept", "removed", "moved" or "left".
        norms: Names of the Batch Normalizations there are now.
        bias: What happened to the bias of the layer before: "dropped", "restored" or "".
        why: Where exactly, or why nothing was done.
    """

    layer: str
    activation: str
    action: str
    norms: tuple[str, ...]
    bias: str
    why: str

    def __str__(self) -> str:
        what = f"{self.layer} ({self.activation})" if self.activation else self.layer
        bias = f"; bias {self.bias}" if self.bias else ""
        return f"{what}: {self.action}, {self.why}{bias}"


@dataclasses.dataclass(frozen=True)
class Placement:
    """What `place` did.

    Attributes:
        where: The place asked for.
        layers: What was done, activation by activation.
        keeps_outputs: Whether the new model's outputs at inference are those of the old one.
        sentence: The same in words, with the reason.
    """

    where: str
    layers: tuple[PlacedLayer, ...]
    keeps_outputs: bool
    sentence: str

    def count(self, action: str) -> int:
        """At how many activations `action` was done."""
        return sum(layer.action == action for layer in self.layers)

    def __str__(self) -> str:
        width = max((len(str(i + 1)) for i in range(len(self.layers))), default=1)
        lines = [f"{i + 1:>{width}}. {layer}" for i, layer in enumerate(self.layers)]
        return "\n".join([*lines, self.sentence])


class Placed(NamedTuple):
    """The result of `place`.

    Attributes:
        model: The new model.
        report: What was done.
    """

    model: Any
    report: Placement


def place(
    model: Any,
    where: str = "before",
    *,
    layers: Collection[str] | None = None,
    start: str = "fresh",
    **arguments: Any,
) -> Placed:
    """A model with Batch Normalization before its activations, behind them, or nowhere.

    Kernels are kept. The layer in front of a Batch Normalization loses its bias, which is without
    effect there: its value goes into the moving mean, which changes nothing in training or at
    inference. A layer whose Batch Normalization is taken away gets a bias back, at which each
    channel changes its sign where it did before. An activation that a layer applies itself becomes
    a layer of its own where Batch Normalization comes before it; a `ConvBlock` or `DenseBlock` is
    replaced by its parts. What is at the right place already stays as it is, with its weights.

    Not at the output, not at a softmax, not at a gate. In residual networks the identity path stays
    free: before the activation that follows a sum, the normalisation goes to the ends of the
    branches; behind such an activation, to the branches that begin there.

    Args:
        model: A built Sequential model or one of KerasTensors, models within it included, or the
            name of its file; it stays as it is.
        where: "before" the activations, "after" them, or "none".
        layers: Names of the layers whose activations are meant; all if None.
        start: What a new Batch Normalization begins with. "fresh": gamma 1, beta 0, mean 0,
            variance 1, as in a new network, which divides by `sqrt(1 + epsilon)`. "same": variance
            `1 - epsilon`, so that at inference it changes nothing until it is trained.
        **arguments: Arguments of the new `BatchNormalization` layers, such as `momentum`.

    Returns:
        The new model, compiled as the old one was, and what was done at each activation.

    Raises:
        ValueError: If the model has no graph or no activations, or an argument is none of these.
        TypeError: If it is no model.

    Example:
        >>> import trimtab as keras
        >>> from trimtab import batchnorm
        >>> model = keras.Sequential([
        ...     keras.Input((8,)),
        ...     keras.layers.Dense(16, activation="relu", name="hidden"),
        ...     keras.layers.Dense(1, activation="sigmoid", name="out"),
        ... ])
        >>> placed = batchnorm.place(model, "before")
        >>> [layer.name for layer in placed.model.layers]
        ['hidden', 'hidden_bn', 'hidden_activation', 'out']
        >>> print(placed.report.layers[1])
        out (sigmoid): left, it makes the model's output
    """
    if isinstance(model, (str, os.PathLike)):
        model = load_model(model)
    if where not in PLACES:
        raise ValueError(f"place: `where` must be one of {', '.join(PLACES)}; got {where!r}")
    if start not in STARTS:
        raise ValueError(f"place: `start` must be 'fresh' or 'same'; got {start!r}")
    return _Plan(opened(model, "place"), where, layers, start, arguments).result()


class _Plan:
    """The changes to a model, found activation by activation."""

    def __init__(
        self,
        model: Any,
        where: str,
        layers: Collection[str] | None,
        start: str,
        arguments: dict[str, Any],
    ) -> None:
        self.model = model
        self.where = where
        self.start = start
        self.arguments = arguments
        self.edit = Edit()
        self.report: list[PlacedLayer] = []
        self.reasons: list[str] = []
        # Nodes of Batch Normalizations that a site has settled, and layers by their new one.
        self._settled: set[int] = set()
        self._new_norms: dict[int, BatchNormalization] = {}
        # Layers of which arguments and variables change, and how.
        self._changes: dict[int, tuple[Any, dict[str, Any], dict[str, Any]]] = {}
        function = graph_of(model, "place")
        self._axes = {id(n.source): axis for n, axis in channel_axes(CallGraph(model)).items()}
        self._names = {layer.name for layer in model._flatten_layers()}
        self._sites: list[Site] = []
        self._wirings: list[Wiring] = []

        def visit(graph: Function, is_at_end: bool) -> None:
            self._wirings.append(Wiring(graph))
            self._sites.extend(sites.find_sites(graph, is_at_end))

        sites.walk(function, True, visit)
        self._check(layers)
        self._wanted = None if layers is None else set(layers)

    def _check(self, layers: Collection[str] | None) -> None:
        known = [site.operation.name for site in self._sites]
        unknown = sorted(set(layers or ()) - set(known))
        if unknown:
            raise ValueError(
                f"place: `layers` names '{unknown[0]}', which applies no activation; those that do "
                f"are {', '.join(known)}"
            )
        if not known and self.where != "none":
            raise ValueError(
                f"place: {self.model.name} has no activations, so there is no place before or "
                f"behind one; {self._why_none()}"
            )

    def _why_none(self) -> str:
        """What a model without activations of its own is to be told."""
        operations = {n.operation.name: n.operation for w in self._wirings for n in w.nodes}
        closed = [name for name, one in operations.items() if isinstance(one, Wrapper)]
        if closed:
            return f"those inside {', '.join(closed)} are not looked at"
        return "without them its layers are one linear map"

    def result(self) -> Placed:
        """The new model and the report."""
        for site in self._sites:
            if self._wanted is None or site.operation.name in self._wanted:
                self._settle(site)
        if self._wanted is None:
            self._settle_others()
        for layer, config, values in self._changes.values():
            self.edit.replace(layer, values, **config)
        new = rewritten(self.model, self.edit)
        sentence = "At inference the new model gives what the old one gave."
        if self.reasons:
            sentence = f"At inference the new model differs: {'; '.join(self.reasons)}."
        report = Placement(self.where, tuple(self.report), not self.reasons, sentence)
        return Placed(new, report)

    # Activation by activation -----------------------------------------------------------------

    def _settle(self, site: Site) -> None:
        if self.where == "none":
            self._take_out(site)
        elif site.refusal:
            self._settled.update(id(n) for n in [*site.norms_before, *site.norms_behind])
            self._tell(site, "left", (), "", site.refusal)
        elif self.where == "before":
            self._put(site, site.norms_before, site.norms_behind, self._put_before)
        else:
            self._put(site, site.norms_behind, site.norms_before, self._put_behind)

    def _take_out(self, site: Site) -> None:
        norms = self._open([*site.norms_before, *site.norms_behind])
        restored = [self._drop(node) for node in norms]
        names = ", ".join(dict.fromkeys(node.operation.name for node in norms))
        bias = "restored" if any(restored) else ""
        if norms:
            self._tell(site, "removed", (), bias, f"{names} taken out")
        else:
            self._tell(site, "left", (), "", "there is no Batch Normalization")

    def _put(
        self,
        site: Site,
        right: list[Node],
        wrong: list[Node],
        insert: Callable[[Site], tuple[tuple[str, ...], bool, str]],
    ) -> None:
        self._settled.update(id(n) for n in right)
        wrong = self._open(wrong)
        restored = True in [self._drop(node) for node in wrong]
        action = "moved" if wrong else "added"
        if right:
            names = tuple(dict.fromkeys(n.operation.name for n in right))
            side = "in front of it" if self.where == "before" else "behind it"
            why, dropped = f"{', '.join(names)} is {side} already", False
            action = "moved" if wrong else "kept"
        else:
            names, dropped, why = insert(site)
        bias = "dropped" if dropped else "restored" if restored else ""
        self._tell(site, action, names, bias, why)

    def _open(self, norms: list[Node]) -> list[Node]:
        """Those not settled yet, each once; they are from now on."""
        found = [node for node in dict.fromkeys(norms) if id(node) not in self._settled]
        self._settled.update(id(node) for node in found)
        return found

    def _settle_others(self) -> None:
        """The Batch Normalizations that are at no activation."""
        for wiring in self._wirings:
            for node in wiring.nodes:
                if not is_batch_norm(node.operation) or not self._open([node]):
                    continue
                name = node.operation.name
                if self.where == "none":
                    bias = "restored" if self._drop(node) else ""
                    self.report.append(
                        PlacedLayer(name, "", "removed", (), bias, "it is beside no activation")
                    )
                else:
                    why = "it is beside no activation"
                    self.report.append(PlacedLayer(name, "", "kept", (name,), "", why))
        used = {id(n.operation) for wiring in self._wirings for n in wiring.nodes}
        for norm in batchnorms(self.model):
            if id(norm) not in used:
                why = why_hidden(self.model, norm)
                self.report.append(PlacedLayer(norm.name, "", "left", (norm.name,), "", why))

    def _tell(self, site: Site, action: str, norms: tuple[str, ...], bias: str, why: str) -> None:
        self.report.append(
            PlacedLayer(site.operation.name, site.activation, action, norms, bias, why)
        )

    # What is put in ---------------------------------------------------------------------------

    def _put_before(self, site: Site) -> tuple[tuple[str, ...], bool, str]:
        if site.ends:
            layers = [self._behind_kernel(end) for end in site.ends]
            names = tuple(norm.name for norm, _ in layers)
            why = f"{', '.join(names)} at the end of the residual branch, before the sum"
            return names, any(dropped for _, dropped in layers), why
        if site.is_fused:
            return self._split(site)
        kernel = site.kernel
        if kernel is not None and self._is_lone_everywhere(kernel.operation):
            norm, dropped = self._behind_kernel(kernel)
            return (norm.name,), dropped, f"{norm.name} in front of it"
        source = site.wiring.source(site.nodes[0])
        norm = self._norm(site.operation, source, site.operation.trainable)
        for node in site.nodes:
            self.edit.before.setdefault(id(node), []).append(norm)
        return (norm.name,), False, f"{norm.name} in front of it"

    def _split(self, site: Site) -> tuple[tuple[str, ...], bool, str]:
        layer = site.operation
        norm, dropped = self._behind_kernel(site.nodes[0])
        activation = self._own_layer(layer)
        for node in self._uses(layer):
            self.edit.behind.setdefault(id(node), []).append(activation)
        self._change(layer, {"activation": None, "activity_regularizer": None}, {})
        why = f"{norm.name} between {layer.name} and its activation, now {activation.name}"
        return (norm.name,), dropped, why

    def _own_layer(self, layer: Any) -> Layer:
        """A layer for the activation that `layer` applied itself."""
        name = self._name(f"{layer.name}_activation")
        function = layer.activation
        if isinstance(function, Layer):
            own: Layer = type(function).from_config({**function.get_config(), "name": name})
            self.edit.begin(own, **{v.name: np.asarray(v) for v in function.variables})
            return own
        return Activation(
            function,
            name=name,
            dtype=layer.dtype_policy,
            activity_regularizer=layer.activity_regularizer,
        )

    def _put_behind(self, site: Site) -> tuple[tuple[str, ...], bool, str]:
        norm = self._norm(site.operation, site.nodes[0], site.operation.trainable)
        spared = site.spared_users()
        if spared:
            for user in spared:
                self.edit.before.setdefault(id(user), []).append(norm)
            return (norm.name,), False, f"{norm.name} in the branch; the identity path stays free"
        for node in site.nodes:
            self.edit.behind.setdefault(id(node), []).append(norm)
        return (norm.name,), False, f"{norm.name} behind it"

    def _uses(self, layer: Any) -> list[Node]:
        return [node for wiring in self._wirings for node in wiring.uses(layer)]

    def _is_lone_everywhere(self, layer: Any) -> bool:
        return all(
            sites.is_lone_kernel(wiring, node)
            for wiring in self._wirings
            for node in wiring.uses(layer)
        )

    def _behind_kernel(self, node: Node) -> tuple[BatchNormalization, bool]:
        """The new Batch Normalization behind all uses of a kernel, and whether its bias goes."""
        layer = node.operation
        has_bias = getattr(layer, "use_bias", None) is True
        if id(layer) in self._new_norms:
            return self._new_norms[id(layer)], has_bias
        norm = self._new_norms[id(layer)] = self._norm(layer, node, layer.trainable)
        for use in self._uses(layer):
            self.edit.behind.setdefault(id(use), []).append(norm)
        if has_bias:
            self._change(layer, {"use_bias": False}, {})
            self.edit.begin(norm, moving_mean=-np.asarray(layer.bias))
        return norm, has_bias

    def _norm(self, near: Any, source: Node | None, trainable: bool) -> BatchNormalization:
        axis, rank = None, 0
        if source is not None:
            axis, rank = self._axes.get(id(source)), len(source.outputs[0].shape)
        chosen = {
            "axis": 1 if axis == 1 and rank > 2 else -1,
            "dtype": getattr(near, "dtype_policy", None),
            **self.arguments,
        }
        norm = BatchNormalization(name=self._name(f"{near.name}_bn"), **chosen)
        norm.trainable = trainable
        if self.start == "same":
            self.edit.begin(norm, moving_variance=np.float32(1.0 - norm.epsilon))
        else:
            self._differs("a fresh Batch Normalization divides by sqrt(1 + epsilon)")
        return norm

    def _name(self, name: str) -> str:
        number, free = 1, name
        while free in self._names:
            free, number = f"{name}_{number}", number + 1
        self._names.add(free)
        return free

    # What is taken out ------------------------------------------------------------------------

    def _drop(self, node: Node) -> bool:
        """Takes a Batch Normalization out; whether the layer before it gets a bias back."""
        self.edit.dropped.add(id(node))
        self._differs("what the Batch Normalizations taken out did is gone (`fold` keeps it)")
        wiring = next(w for w in self._wirings if any(n is node for n in w.uses(node.operation)))
        source = wiring.source(node)
        if source is None or not sites.is_lone_kernel(wiring, source):
            return False
        layer = source.operation
        if getattr(layer, "use_bias", None) is not False:
            return False
        self._change(layer, {"use_bias": True}, {"bias": threshold(node.operation)})
        return True

    def _change(self, layer: Any, config: dict[str, Any], values: dict[str, Any]) -> None:
        _, old_config, old_values = self._changes.get(id(layer), (layer, {}, {}))
        known = {key: value for key, value in config.items() if key in layer.get_config()}
        self._changes[id(layer)] = layer, {**old_config, **known}, {**old_values, **values}

    def _differs(self, reason: str) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)


def threshold(norm: BatchNormalization) -> Any:
    """The bias with which a channel changes its sign where it did with the normalisation.

    `gamma * (z - mean) / deviation + beta` is `gamma / deviation` times
    `z - mean + beta * deviation / gamma`.
    """
    mean = np.asarray(norm.moving_mean, np.float64)
    if norm.beta is None:
        return -mean
    deviation = np.sqrt(np.asarray(norm.moving_variance, np.float64) + norm.epsilon)
    gamma = np.ones_like(mean) if norm.gamma is None else np.asarray(norm.gamma, np.float64)
    is_zero = gamma == 0
    shift = np.asarray(norm.beta, np.float64) * deviation / np.where(is_zero, 1.0, gamma)
    return np.where(is_zero, 0.0, shift - mean)
