"""Arrays as old versions of Keras kept them, brought to the form that layers have today."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core.variable import Variable
from trimtab.saving.origin import Origin

Weights = np.ndarray[Any, Any]

# Theano convolves with the kernel turned round; all other libraries correlate.
_TURNED_BY_THEANO = frozenset(
    {"Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"}
)
# Axes of a kernel of Keras 1 with channels first, in today's order.
_FIRST_TO_TODAY = {
    "Conv2D": (2, 3, 1, 0),
    "Conv3D": (2, 3, 4, 1, 0),
    "Conv2DTranspose": (2, 3, 0, 1),
}
_LAST_TO_TODAY = {"Conv2DTranspose": (0, 1, 3, 2)}


def owners(model: Any) -> dict[int, Any]:
    """The layer of each variable, by the variable's id; models within are opened."""
    found: dict[int, Any] = {}
    for layer in model._flatten_layers():
        for variable in [*layer._trainable_variables, *layer._non_trainable_variables]:
            found[id(variable)] = layer
    return found


def shape_in_file(variable: Variable, owner: Any, saved: tuple[int, ...], origin: Origin) -> bool:
    """Whether an array of shape `saved` can become the value of `variable`."""
    if variable.shape == saved:
        return True
    if not origin.is_keras_1 or not _is_kernel(variable, owner):
        return False
    return sorted(part for part in saved if part != 1) == sorted(
        part for part in variable.shape if part != 1
    )


def today(variable: Variable, owner: Any, array: Weights, origin: Origin) -> Weights:
    """The value of `variable` of layer `owner` that an old file's `array` stands for.

    Raises:
        ValueError: If a kernel cannot be laid out in the variable's shape.
    """
    if _is_kernel(variable, owner):
        return _kernel(variable, owner, array, origin)
    if variable is getattr(owner, "moving_variance", None):
        return _moving_variance(owner, array, origin)
    return array


def _is_kernel(variable: Variable, owner: Any) -> bool:
    return _kind(owner) in _TURNED_BY_THEANO and variable is getattr(owner, "kernel", None)


def _kind(owner: Any) -> str:
    return type(owner).__name__


def _kernel(variable: Variable, owner: Any, array: Weights, origin: Origin) -> Weights:
    laid_out = _keras_1_kernel(variable, owner, array) if origin.is_keras_1 else array
    if laid_out.shape != variable.shape:
        raise ValueError(
            f"{owner.name}: a kernel of shape {array.shape} cannot become one of shape "
            f"{variable.shape}"
        )
    if origin.backend == "theano":
        spatial = tuple(range(laid_out.ndim - 2))
        laid_out = np.flip(laid_out, spatial)
    return np.ascontiguousarray(laid_out)


def _keras_1_kernel(variable: Variable, owner: Any, array: Weights) -> Weights:
    kind = _kind(owner)
    if kind == "Conv1D" and array.ndim == 4:
        length, _, filters = variable.shape
        if array.shape[:2] != (length, 1) or array.shape[3] != filters:
            array = array.transpose(2, 3, 1, 0)
        return array[:, 0]
    first = _FIRST_TO_TODAY.get(kind)
    if first is None or array.ndim != len(first):
        return array
    candidates = [array.transpose(first)]
    last = _LAST_TO_TODAY.get(kind)
    candidates.append(array if last is None else array.transpose(last))
    if owner.data_format != "channels_first":
        candidates.reverse()
    # The layer may have been built for the other order of axes; the shape then tells.
    return next((c for c in candidates if c.shape == variable.shape), array)


def _moving_variance(owner: Any, array: Weights, origin: Origin) -> Weights:
    """The variance for which today's formula, sqrt(variance + epsilon), divides as the old one did.

    Up to 1.0.6 the array was a standard deviation, and the divisor it plus epsilon; in 1.0.7
    Theano's divisor was the variance's root plus epsilon.
    """
    version = origin.version
    if version is None or version >= (1, 0, 8):
        return array
    if version < (1, 0, 7):
        deviation = array
    elif origin.backend == "theano":
        deviation = np.sqrt(array)
    else:
        return array
    epsilon = float(owner.epsilon)
    return (deviation + epsilon) ** 2 - epsilon
