"""Graph to graph: local rules that keep a graph's meaning and make it smaller."""

from trimtab.passes.fold_scales import fold_scales as fold_scales
from trimtab.passes.narrow_bfloat16 import half_of as half_of
from trimtab.passes.narrow_bfloat16 import narrow_bfloat16 as narrow_bfloat16
from trimtab.passes.pipeline import optimize as optimize
from trimtab.passes.widen_bfloat16 import widen_bfloat16 as widen_bfloat16
