"""Graph to graph: local rules that keep a graph's meaning and make it smaller."""

from trimtab.passes.fold_scales import fold_scales as fold_scales
from trimtab.passes.pipeline import optimize as optimize
