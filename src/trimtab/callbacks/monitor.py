"""What callbacks share that watch one of the logged values."""

from __future__ import annotations

import warnings
from typing import Any

from trimtab import ops
from trimtab.callbacks.base import Callback


class MonitorCallback(Callback):
    """Base of the callbacks that watch whether a logged value improves.

    Args:
        monitor: Name of the value.
        mode: "min" if less is better, "max" if more is, "auto" if the name tells.
        baseline: Value to beat first; None for the first one seen.
        min_delta: Least change that counts as an improvement.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} mode '{mode}' is unknown, taken as 'auto'; it may be "
                "'auto', 'min' or 'max'",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self._less_is_better: bool | None = None

    @property
    def monitor_op(self) -> Any:
        """The comparison that an improvement passes, ops.less or ops.greater; None until known."""
        if self._less_is_better is None and self.mode == "auto":
            return None
        is_less = self.mode == "min" if self._less_is_better is None else self._less_is_better
        return ops.less if is_less else ops.greater

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether `value` is better than `reference` by `min_delta`; anything is better than None.

        Raises:
            ValueError: If `mode` is "auto" and the direction of the value is unknown.
        """
        if self._less_is_better is None:
            self._less_is_better = self._direction() == "min"
        if reference is None:
            return True
        if self._less_is_better:
            return bool(value + self.min_delta < reference)
        return bool(value - self.min_delta > reference)

    def _direction(self) -> str:
        if self.mode != "auto":
            return self.mode
        name = self.monitor.removeprefix("val_")
        direction = _metric_directions(self.model).get(name)
        if direction is not None:
            return "max" if direction == "up" else "min"
        if name == "loss":
            return "min"
        raise ValueError(
            f"{type(self).__name__}: `mode` must be 'min' or 'max' for monitor={self.monitor!r}, "
            "since the metric does not say which way is better; got 'auto'"
        )


def _metric_directions(model: Any) -> dict[str, str | None]:
    """Name of each metric given to `compile` -> "up" or "down", None if it does not say."""
    return {
        name: getattr(inner, "_direction", None)
        for metric in getattr(model, "metrics", ())
        if hasattr(metric, "named_metrics")
        for name, inner in metric.named_metrics().items()
    }
