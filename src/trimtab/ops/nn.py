"""Neural-network ops under Keras's names: activations, normalization, one-hot."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops import numpy as knp
from trimtab.ops.dispatch import FLOATX, canonical_axes, canonical_axis, convert, expand, op
from trimtab.primitives import elementwise, fused
from trimtab.primitives.source import filled_like


def _float(x: Any) -> Tensor:
    tensor = convert(x)
    return tensor if dtypes.is_float(tensor.dtype) else convert(tensor, FLOATX[0])


@op
def relu(x: Any) -> Tensor:
    """max(x, 0), with slope 0 at 0 and NaN kept."""
    tensor = convert(x)
    return elementwise.maximum(tensor, filled_like(tensor, 0), ties="second")  # type: ignore[no-any-return]


@op
def relu6(x: Any) -> Tensor:
    """min(max(x, 0), 6), with slope 0 at both ends."""
    tensor = relu(x)
    return elementwise.minimum(tensor, filled_like(tensor, 6), ties="second")  # type: ignore[no-any-return]


@op
def sigmoid(x: Any) -> Tensor:
    """1 / (1 + exp(-x))."""
    return elementwise.sigmoid(_float(x))  # type: ignore[no-any-return]


@op
def tanh(x: Any) -> Tensor:
    """Hyperbolic tangent."""
    return elementwise.tanh(_float(x))  # type: ignore[no-any-return]


@op
def softplus(x: Any) -> Tensor:
    """log(1 + exp(x)), without overflow."""
    tensor = _float(x)
    return knp.add(relu(tensor), knp.log1p(knp.exp(knp.negative(knp.abs(tensor)))))  # type: ignore[no-any-return]


@op
def softsign(x: Any) -> Tensor:
    """x / (1 + |x|)."""
    tensor = _float(x)
    return knp.divide(tensor, knp.add(knp.abs(tensor), 1.0))  # type: ignore[no-any-return]


@op
def silu(x: Any) -> Tensor:
    """x * sigmoid(x), also called swish."""
    tensor = _float(x)
    return knp.multiply(tensor, sigmoid(tensor))  # type: ignore[no-any-return]


swish = silu


@op
def log_sigmoid(x: Any) -> Tensor:
    """log(sigmoid(x)), without overflow."""
    return knp.negative(softplus(knp.negative(_float(x))))  # type: ignore[no-any-return]


@op
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Tensor:
    """x where positive, negative_slope * x elsewhere."""
    tensor = _float(x)
    return knp.where(knp.greater(tensor, 0), tensor, knp.multiply(tensor, negative_slope))  # type: ignore[no-any-return]


@op
def hard_sigmoid(x: Any) -> Tensor:
    """relu6(x + 3) / 6."""
    return knp.multiply(relu6(knp.add(_float(x), 3.0)), 1.0 / 6.0)  # type: ignore[no-any-return]


@op
def hard_silu(x: Any) -> Tensor:
    """x * hard_sigmoid(x), also called hard_swish."""
    return knp.multiply(_float(x), hard_sigmoid(x))  # type: ignore[no-any-return]


hard_swish = hard_silu


@op
def hard_tanh(x: Any) -> Tensor:
    """x moved into [-1, 1]."""
    return knp.clip(_float(x), -1.0, 1.0)


@op
def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where positive, alpha * (exp(x) - 1) elsewhere."""
    tensor = _float(x)
    # The exponent's operand is cut at 0 so that the branch not taken cannot overflow into the gradient.
    below = knp.multiply(knp.expm1(knp.minimum(tensor, 0.0)), alpha)
    return knp.where(knp.greater(tensor, 0), tensor, below)  # type: ignore[no-any-return]


@op
def selu(x: Any) -> Tensor:
    """Scaled elu whose fixed point has mean 0 and variance 1 (Klambauer et al. 2017)."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return knp.multiply(elu(x, alpha), scale)  # type: ignore[no-any-return]


@op
def celu(x: Any, alpha: float = 1.0) -> Tensor:
    """max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))."""
    tensor = _float(x)
    below = knp.multiply(knp.expm1(knp.divide(knp.minimum(tensor, 0.0), alpha)), alpha)
    return knp.add(relu(tensor), below)  # type: ignore[no-any-return]


@op
def gelu(x: Any, approximate: bool = True) -> Tensor:
    """x times the normal distribution function of x; by tanh if `approximate`, else by erf."""
    tensor = _float(x)
    if approximate:
        inner = knp.multiply(knp.add(tensor, knp.multiply(knp.power(tensor, 3.0), 0.044715)), math.sqrt(2 / math.pi))
        return knp.multiply(knp.multiply(tensor, 0.5), knp.add(tanh(inner), 1.0))  # type: ignore[no-any-return]
    distribution = knp.multiply(knp.add(erf(knp.multiply(tensor, math.sqrt(0.5))), 1.0), 0.5)
    return knp.multiply(tensor, distribution)  # type: ignore[no-any-return]


@op
def erf(x: Any) -> Tensor:
    """The error function."""
    return elementwise.erf(_float(x))  # type: ignore[no-any-return]


@op
def erfinv(x: Any) -> Tensor:
    """The inverse of the error function."""
    return elementwise.erf_inv(_float(x))  # type: ignore[no-any-return]


def _softmax(x: Any, axis: Any, is_log: bool, name: str) -> Tensor:
    tensor = _float(x)
    if axis is None or isinstance(axis, (tuple, list)):
        axes = canonical_axes(axis, tensor.ndim, name)
        rest = tuple(i for i in range(tensor.ndim) if i not in axes)
        order = (*rest, *axes)
        moved = knp.transpose(tensor, order)
        flat = knp.reshape(moved, (*(tensor.shape[i] for i in rest), -1))
        result = fused.softmax(flat, axis=flat.ndim - 1, is_log=is_log)
        return knp.transpose(knp.reshape(result, moved.shape), tuple(int(i) for i in np.argsort(order)))
    return fused.softmax(tensor, axis=canonical_axis(axis, tensor.ndim, name), is_log=is_log)  # type: ignore[no-any-return]


@op
def softmax(x: Any, axis: Any = -1) -> Tensor:
    """exp(x) divided by its sum over `axis` (all axes if None), without overflow."""
    return _softmax(x, axis, False, "softmax")


@op
def log_softmax(x: Any, axis: Any = -1) -> Tensor:
    """log(softmax(x)), without overflow or underflow."""
    return _softmax(x, axis, True, "log_softmax")


@op
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """A new axis of size `num_classes` with 1 at the class, 0 elsewhere; all 0 for a class out of range.

    Raises:
        ValueError: If `sparse` is True: there are no sparse tensors.
    """
    if sparse:
        raise ValueError("one_hot: sparse tensors are not supported; got sparse=True")
    tensor = convert(x)
    if tensor.dtype not in ("int32", "int64"):
        tensor = convert(tensor, "int32")
    position = canonical_axis(axis, tensor.ndim + 1, "one_hot")
    shape = tuple(num_classes if i == position else 1 for i in range(tensor.ndim + 1))
    classes = Array(np.arange(num_classes, dtype=tensor.dtype).reshape(shape))
    name = FLOATX[0] if dtype is None else dtypes.standardize(dtype)
    return knp.cast(knp.equal(expand(tensor, (position,)), classes), name)


@op
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> tuple[Tensor, Tensor]:
    """Mean and biased variance (divided by n) over `axes`; float16 is computed in float32.

    Raises:
        ValueError: If `synchronized` is True: one device has nothing to synchronise with.
    """
    if synchronized:
        raise ValueError("moments: synchronized=True is not supported on this engine")
    tensor = convert(x)
    wide = convert(tensor, "float32") if tensor.dtype == "float16" else tensor
    mean, variance = knp.mean(wide, axes, keepdims), knp.var(wide, axes, keepdims)
    return knp.cast(mean, tensor.dtype), knp.cast(variance, tensor.dtype)


@op
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, channel by channel of `axis`.

    Source: Keras 3 `keras.ops.batch_normalization`; the products are grouped as there.
    """
    tensor = _float(x)
    position = canonical_axis(axis, tensor.ndim, "batch_normalization")
    shape = [1] * tensor.ndim
    shape[position] = tensor.shape[position]
    factor = knp.rsqrt(knp.add(convert(variance), epsilon))
    if scale is not None:
        factor = knp.multiply(factor, scale)
    shift = knp.negative(knp.multiply(mean, factor))
    if offset is not None:
        shift = knp.add(shift, offset)
    return knp.add(knp.multiply(tensor, knp.reshape(factor, shape)), knp.reshape(shift, shape))  # type: ignore[no-any-return]
