"""Units of work in order: elementwise chains in groups, everything else one node each."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.engines.cpu.fusion import Fusion
from trimtab.engines.cpu.values import has_kernel_types, is_direct, operand, root
from trimtab.ir.graph import Graph, Node, Value, is_leaf

# Longest elementwise program of unrelated chains, and of one chain: temporaries must stay in the
# first-level cache.
_LONGEST = 48
_LONGEST_CHAIN = 96
# Elements up to which unrelated chains of one shape share a program, to save the steps' fixed cost.
_SMALL = 8192

_TRANSPARENT = frozenset({"reshape", "stop_gradient", "broadcast_to"})


class Unit:
    """What becomes one step: a group of elementwise nodes, a fusion, or one other node."""

    __slots__ = ("fusion", "is_elementwise", "level", "nodes", "order")

    def __init__(self, nodes: list[Node], level: int, order: int, is_elementwise: bool) -> None:
        self.nodes = nodes
        self.level = level
        self.order = order
        self.is_elementwise = is_elementwise
        self.fusion: Fusion | None = None


class Grouping:
    """Levels and groups of one graph's nodes.

    The level of a node is the length of the longest path to it, where steps inside a chain of
    elementwise
    nodes of one shape count nothing. Nodes of one shape and one level can then run together:
    whatever lies
    between two of them outside the group would have a level of its own between theirs.
    """

    def __init__(self, graph: Graph, order: Sequence[Node], fusions: Sequence[Fusion]) -> None:
        # A fusion stands in the order where its last node does.
        self._fusions = {id(fusion.nodes[-1]): fusion for fusion in fusions}
        self._last = {id(node): fusion.nodes[-1] for fusion in fusions for node in fusion.nodes}
        self._order = self._ordered(graph, order)
        self._fusable = {
            id(n)
            for n in self._order
            if n.primitive.is_elementwise and id(n) not in self._fusions and has_kernel_types(n)
        }
        self._level: dict[int, int] = {}
        self._results = {id(root(v).node) for v in graph.results}
        self._assign_levels()
        self._note_consumers()
        self._sink()
        self._sink_chains()

    def _ordered(self, graph: Graph, order: Sequence[Node]) -> list[Node]:
        """The nodes that are computed, each after what it reads; of a fusion its last one."""
        if not self._fusions:
            return [n for n in order if not is_leaf(n) and n.primitive.name not in _TRANSPARENT]
        found: list[Node] = []
        done: set[int] = set()
        stack = [(self._producer(v), False) for v in reversed(graph.results)]
        while stack:
            node, is_expanded = stack.pop()
            if is_expanded:
                found.append(node)
            elif id(node) not in done:
                done.add(id(node))
                if is_leaf(node):
                    continue
                stack.append((node, True))
                stack += [(self._producer(v), False) for v in reversed(self._inputs_of(node))]
        return found

    def _inputs_of(self, node: Node) -> Sequence[Value]:
        fusion = self._fusions.get(id(node))
        return node.inputs if fusion is None else fusion.reads

    def _producer(self, value: Value) -> Node:
        node = value.node
        while node.primitive.name in _TRANSPARENT:
            node = node.inputs[0].node
        return self._last.get(id(node), node)

    def _edges(self, node: Node) -> list[tuple[Node, bool]]:
        """(producer, whether it may share the node's group) for each input that is computed."""
        edges = []
        fusable = id(node) in self._fusable
        for value in self._inputs_of(node):
            producer = self._producer(value)
            if is_leaf(producer):
                continue
            together = (
                fusable
                and id(producer) in self._fusable
                and is_direct(value)
                and producer.outputs[0].shape == node.outputs[0].shape
            )
            edges.append((producer, together))
        return edges

    def _assign_levels(self) -> None:
        self._inputs = {id(node): self._edges(node) for node in self._order}
        for node in self._order:
            level = 0
            for producer, together in self._inputs[id(node)]:
                level = max(level, self._level[id(producer)] + (not together))
            self._level[id(node)] = level

    def _note_consumers(self) -> None:
        self._consumers: dict[int, list[tuple[Node, bool]]] = {}
        for node in self._order:
            for producer, together in self._inputs[id(node)]:
                self._consumers.setdefault(id(producer), []).append((node, together))

    def _sink(self) -> None:
        """Moves nodes that only later groups of their shape read into those groups.

        Less is kept in memory.
        """
        for node in reversed(self._order):
            readers = self._consumers.get(id(node))
            if id(node) not in self._fusable or id(node) in self._results or not readers:
                continue
            if not all(together for _, together in readers):
                continue
            # With one operand, the value replaced in memory is never larger than the one it needs.
            if len({id(p) for p, _ in self._inputs[id(node)]}) <= 1:
                self._level[id(node)] = min(self._level[id(reader)] for reader, _ in readers)

    def _sink_chains(self) -> None:
        """Moves chains that only later chains of their shape read to those, the last chains first.

        So what an optimizer does to a weight is one pass over it, though some of it could start
        before the numbers are known that the rest waits for.
        """
        by_level: dict[tuple[int, tuple[int, ...]], list[tuple[int, Node]]] = {}
        for position, node in enumerate(self._order):
            if id(node) in self._fusable:
                key = (self._level[id(node)], node.outputs[0].shape)
                by_level.setdefault(key, []).append((position, node))
        for key in sorted(by_level, key=lambda key: -key[0]):
            for chain in _components(by_level[key]):
                self._sink_chain([node for _, node in chain])

    def _sink_chain(self, chain: Sequence[Node]) -> None:
        inside = {id(node) for node in chain}
        levels: list[int] = []
        read: set[int] = set()
        kept = 0
        for node in chain:
            outer = [c for c in self._consumers.get(id(node), ()) if id(c[0]) not in inside]
            if not all(together for _, together in outer):
                return
            levels += [self._level[id(reader)] for reader, _ in outer]
            kept += bool(outer) or id(node) in self._results
            read |= {id(p) for p, _ in self._inputs[id(node)] if id(p) not in inside}
        # What it reads is kept for longer: no more than what needs no memory between any more.
        if levels and len(read) <= kept:
            for node in chain:
                self._level[id(node)] = min(levels)

    def units(self) -> list[Unit]:
        """The units in an order in which each comes after what it reads."""
        groups: dict[tuple[int, tuple[int, ...]], list[tuple[int, Node]]] = {}
        units: list[Unit] = []
        for position, node in enumerate(self._order):
            level = self._level[id(node)]
            if id(node) in self._fusable:
                groups.setdefault((level, node.outputs[0].shape), []).append((position, node))
                continue
            unit = Unit([node], level, position, False)
            unit.fusion = self._fusions.get(id(node))
            units.append(unit)
        for (level, shape), members in groups.items():
            size = 1
            for dim in shape:
                size *= dim
            chains = _components(members)
            for part in _packed(chains) if size <= _SMALL else chains:
                for start in range(0, len(part), _LONGEST_CHAIN):
                    chunk = part[start : start + _LONGEST_CHAIN]
                    units.append(Unit([n for _, n in chunk], level, chunk[0][0], True))
        units.sort(key=lambda unit: (unit.level, unit.order))
        return units


def _components(members: list[tuple[int, Node]]) -> list[list[tuple[int, Node]]]:
    """The members split into chains that share no value of their shape."""
    parent: dict[int, int] = {}

    def find(key: int) -> int:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for _, node in members:
        parent[id(node)] = id(node)
    first_reader: dict[int, int] = {}
    for _, node in members:
        for value in node.inputs:
            if id(value.node) in parent:
                parent[find(id(value.node))] = find(id(node))
            elif is_direct(value) and operand(value).value is not None:
                # One pass reads it once.
                reader = first_reader.setdefault(id(value), id(node))
                parent[find(reader)] = find(id(node))
    parts: dict[int, list[tuple[int, Node]]] = {}
    for position, node in members:
        parts.setdefault(find(id(node)), []).append((position, node))
    return list(parts.values())


def _packed(chains: list[list[tuple[int, Node]]]) -> list[list[tuple[int, Node]]]:
    """Whole chains together, up to the length of a program."""
    parts: list[list[tuple[int, Node]]] = []
    for chain in chains:
        if parts and len(parts[-1]) + len(chain) <= _LONGEST:
            parts[-1] += chain
        else:
            parts.append(list(chain))
    return [sorted(part, key=lambda member: member[0]) for part in parts]
