"""The passes in their order, all in one walk; more of them for networks with channels first."""

from __future__ import annotations

from trimtab.ir.graph import Graph
from trimtab.passes.fold_constants import fold_constants
from trimtab.passes.read_relu import read_relu
from trimtab.passes.rewrite import Rule, rewrite
from trimtab.passes.share_common import share_common
from trimtab.passes.simplify import simplify
from trimtab.passes.sink_transposes import (
    has_channel_moves,
    sink_transposes,
    transposed_broadcast,
)


def optimize(graph: Graph) -> Graph:
    """The graph after identities, constant folding and sharing of common subexpressions.

    Where channels are moved, the moves are sunk until they cancel, and the rest is done again.
    """
    optimized = rewrite(graph, _rules())
    if not has_channel_moves(optimized):
        return optimized
    sunk = rewrite(optimized, [simplify, transposed_broadcast, sink_transposes])
    return rewrite(sunk, _rules())


def _rules() -> list[Rule]:
    """The rules of one walk, of which some remember what they have seen."""
    return [simplify, fold_constants, read_relu(), share_common()]
