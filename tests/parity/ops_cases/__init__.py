"""Calls of every op, to be compared with real Keras."""

from ops_cases import elements
from ops_cases import indices
from ops_cases import layout
from ops_cases import networks
from ops_cases import reductions
from ops_cases import structure

CASES = {
    **elements.CASES,
    **reductions.CASES,
    **layout.CASES,
    **indices.CASES,
    **networks.CASES,
    **structure.CASES,
}
