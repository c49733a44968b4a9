"""What a scale and a shift of channels does to the weights of the layer before or behind.

At inference a Batch Normalization is `scale * x + shift`, channel by channel. All here is float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.layers.batch_normalization import BatchNormalization

Floats = npt.NDArray[np.float64]
Weights = dict[str, Floats]

_FAMILIES = {
    "dense": ("Dense",),
    "conv": ("Conv1D", "Conv2D", "Conv3D"),
    "depthwise": ("DepthwiseConv1D", "DepthwiseConv2D"),
    "separable": ("SeparableConv1D", "SeparableConv2D"),
    "transposed": ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
}
_FAMILY_OF = {name: family for family, names in _FAMILIES.items() for name in names}


def family_of(layer: Any) -> str | None:
    """The sort of kernel that a layer has; None if it is of no sort known here.

    A subclass may compute something else with its weights, so only this library's own classes
    count.
    """
    kind = type(layer)
    return _FAMILY_OF.get(kind.__name__) if kind.__module__.startswith("trimtab.") else None


def affine_of(norm: BatchNormalization) -> tuple[Floats, Floats]:
    """Scale and shift of each channel at inference."""
    mean = np.asarray(norm.moving_mean, np.float64)
    variance = np.asarray(norm.moving_variance, np.float64)
    gamma = np.ones_like(mean) if norm.gamma is None else np.asarray(norm.gamma, np.float64)
    beta = np.zeros_like(mean) if norm.beta is None else np.asarray(norm.beta, np.float64)
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return scale, beta - mean * scale


def weights_of(layer: Any) -> Weights:
    """A kernel layer's weights by name; a bias of zeros if it has none."""
    weights = {v.name: np.asarray(v, np.float64) for v in layer.variables}
    weights.setdefault("bias", np.zeros(output_channels(layer)))
    return weights


def output_channels(layer: Any) -> int:
    """How many channels a kernel layer gives."""
    family = family_of(layer)
    if family == "dense":
        return int(layer.units)
    if family == "depthwise":
        return int(np.prod(layer.kernel.shape[-2:]))
    return int(layer.filters)


def input_channels(layer: Any) -> int:
    """How many channels a kernel layer takes."""
    family = family_of(layer)
    if family == "dense":
        return int(layer.kernel.shape[0])
    if family == "conv":
        return int(layer.kernel.shape[-2]) * int(layer.groups)
    if family == "separable":
        return int(layer.depthwise_kernel.shape[-2])
    return int(layer.kernel.shape[-1 if family == "transposed" else -2])


def products(layer: Any) -> int:
    """How many products are added up for one output, at most."""
    family = family_of(layer)
    if family == "dense":
        return int(layer.kernel.shape[0])
    taps = int(np.prod(layer.kernel_size))
    if family == "depthwise":
        return taps
    if family == "separable":
        return taps + int(layer.pointwise_kernel.shape[-2])
    return taps * int(layer.kernel.shape[-1 if family == "transposed" else -2])


def pads(layer: Any) -> bool:
    """Whether some outputs see fewer inputs than others, as zeros stand around them."""
    family = family_of(layer)
    if family == "dense":
        return False
    if family == "transposed":
        return True
    return bool(layer.padding != "valid" and max(layer.kernel_size) > 1)


def scaled_outputs(layer: Any, weights: Weights, scale: Floats, shift: Floats) -> Weights:
    """Weights with which the layer gives `scale * output + shift`."""
    new = dict(weights)
    family = family_of(layer)
    if family == "depthwise":
        new["kernel"] = weights["kernel"] * scale.reshape(weights["kernel"].shape[-2:])
    elif family == "separable":
        new["pointwise_kernel"] = weights["pointwise_kernel"] * scale
    elif family == "transposed":
        new["kernel"] = weights["kernel"] * scale[:, None]
    else:
        new["kernel"] = weights["kernel"] * scale
    new["bias"] = weights["bias"] * scale + shift
    return new


def scaled_inputs(layer: Any, weights: Weights, scale: Floats) -> Weights:
    """Weights with which the layer gives for `x` what it gave for `scale * x`."""
    family = family_of(layer)
    name = "depthwise_kernel" if family == "separable" else "kernel"
    kernel = weights[name]
    if family == "conv":
        factor = _by_group(scale, kernel.shape, layer.groups)
    elif family == "transposed":
        factor = scale
    else:
        factor = scale[:, None]
    return {**weights, name: kernel * factor}


def with_constant(layer: Any, weights: Weights, shift: Floats) -> Weights:
    """Weights with which the layer gives for `x` what it gave for `x + shift`.

    Exact where every output sees as many inputs as any other; see `pads`.
    """
    family = family_of(layer)
    if family == "separable":
        mixed = _summed(weights["depthwise_kernel"]) * shift[:, None]
        pointwise = weights["pointwise_kernel"]
        constant = mixed.reshape(-1) @ pointwise.reshape(pointwise.shape[-2:])
    else:
        kernel = _summed(weights["kernel"])
        if family == "conv":
            constant = (kernel * _by_group(shift, kernel.shape, layer.groups)).sum(axis=0)
        elif family == "depthwise":
            constant = (kernel * shift[:, None]).reshape(-1)
        else:
            constant = shift @ kernel
    return {**weights, "bias": weights["bias"] + constant}


def _summed(kernel: Floats) -> Floats:
    """A kernel summed over its window."""
    summed: Floats = kernel.sum(axis=tuple(range(kernel.ndim - 2)))
    return summed


def _by_group(values: Floats, shape: Sequence[int], groups: int) -> Floats:
    """One value an input channel as (input channels of a group, outputs)."""
    inputs, outputs = shape[-2:]
    return np.repeat(values.reshape(groups, inputs).T, outputs // groups, axis=1)
