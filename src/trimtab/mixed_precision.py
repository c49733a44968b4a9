"""Computing in float16 with variables in float32, under Keras's old names."""

from trimtab.core.dtype_policy import DTypePolicy as DTypePolicy
from trimtab.core.dtype_policy import DTypePolicy as Policy
from trimtab.core.dtype_policy import dtype_policy as dtype_policy
from trimtab.core.dtype_policy import dtype_policy as global_policy
from trimtab.core.dtype_policy import set_dtype_policy as set_dtype_policy
from trimtab.core.dtype_policy import set_dtype_policy as set_global_policy
from trimtab.optimizers import LossScaleOptimizer as LossScaleOptimizer

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
