"""How much of an activation a set of inputs uses: where it is flat, and where close to linear."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.layers.base import Layer

# Parts of the steepest slope below which a function counts as flat, and above which as linear.
FLAT = 0.05
LINEAR = 0.75
_STEP = 1e-3
_MOST_VALUES = 100_000
_GRID = np.linspace(-8.0, 8.0, 1601)


@dataclasses.dataclass(frozen=True)
class ActivationUse:
    """Shares of the inputs of an activation.

    Attributes:
        flat: Where its slope is below 5 % of its steepest: what ReLU clips, where tanh saturates.
        linear: Where its slope is above 75 % of its steepest.
        flat_ranges: From where to where it is flat, between -8 and 8.
    """

    flat: float
    linear: float
    flat_ranges: tuple[tuple[float, float], ...]


def activation_use(operation: Any, inputs: npt.NDArray[Any]) -> ActivationUse | None:
    """The shares for an activation layer or op of one input; None for one that mixes its inputs.

    Args:
        operation: The activation.
        inputs: What it gets.
    """
    function = _function(operation)
    slopes = np.abs(_slopes(function, np.asarray(inputs, np.float64)))
    steepest = float(slopes.max(initial=0.0))
    ranges: tuple[tuple[float, float], ...] = ()
    if not (isinstance(operation, Layer) and operation.weights):
        on_grid = np.abs(_slopes(function, _GRID))
        steepest = float(on_grid.max())
        ranges = _ranges(on_grid < FLAT * steepest)
    if steepest == 0.0:
        return ActivationUse(1.0, 0.0, ranges)
    sample = slopes.ravel()[:: max(1, slopes.size // _MOST_VALUES)]
    flat, linear = sample < FLAT * steepest, sample > LINEAR * steepest
    return ActivationUse(float(flat.mean()), float(linear.mean()), ranges)


def _ranges(is_flat: npt.NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """The stretches of the grid where something holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_flat, [False]]).astype(int)))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((float(_GRID[start]), float(_GRID[end - 1])) for start, end in pairs)


def _function(operation: Any) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    def function(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.asarray(operation.call(np.asarray(values, np.float32)), np.float64)

    return function


def _slopes(
    function: Callable[[npt.NDArray[Any]], npt.NDArray[Any]], at: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    step = _STEP * np.maximum(1.0, np.abs(at))
    # The step that float32 really takes.
    above, below = (at + step).astype(np.float32), (at - step).astype(np.float32)
    slopes: npt.NDArray[Any] = (function(above) - function(below)) / (
        above.astype(np.float64) - below
    )
    return slopes
