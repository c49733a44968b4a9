"""Keras 3's API on its own fast CPU engine, with Batch Normalization first."""

from typing import TYPE_CHECKING, Any

from trimtab import activations as activations
from trimtab import backend as backend
from trimtab import callbacks as callbacks
from trimtab import config as config
from trimtab import constraints as constraints
from trimtab import dtype_policies as dtype_policies
from trimtab import initializers as initializers
from trimtab import layers as layers
from trimtab import losses as losses
from trimtab import metrics as metrics
from trimtab import mixed_precision as mixed_precision
from trimtab import models as models
from trimtab import ops as ops
from trimtab import optimizers as optimizers
from trimtab import preprocessing as preprocessing
from trimtab import random as random
from trimtab import regularizers as regularizers
from trimtab import saving as saving
from trimtab import tree as tree
from trimtab import utils as utils
from trimtab.backend import device as device
from trimtab.config import show_config as show_config
from trimtab.core.dtype_policy import DTypePolicy as DTypePolicy
from trimtab.core.function import Function as Function
from trimtab.core.naming import name_scope as name_scope
from trimtab.core.operation import Operation as Operation
from trimtab.core.stateless import StatelessScope as StatelessScope
from trimtab.core.variable import Variable as Variable
from trimtab.initializers import Initializer as Initializer
from trimtab.ir.tensor import KerasTensor as KerasTensor
from trimtab.layers import Input as Input
from trimtab.layers import InputSpec as InputSpec
from trimtab.layers import Layer as Layer
from trimtab.lazy import lazy_module
from trimtab.losses import Loss as Loss
from trimtab.metrics import Metric as Metric
from trimtab.models import Model as Model
from trimtab.models import Sequential as Sequential
from trimtab.optimizers import Optimizer as Optimizer
from trimtab.regularizers import Regularizer as Regularizer
from trimtab.training.batch_norm_checks import CHECKS
from trimtab.version import __version__ as __version__
from trimtab.version import version as version

if TYPE_CHECKING:
    from trimtab import applications as applications
    from trimtab import batchnorm as batchnorm
    from trimtab import datasets as datasets
else:
    # Large, and needed by few scripts: imported when first used.
    applications = lazy_module("trimtab.applications")
    batchnorm = lazy_module("trimtab.batchnorm")
    datasets = lazy_module("trimtab.datasets")


def _batch_norm_checks(*args: Any, **kwargs: Any) -> list[str]:
    return batchnorm.fit_checks.lines(*args, **kwargs)


CHECKS.append(_batch_norm_checks)
