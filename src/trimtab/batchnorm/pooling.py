"""Mean and variance of values that come in parts, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# As many as stay in a processor's cache.
_MOST_AT_ONCE = 1 << 17


class Pool:
    """Count, mean and sum of squared deviations of one channel each.

    Parts are joined by the formula of Chan, Golub and LeVeque (1979), so nothing is lost where the
    mean is large beside the deviation, and the order of the parts makes no difference beyond the
    rounding of float64.

    Attributes:
        count: How many values each channel has had.
        mean: Their mean.
    """

    def __init__(self, channels: int) -> None:
        self.count: Floats = np.zeros(channels)
        self.mean: Floats = np.zeros(channels)
        self._squares: Floats = np.zeros(channels)

    @property
    def variance(self) -> Floats:
        """The biased variance: the mean squared deviation. 0 of no values."""
        return self._squares / np.maximum(self.count, 1)

    def add(self, values: npt.NDArray[Any], axis: int, mask: npt.NDArray[Any] | None) -> None:
        """Adds the values of an array.

        Args:
            values: The array.
            axis: The axis of the channels.
            mask: Which values count, of all axes but the last; all if None.
        """
        size = max(1, int(np.prod(values.shape[1:])))
        step = max(1, _MOST_AT_ONCE // size)
        for start in range(0, len(values), step):
            part = slice(start, start + step)
            kept = None
            if mask is not None:
                kept = np.broadcast_to(mask[part, ..., None].astype(bool), values[part].shape)
                kept = _by_channel(kept, axis)
            self._add(_by_channel(values[part], axis).astype(np.float64), kept)

    def _add(self, rows: Floats, kept: npt.NDArray[Any] | None) -> None:
        """Adds rows of one value a channel; they are changed."""
        if kept is None:
            count = np.full(rows.shape[1], float(len(rows)))
        else:
            # What the mask leaves out may be anything, even NaN.
            count, rows = kept.sum(axis=0).astype(np.float64), np.where(kept, rows, 0.0)
        mean = np.einsum("ij->j", rows) / np.maximum(count, 1)
        rows -= mean
        if kept is not None:
            rows *= kept
        total = self.count + count
        delta, share = mean - self.mean, count / np.maximum(total, 1)
        self._squares += np.einsum("ij,ij->j", rows, rows) + np.square(delta) * self.count * share
        self.mean += delta * share
        self.count = total


def _by_channel(values: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
    return np.moveaxis(values, axis, -1).reshape(-1, values.shape[axis])
