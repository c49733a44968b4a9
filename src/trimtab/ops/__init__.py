"""Keras 3's `ops`: functions of tensors, run at once on numbers and recorded in a trace.

Source: Keras 3 `keras.ops` for names, arguments and promotion.
"""

import numpy as _numpy

from trimtab.ir.protocols import FUNCTIONS as _FUNCTIONS
from trimtab.ir.tensor import OPERATORS as _OPERATORS
from trimtab.ops import image as image
from trimtab.ops import linalg as linalg
from trimtab.ops.activations import celu as celu
from trimtab.ops.activations import elu as elu
from trimtab.ops.activations import gelu as gelu
from trimtab.ops.activations import glu as glu
from trimtab.ops.activations import hard_shrink as hard_shrink
from trimtab.ops.activations import hard_sigmoid as hard_sigmoid
from trimtab.ops.activations import hard_silu as hard_silu
from trimtab.ops.activations import hard_swish as hard_swish
from trimtab.ops.activations import hard_tanh as hard_tanh
from trimtab.ops.activations import leaky_relu as leaky_relu
from trimtab.ops.activations import log_sigmoid as log_sigmoid
from trimtab.ops.activations import log_softmax as log_softmax
from trimtab.ops.activations import relu as relu
from trimtab.ops.activations import relu6 as relu6
from trimtab.ops.activations import selu as selu
from trimtab.ops.activations import sigmoid as sigmoid
from trimtab.ops.activations import silu as silu
from trimtab.ops.activations import soft_shrink as soft_shrink
from trimtab.ops.activations import softmax as softmax
from trimtab.ops.activations import softplus as softplus
from trimtab.ops.activations import softsign as softsign
from trimtab.ops.activations import sparse_plus as sparse_plus
from trimtab.ops.activations import sparse_sigmoid as sparse_sigmoid
from trimtab.ops.activations import sparsemax as sparsemax
from trimtab.ops.activations import squareplus as squareplus
from trimtab.ops.activations import swish as swish
from trimtab.ops.activations import tanh_shrink as tanh_shrink
from trimtab.ops.activations import threshold as threshold
from trimtab.ops.arithmetic import abs as abs
from trimtab.ops.arithmetic import absolute as absolute
from trimtab.ops.arithmetic import add as add
from trimtab.ops.arithmetic import ceil as ceil
from trimtab.ops.arithmetic import clip as clip
from trimtab.ops.arithmetic import divide as divide
from trimtab.ops.arithmetic import divide_no_nan as divide_no_nan
from trimtab.ops.arithmetic import fabs as fabs
from trimtab.ops.arithmetic import floor as floor
from trimtab.ops.arithmetic import floor_divide as floor_divide
from trimtab.ops.arithmetic import fmax as fmax
from trimtab.ops.arithmetic import fmin as fmin
from trimtab.ops.arithmetic import fmod as fmod
from trimtab.ops.arithmetic import heaviside as heaviside
from trimtab.ops.arithmetic import maximum as maximum
from trimtab.ops.arithmetic import minimum as minimum
from trimtab.ops.arithmetic import mod as mod
from trimtab.ops.arithmetic import multiply as multiply
from trimtab.ops.arithmetic import nan_to_num as nan_to_num
from trimtab.ops.arithmetic import negative as negative
from trimtab.ops.arithmetic import power as power
from trimtab.ops.arithmetic import real as real
from trimtab.ops.arithmetic import reciprocal as reciprocal
from trimtab.ops.arithmetic import round as round
from trimtab.ops.arithmetic import rsqrt as rsqrt
from trimtab.ops.arithmetic import sign as sign
from trimtab.ops.arithmetic import sqrt as sqrt
from trimtab.ops.arithmetic import square as square
from trimtab.ops.arithmetic import subtract as subtract
from trimtab.ops.arithmetic import true_divide as true_divide
from trimtab.ops.arithmetic import trunc as trunc
from trimtab.ops.bits import ldexp as ldexp
from trimtab.ops.bits import nextafter as nextafter
from trimtab.ops.bits import signbit as signbit
from trimtab.ops.bits import view as view
from trimtab.ops.classes import binary_crossentropy as binary_crossentropy
from trimtab.ops.classes import categorical_crossentropy as categorical_crossentropy
from trimtab.ops.classes import multi_hot as multi_hot
from trimtab.ops.classes import one_hot as one_hot
from trimtab.ops.classes import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from trimtab.ops.control_flow import cond as cond
from trimtab.ops.control_flow import fori_loop as fori_loop
from trimtab.ops.control_flow import map as map
from trimtab.ops.control_flow import scan as scan
from trimtab.ops.control_flow import switch as switch
from trimtab.ops.control_flow import vectorized_map as vectorized_map
from trimtab.ops.control_flow import while_loop as while_loop
from trimtab.ops.convolution import conv as conv
from trimtab.ops.convolution import conv_transpose as conv_transpose
from trimtab.ops.convolution import depthwise_conv as depthwise_conv
from trimtab.ops.convolution import separable_conv as separable_conv
from trimtab.ops.core import array as array
from trimtab.ops.core import cast as cast
from trimtab.ops.core import convert_to_numpy as convert_to_numpy
from trimtab.ops.core import convert_to_tensor as convert_to_tensor
from trimtab.ops.core import copy as copy
from trimtab.ops.core import custom_gradient as custom_gradient
from trimtab.ops.core import dtype as dtype
from trimtab.ops.core import is_tensor as is_tensor
from trimtab.ops.core import ndim as ndim
from trimtab.ops.core import saturate_cast as saturate_cast
from trimtab.ops.core import shape as shape
from trimtab.ops.core import size as size
from trimtab.ops.core import stop_gradient as stop_gradient
from trimtab.ops.counting import bincount as bincount
from trimtab.ops.counting import histogram as histogram
from trimtab.ops.counting import isin as isin
from trimtab.ops.counting import unique as unique
from trimtab.ops.creation import arange as arange
from trimtab.ops.creation import empty as empty
from trimtab.ops.creation import empty_like as empty_like
from trimtab.ops.creation import eye as eye
from trimtab.ops.creation import full as full
from trimtab.ops.creation import full_like as full_like
from trimtab.ops.creation import geomspace as geomspace
from trimtab.ops.creation import identity as identity
from trimtab.ops.creation import linspace as linspace
from trimtab.ops.creation import logspace as logspace
from trimtab.ops.creation import ones as ones
from trimtab.ops.creation import ones_like as ones_like
from trimtab.ops.creation import tri as tri
from trimtab.ops.creation import vander as vander
from trimtab.ops.creation import zeros as zeros
from trimtab.ops.creation import zeros_like as zeros_like
from trimtab.ops.divisors import gcd as gcd
from trimtab.ops.divisors import lcm as lcm
from trimtab.ops.einstein import einsum as einsum
from trimtab.ops.factorization import cholesky as cholesky
from trimtab.ops.factorization import cholesky_inverse as cholesky_inverse
from trimtab.ops.factorization import det as det
from trimtab.ops.factorization import eigh as eigh
from trimtab.ops.factorization import inv as inv
from trimtab.ops.factorization import logdet as logdet
from trimtab.ops.factorization import lstsq as lstsq
from trimtab.ops.factorization import lu_factor as lu_factor
from trimtab.ops.factorization import matrix_rank as matrix_rank
from trimtab.ops.factorization import pinv as pinv
from trimtab.ops.factorization import qr as qr
from trimtab.ops.factorization import slogdet as slogdet
from trimtab.ops.factorization import solve as solve
from trimtab.ops.factorization import solve_triangular as solve_triangular
from trimtab.ops.factorization import svd as svd
from trimtab.ops.indexing import slice as slice
from trimtab.ops.indexing import slice_update as slice_update
from trimtab.ops.indexing import take as take
from trimtab.ops.indexing import take_along_axis as take_along_axis
from trimtab.ops.indexing import unravel_index as unravel_index
from trimtab.ops.layout import append as append
from trimtab.ops.layout import array_split as array_split
from trimtab.ops.layout import broadcast_to as broadcast_to
from trimtab.ops.layout import concatenate as concatenate
from trimtab.ops.layout import dsplit as dsplit
from trimtab.ops.layout import dstack as dstack
from trimtab.ops.layout import expand_dims as expand_dims
from trimtab.ops.layout import flip as flip
from trimtab.ops.layout import fliplr as fliplr
from trimtab.ops.layout import flipud as flipud
from trimtab.ops.layout import hsplit as hsplit
from trimtab.ops.layout import hstack as hstack
from trimtab.ops.layout import meshgrid as meshgrid
from trimtab.ops.layout import moveaxis as moveaxis
from trimtab.ops.layout import ravel as ravel
from trimtab.ops.layout import reshape as reshape
from trimtab.ops.layout import rot90 as rot90
from trimtab.ops.layout import split as split
from trimtab.ops.layout import squeeze as squeeze
from trimtab.ops.layout import stack as stack
from trimtab.ops.layout import swapaxes as swapaxes
from trimtab.ops.layout import transpose as transpose
from trimtab.ops.layout import unstack as unstack
from trimtab.ops.layout import vsplit as vsplit
from trimtab.ops.layout import vstack as vstack
from trimtab.ops.linear_algebra import cdist as cdist
from trimtab.ops.linear_algebra import cross as cross
from trimtab.ops.linear_algebra import dot as dot
from trimtab.ops.linear_algebra import inner as inner
from trimtab.ops.linear_algebra import kron as kron
from trimtab.ops.linear_algebra import matmul as matmul
from trimtab.ops.linear_algebra import norm as norm
from trimtab.ops.linear_algebra import outer as outer
from trimtab.ops.linear_algebra import tensordot as tensordot
from trimtab.ops.linear_algebra import vdot as vdot
from trimtab.ops.logic import allclose as allclose
from trimtab.ops.logic import bitwise_and as bitwise_and
from trimtab.ops.logic import bitwise_invert as bitwise_invert
from trimtab.ops.logic import bitwise_left_shift as bitwise_left_shift
from trimtab.ops.logic import bitwise_not as bitwise_not
from trimtab.ops.logic import bitwise_or as bitwise_or
from trimtab.ops.logic import bitwise_right_shift as bitwise_right_shift
from trimtab.ops.logic import bitwise_xor as bitwise_xor
from trimtab.ops.logic import equal as equal
from trimtab.ops.logic import greater as greater
from trimtab.ops.logic import greater_equal as greater_equal
from trimtab.ops.logic import isclose as isclose
from trimtab.ops.logic import isfinite as isfinite
from trimtab.ops.logic import isinf as isinf
from trimtab.ops.logic import isnan as isnan
from trimtab.ops.logic import isneginf as isneginf
from trimtab.ops.logic import isposinf as isposinf
from trimtab.ops.logic import isreal as isreal
from trimtab.ops.logic import left_shift as left_shift
from trimtab.ops.logic import less as less
from trimtab.ops.logic import less_equal as less_equal
from trimtab.ops.logic import logical_and as logical_and
from trimtab.ops.logic import logical_not as logical_not
from trimtab.ops.logic import logical_or as logical_or
from trimtab.ops.logic import logical_xor as logical_xor
from trimtab.ops.logic import nonzero as nonzero
from trimtab.ops.logic import not_equal as not_equal
from trimtab.ops.logic import right_shift as right_shift
from trimtab.ops.logic import select as select
from trimtab.ops.logic import where as where
from trimtab.ops.nan_reductions import nanargmax as nanargmax
from trimtab.ops.nan_reductions import nanargmin as nanargmin
from trimtab.ops.nan_reductions import nancumprod as nancumprod
from trimtab.ops.nan_reductions import nancumsum as nancumsum
from trimtab.ops.nan_reductions import nanmax as nanmax
from trimtab.ops.nan_reductions import nanmean as nanmean
from trimtab.ops.nan_reductions import nanmin as nanmin
from trimtab.ops.nan_reductions import nanprod as nanprod
from trimtab.ops.nan_reductions import nanstd as nanstd
from trimtab.ops.nan_reductions import nansum as nansum
from trimtab.ops.nan_reductions import nanvar as nanvar
from trimtab.ops.normalization import batch_normalization as batch_normalization
from trimtab.ops.normalization import layer_normalization as layer_normalization
from trimtab.ops.normalization import moments as moments
from trimtab.ops.normalization import normalize as normalize
from trimtab.ops.normalization import rms_normalization as rms_normalization
from trimtab.ops.patches import fold as fold
from trimtab.ops.patches import unfold as unfold
from trimtab.ops.pooling import adaptive_average_pool as adaptive_average_pool
from trimtab.ops.pooling import adaptive_max_pool as adaptive_max_pool
from trimtab.ops.pooling import average_pool as average_pool
from trimtab.ops.pooling import max_pool as max_pool
from trimtab.ops.rearranging import rearrange as rearrange
from trimtab.ops.reductions import all as all
from trimtab.ops.reductions import amax as amax
from trimtab.ops.reductions import amin as amin
from trimtab.ops.reductions import any as any
from trimtab.ops.reductions import argmax as argmax
from trimtab.ops.reductions import argmin as argmin
from trimtab.ops.reductions import average as average
from trimtab.ops.reductions import count_nonzero as count_nonzero
from trimtab.ops.reductions import cumprod as cumprod
from trimtab.ops.reductions import cumsum as cumsum
from trimtab.ops.reductions import diff as diff
from trimtab.ops.reductions import logsumexp as logsumexp
from trimtab.ops.reductions import max as max
from trimtab.ops.reductions import mean as mean
from trimtab.ops.reductions import min as min
from trimtab.ops.reductions import prod as prod
from trimtab.ops.reductions import ptp as ptp
from trimtab.ops.reductions import std as std
from trimtab.ops.reductions import sum as sum
from trimtab.ops.reductions import var as var
from trimtab.ops.repetition import depth_to_space as depth_to_space
from trimtab.ops.repetition import diag as diag
from trimtab.ops.repetition import diagflat as diagflat
from trimtab.ops.repetition import diagonal as diagonal
from trimtab.ops.repetition import pad as pad
from trimtab.ops.repetition import repeat as repeat
from trimtab.ops.repetition import roll as roll
from trimtab.ops.repetition import space_to_depth as space_to_depth
from trimtab.ops.repetition import tile as tile
from trimtab.ops.repetition import trace as trace
from trimtab.ops.repetition import tril as tril
from trimtab.ops.repetition import triu as triu
from trimtab.ops.scattering import scatter as scatter
from trimtab.ops.scattering import scatter_update as scatter_update
from trimtab.ops.scattering import segment_max as segment_max
from trimtab.ops.scattering import segment_min as segment_min
from trimtab.ops.scattering import segment_prod as segment_prod
from trimtab.ops.scattering import segment_sum as segment_sum
from trimtab.ops.sorting import argpartition as argpartition
from trimtab.ops.sorting import argsort as argsort
from trimtab.ops.sorting import digitize as digitize
from trimtab.ops.sorting import in_top_k as in_top_k
from trimtab.ops.sorting import median as median
from trimtab.ops.sorting import nanmedian as nanmedian
from trimtab.ops.sorting import nanpercentile as nanpercentile
from trimtab.ops.sorting import nanquantile as nanquantile
from trimtab.ops.sorting import percentile as percentile
from trimtab.ops.sorting import quantile as quantile
from trimtab.ops.sorting import searchsorted as searchsorted
from trimtab.ops.sorting import sort as sort
from trimtab.ops.sorting import top_k as top_k
from trimtab.ops.special import bartlett as bartlett
from trimtab.ops.special import blackman as blackman
from trimtab.ops.special import erfc as erfc
from trimtab.ops.special import hamming as hamming
from trimtab.ops.special import hanning as hanning
from trimtab.ops.special import i0 as i0
from trimtab.ops.special import kaiser as kaiser
from trimtab.ops.statistics import corrcoef as corrcoef
from trimtab.ops.statistics import correlate as correlate
from trimtab.ops.statistics import psnr as psnr
from trimtab.ops.statistics import trapezoid as trapezoid
from trimtab.ops.subscript import get_item as get_item
from trimtab.ops.transcendental import arccos as arccos
from trimtab.ops.transcendental import arccosh as arccosh
from trimtab.ops.transcendental import arcsin as arcsin
from trimtab.ops.transcendental import arcsinh as arcsinh
from trimtab.ops.transcendental import arctan as arctan
from trimtab.ops.transcendental import arctan2 as arctan2
from trimtab.ops.transcendental import arctanh as arctanh
from trimtab.ops.transcendental import cbrt as cbrt
from trimtab.ops.transcendental import cos as cos
from trimtab.ops.transcendental import cosh as cosh
from trimtab.ops.transcendental import deg2rad as deg2rad
from trimtab.ops.transcendental import erf as erf
from trimtab.ops.transcendental import erfinv as erfinv
from trimtab.ops.transcendental import exp as exp
from trimtab.ops.transcendental import exp2 as exp2
from trimtab.ops.transcendental import expm1 as expm1
from trimtab.ops.transcendental import hypot as hypot
from trimtab.ops.transcendental import log as log
from trimtab.ops.transcendental import log1p as log1p
from trimtab.ops.transcendental import log2 as log2
from trimtab.ops.transcendental import log10 as log10
from trimtab.ops.transcendental import logaddexp as logaddexp
from trimtab.ops.transcendental import logaddexp2 as logaddexp2
from trimtab.ops.transcendental import rad2deg as rad2deg
from trimtab.ops.transcendental import sin as sin
from trimtab.ops.transcendental import sinc as sinc
from trimtab.ops.transcendental import sinh as sinh
from trimtab.ops.transcendental import tan as tan
from trimtab.ops.transcendental import tanh as tanh
from trimtab.ops.vectorizing import vectorize as vectorize

# Python's operators on tensors.
_OPERATORS.update(
    getitem=get_item,
    abs=abs,
    add=add,
    bitwise_and=bitwise_and,
    bitwise_not=bitwise_not,
    bitwise_or=bitwise_or,
    bitwise_xor=bitwise_xor,
    cast=cast,
    divide=divide,
    equal=equal,
    floor_divide=floor_divide,
    greater=greater,
    greater_equal=greater_equal,
    left_shift=left_shift,
    less=less,
    less_equal=less_equal,
    logical_and=logical_and,
    logical_not=logical_not,
    logical_or=logical_or,
    logical_xor=logical_xor,
    matmul=matmul,
    mod=mod,
    multiply=multiply,
    negative=negative,
    not_equal=not_equal,
    power=power,
    reshape=reshape,
    round=round,
    right_shift=right_shift,
    squeeze=squeeze,
    subtract=subtract,
    transpose=transpose,
)

# The functions imported above: modules of this package are no part of Keras's names.
__all__ = sorted(name for name, value in globals().items() if callable(value) and name[0] != "_")


def __dir__() -> list[str]:
    return __all__


# NumPy's functions on traced tensors.
_FUNCTIONS.update(
    (name, function)
    for name, function in list(globals().items())
    if callable(function) and hasattr(_numpy, name)
)
