"""Progbar: one line that shows how far a loop is, how fast it goes and what it measures."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from trimtab.callbacks.messages import print_message
from trimtab.core.config import keras_export

_BOLD, _GREEN, _WHITE, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


def _redraws_in_place() -> bool:
    """Whether a line can be drawn over. Keras takes that for granted on every Unix."""
    is_terminal = hasattr(sys.stdout, "isatty") and sys.stdout.isatty()
    return bool(
        is_terminal or {"ipykernel", "posix"} & set(sys.modules) or "PYCHARM_HOSTED" in os.environ
    )


def _remaining_text(seconds: float) -> str:
    whole = int(seconds)
    if seconds > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if seconds > 60:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole}s"


def _value_text(value: float, is_plain: bool) -> str:
    return f"{value:.4f}" if is_plain else f"{value:.4e}"


@keras_export("keras.utils.Progbar")
class Progbar:
    """A line that shows how far a loop is.

    Args:
        target: Steps in all; None if unknown.
        width: Characters of the bar.
        verbose: 0 nothing, 1 a bar that moves, 2 one line at the end.
        interval: Seconds between two drawings at least.
        stateful_metrics: Names whose values are shown as they are; others are averaged over the
            steps.
        stateless_metrics: Names whose values are averaged; others are shown as they are. Not beside
            `stateful_metrics`.
        unit_name: What a step is called.

    Raises:
        ValueError: If both lists of names are given.

    Source: Keras 3 `keras.utils.Progbar`, whose text it writes.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Progbar: give `stateful_metrics` or `stateless_metrics`; got both, and one "
                "follows from the other"
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self._shown_as_is = None if stateful_metrics is None else frozenset(stateful_metrics)
        self._averaged = None if stateless_metrics is None else frozenset(stateless_metrics)
        self._sums: dict[str, list[Any]] = {}
        self._seen = 0
        self._started = time.time()
        self._last_drawn = 0.0
        self._first_step_done: float | None = None
        self._last_width = 0
        self._in_place = _redraws_in_place()

    def update(
        self,
        current: int,
        values: Sequence[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Moves the bar to a step.

        Args:
            current: Steps done.
            values: (name, value) pairs to show.
            finalize: Whether this is the last update; None if that follows from the target.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._take(current, values or (), finalize)
        now = time.time()
        seconds_per_step = self._seconds_per_step(current, now)
        if self.verbose == 1:
            if now - self._last_drawn < self.interval and not finalize:
                return
            self._draw(current, now, seconds_per_step, finalize)
        elif self.verbose == 2 and finalize and self.target:
            self._write_line(current, now, seconds_per_step)
        self._last_drawn = now

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Moves the bar on by `n` steps."""
        self.update(self._seen + n, values)

    def _take(self, current: int, values: Sequence[tuple[str, Any]], finalize: bool) -> None:
        for name, value in values:
            if finalize or not self._is_averaged(name):
                self._sums[name] = [value, 1]
                continue
            # A step that is reported twice still counts once, or its weight would be 0.
            weight = max(current - self._seen, 1)
            total, count = self._sums.get(name, (0.0, 0))
            self._sums[name] = [total + value * weight, count + weight]
        self._seen = current

    def _is_averaged(self, name: str) -> bool:
        if self._averaged is not None:
            return name in self._averaged
        return self._shown_as_is is None or name not in self._shown_as_is

    def _seconds_per_step(self, current: int, now: float) -> float:
        """Time a step takes, without the first one, which also prepares."""
        if not current:
            return 0.0
        if self._first_step_done is not None and current > 1:
            estimate = (now - self._first_step_done) / (current - 1)
        else:
            estimate = (now - self._started) / current
        if current == 1:
            self._first_step_done = now
        return estimate

    def _speed_text(self, seconds_per_step: float) -> str:
        if seconds_per_step >= 1 or seconds_per_step == 0:
            return f"{seconds_per_step:.0f}s/{self.unit_name}"
        if seconds_per_step >= 1e-3:
            return f"{seconds_per_step * 1e3:.0f}ms/{self.unit_name}"
        return f"{seconds_per_step * 1e6:.0f}us/{self.unit_name}"

    def _averages(self) -> list[tuple[str, float]]:
        return [
            (name, (total if isinstance(total, float) else float(np.mean(total))) / max(1, count))
            for name, (total, count) in self._sums.items()
        ]

    def _count_text(self, current: int) -> str:
        return f"{current:>{len(str(self.target))}d}/{self.target}"

    def _draw(self, current: int, now: float, seconds_per_step: float, finalize: bool) -> None:
        # Styles take no room on the screen, so they are counted apart.
        if self.target:
            done = int(self.width * (current / self.target))
            green = f"{_GREEN}{'━' * done}{_PLAIN}" if done > 0 else ""
            bar = f"{_BOLD}{self._count_text(current)}{_PLAIN} {green}"
            bar += f"{_WHITE}{'━' * (self.width - done)}{_PLAIN}"
            bar_width = (
                len(self._count_text(current)) + 1 + max(done, 0) + max(self.width - done, 0)
            )
        else:
            bar = f"{current:7d}/Unknown"
            bar_width = len(bar)
        if self.target and not finalize:
            clock = _remaining_text(seconds_per_step * (self.target - current))
        else:
            clock = f"{now - self._started:.0f}s"
        text = f" {self._speed_text(seconds_per_step)}" + "".join(
            f" - {name}: {_value_text(value, abs(value) > 1e-3)}"
            for name, value in self._averages()
        )
        width = bar_width + 1 + len(clock) + len(text)
        start = "\b" * self._last_width + "\r" if self._in_place else "\n"
        rest = " " * max(0, self._last_width - width) + ("\n" if finalize else "")
        print_message(f"{start}{bar} {_BOLD}{clock}{_PLAIN}{text}{rest}", line_break=False)
        self._last_width = width

    def _write_line(self, current: int, now: float, seconds_per_step: float) -> None:
        parts = [self._count_text(current), f"{now - self._started:.0f}s"]
        parts.append(self._speed_text(seconds_per_step))
        parts += [f"{name}: {_value_text(value, value > 1e-3)}" for name, value in self._averages()]
        print_message(" - ".join(parts))
