"""The passes in their order, all in one walk."""

from __future__ import annotations

from trimtab.ir.graph import Graph
from trimtab.passes.fold_constants import fold_constants
from trimtab.passes.read_relu import read_relu
from trimtab.passes.rewrite import rewrite
from trimtab.passes.share_common import share_common
from trimtab.passes.simplify import simplify


def optimize(graph: Graph) -> Graph:
    """The graph after identities, constant folding and sharing of common subexpressions."""
    return rewrite(graph, [simplify, fold_constants, read_relu(), share_common()])
