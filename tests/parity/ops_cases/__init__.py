"""Calls of every op, to be compared with real Keras."""

from ops_cases import (
    elements,
    factorizations,
    images,
    indices,
    layout,
    less_used,
    networks,
    reductions,
    structure,
    windows,
)

CASES = {
    **elements.CASES,
    **reductions.CASES,
    **layout.CASES,
    **indices.CASES,
    **networks.CASES,
    **structure.CASES,
    **windows.CASES,
    **images.CASES,
    **factorizations.CASES,
    **less_used.CASES,
}
