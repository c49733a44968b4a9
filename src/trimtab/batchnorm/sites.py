"""Where the activations of a model are, and whether Batch Normalization has a place beside each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from trimtab.batchnorm.layer_kinds import activation_of, is_batch_norm, kind_of
from trimtab.batchnorm.rewriting import Wiring, batchnorms, inner_graph
from trimtab.core.function import Function
from trimtab.core.operation import Node
from trimtab.layers.base import Layer
from trimtab.layers.wrapping import Wrapper

_DISTRIBUTIONS = frozenset({"softmax", "log_softmax", "sparsemax"})
_KERNELS = frozenset({"linear", "depthwise"})


def is_kernel(operation: Any) -> bool:
    """Whether it is a layer with a kernel, linear up to an activation of its own."""
    return kind_of(operation) in _KERNELS


def applies_activation(operation: Any) -> bool:
    """Whether it is or contains an activation other than the identity."""
    is_site = is_kernel(operation) or kind_of(operation) == "activation"
    return is_site and activation_of(operation) not in (None, "linear")


def mixes(operation: Any) -> bool:
    """Whether its output is no longer its input channel by channel: a layer with weights."""
    if not isinstance(operation, Layer) or is_batch_norm(operation):
        return False
    return bool(operation.weights) and kind_of(operation) != "activation"


@dataclasses.dataclass
class Site:
    """One activation, used at one node or several.

    Attributes:
        nodes: The nodes of the activation, or of the layer that applies it itself.
        wiring: The graph that they are in.
        ends: Nodes of layers with a kernel whose sum the activation is of, if it ends a residual
            block: the places "before" that leave the identity path alone.
        norms_before: The Batch Normalizations that are before it now, as nodes.
        norms_behind: Those that are behind it.
        refusal: Why none is put here; empty if one may.
    """

    nodes: list[Node]
    wiring: Wiring
    ends: list[Node] = dataclasses.field(default_factory=list)
    norms_before: list[Node] = dataclasses.field(default_factory=list)
    norms_behind: list[Node] = dataclasses.field(default_factory=list)
    refusal: str = ""

    @property
    def operation(self) -> Any:
        """The activation, or the layer that applies it."""
        return self.nodes[0].operation

    @property
    def is_fused(self) -> bool:
        """Whether the layer of the kernel applies the activation."""
        return is_kernel(self.operation)

    @property
    def activation(self) -> str:
        """The activation's name."""
        return activation_of(self.operation) or ""

    @property
    def kernel(self) -> Node | None:
        """The node of the layer whose output the activation is applied to, if it is alone in that.

        Batch Normalizations between the two are looked through.
        """
        if self.is_fused:
            return self.nodes[0]
        source = above(self.wiring, self.nodes[0])
        return source if source is not None and is_lone_kernel(self.wiring, source) else None

    def users(self) -> list[Node]:
        """The nodes that use the activation's output, Batch Normalizations looked through."""
        return [user for node in self.nodes for user in below(self.wiring, node)]

    def spared_users(self) -> list[Node]:
        """The users that a normalisation behind it must reach by a way of their own.

        If the output is also added to something as it is, it lies on the identity path of a
        residual network, which stays as it is.

        Returns:
            The other users; none if nothing has to be spared.
        """
        users = self.users()
        others = [user for user in users if kind_of(user.operation) != "add"]
        return others if len(others) < len(users) else []


def above(wiring: Wiring, node: Node) -> Node | None:
    """The node that gives what `node` takes, Batch Normalizations looked through."""
    source = wiring.source(node)
    while source is not None and is_batch_norm(source.operation):
        source = wiring.source(source)
    return source


def below(wiring: Wiring, node: Node) -> list[Node]:
    """The nodes that use what `node` gives, Batch Normalizations looked through."""
    found: list[Node] = []
    for user in wiring.users(node):
        found.extend(below(wiring, user) if is_batch_norm(user.operation) else [user])
    return found


def is_lone_kernel(wiring: Wiring, node: Node) -> bool:
    """Whether a node is a kernel's, without an activation, and only one node uses its output."""
    if not is_kernel(node.operation) or applies_activation(node.operation):
        return False
    return len(below(wiring, node)) == 1 and not wiring.is_output(node)


def find_sites(function: Function, is_at_end: bool) -> list[Site]:
    """The activations of a graph, the first ones first.

    Args:
        function: The graph.
        is_at_end: Whether its outputs are what the whole model gives (of a model within another
            they need not be).
    """
    wiring = Wiring(function)
    groups: dict[tuple[int, int], list[Node]] = {}
    for node in wiring.nodes:
        if not applies_activation(node.operation):
            continue
        # One activation layer may serve many kernels, which need a normalisation each.
        source = None if is_kernel(node.operation) else above(wiring, node)
        key = id(node.operation), 0 if source is None else id(source.operation)
        groups.setdefault(key, []).append(node)
    return [_site(nodes, wiring, is_at_end) for nodes in groups.values()]


def _site(nodes: list[Node], wiring: Wiring, is_at_end: bool) -> Site:
    site = Site(nodes, wiring)
    site.ends = [] if site.is_fused else _block_ends(wiring, nodes[0])
    starts = [] if site.is_fused else [*nodes, *_sum_above(wiring, nodes[0], site.ends)]
    for node in starts:
        site.norms_before.extend(_norms_above(wiring, node))
    for node in nodes:
        site.norms_behind.extend(u for u in wiring.users(node) if is_batch_norm(u.operation))
    site.refusal = _refusal(site, is_at_end)
    return site


def _norms_above(wiring: Wiring, node: Node) -> list[Node]:
    norms = []
    for source in wiring.sources(node):
        while source is not None and is_batch_norm(source.operation):
            norms.append(source)
            source = wiring.source(source)
    return norms


def _sum_above(wiring: Wiring, node: Node, ends: list[Node]) -> list[Node]:
    source = above(wiring, node)
    return [source] if ends and source is not None else []


def _block_ends(wiring: Wiring, node: Node) -> list[Node]:
    """The kernels at the ends of residual branches, for the activation behind their sum.

    None if the block is of the pre-activation kind, whose last sum is followed by a normalisation
    and an activation like any other layer.
    """
    source = above(wiring, node)
    if source is None or not _joins(wiring, source) or len(below(wiring, source)) != 1:
        return []
    parents = [_through_norms(wiring, parent) for parent in wiring.sources(source)]
    if any(_is_sum_before(wiring, parent) for parent in parents):
        return []
    return [p for p in parents if p is not None and is_lone_kernel(wiring, p)]


def _joins(wiring: Wiring, node: Node) -> bool:
    """Whether a node adds tensors; a layer of unknown kind that takes several is taken to do so."""
    kind = kind_of(node.operation)
    return kind == "add" or (kind == "custom" and len(wiring.sources(node)) > 1)


def _through_norms(wiring: Wiring, node: Node | None) -> Node | None:
    if node is not None and is_batch_norm(node.operation):
        return above(wiring, node)
    return node


def _is_sum_before(wiring: Wiring, node: Node | None) -> bool:
    """Whether a shortcut begins with a sum that no activation followed: a pre-activation block."""
    while node is not None and not mixes(node.operation):
        if kind_of(node.operation) == "activation":
            return False
        if kind_of(node.operation) == "add":
            return True
        node = wiring.source(node)
    # A shortcut may also begin with the stem's kernel, whose output the first branch uses too.
    if node is None or not is_kernel(node.operation) or applies_activation(node.operation):
        return False
    return len(below(wiring, node)) > 1


def _refusal(site: Site, is_at_end: bool) -> str:
    wiring = site.wiring
    if site.activation in _DISTRIBUTIONS:
        return f"{site.activation} makes a distribution"
    if is_at_end and any(_reaches_output(wiring, node) for node in site.nodes):
        return "it makes the model's output"
    users = site.users()
    if users and all(_is_gate(wiring, user) for user in users):
        return "it is a gate: its output multiplies another tensor"
    beside = [n for node in site.nodes for n in [*wiring.sources(node), *wiring.users(node)]]
    wrapper = next((n.operation.name for n in beside if n is not None and _wraps_norm(n)), "")
    return f"{wrapper} beside it has a Batch Normalization inside" if wrapper else ""


def _wraps_norm(node: Node) -> bool:
    operation = node.operation
    return isinstance(operation, Wrapper) and bool(batchnorms(operation))


def _is_gate(wiring: Wiring, user: Node) -> bool:
    function = getattr(user.operation, "function", None)
    name = getattr(function, "__name__", type(user.operation).__name__)
    if name in ("Reshape", "reshape", "expand_dims"):
        users = below(wiring, user)
        return bool(users) and all(_is_gate(wiring, u) for u in users)
    return name in ("Multiply", "multiply")


def _reaches_output(wiring: Wiring, start: Node) -> bool:
    """Whether a node's output gets to the model's without another kernel or activation."""
    seen: set[int] = set()
    stack = [start]
    while stack:
        node = stack.pop()
        if wiring.is_output(node):
            return True
        for user in wiring.users(node):
            stops = mixes(user.operation) or applies_activation(user.operation)
            if id(user) not in seen and not stops:
                seen.add(id(user))
                stack.append(user)
    return False


def walk(function: Function, is_at_end: bool, visit: Callable[[Function, bool], None]) -> None:
    """Calls `visit(graph, is_at_end)` for a graph and, once each, those of the models within."""
    found: dict[int, tuple[Function, bool]] = {}
    _collect(function, is_at_end, found)
    for graph, at_end in found.values():
        visit(graph, at_end)


def _collect(function: Function, is_at_end: bool, found: dict[int, tuple[Function, bool]]) -> None:
    known = found.get(id(function))
    found[id(function)] = function, is_at_end or (known is not None and known[1])
    wiring = Wiring(function)
    for node in wiring.nodes:
        graph = inner_graph(node.operation)
        if graph is not None:
            _collect(graph, is_at_end and _reaches_output(wiring, node), found)
