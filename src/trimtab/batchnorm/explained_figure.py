"""The figure of an explanation: distributions before and after each step.

Behind `gamma * z_norm + beta` it is grey where the activation that follows is flat: what ReLU
clips, where tanh saturates.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.core import extras

_WIDTH, _HEIGHT = 3.0, 2.3
_BINS = 60
_MOST_VALUES = 200_000
_COLOURS = {"training": "#3b6fb6", "inference": "#c8662b"}


def draw(calls: Sequence[Any], path: str | os.PathLike[str] | None) -> Any:
    """A row of histograms for training and one for inference, for each call.

    Args:
        calls: `ExplainedCall`s.
        path: Where to write the figure too; nowhere if None.
    """
    figures: Any = extras.require("matplotlib.figure", "plot", "The figure of explain")
    columns = 3 + any(call.activation for call in calls)
    figure = figures.Figure((_WIDTH * columns, _HEIGHT * 2 * len(calls)), layout="constrained")
    for number, call in enumerate(calls):
        for row, mode in enumerate(("training", "inference")):
            first = (2 * number + row) * columns + 1
            _draw_row(figure, 2 * len(calls), columns, first, call, mode)
    if path is not None:
        figure.savefig(path)
    return figure


def _draw_row(figure: Any, rows: int, columns: int, first: int, call: Any, mode: str) -> None:
    steps = getattr(call, mode)
    parts = [
        ("z", steps.z),
        ("z_norm", steps.z_norm),
        ("gamma * z_norm + beta", steps.output),
    ]
    if steps.activated is not None:
        parts.append((call.activation, steps.activated))
    for column, (title, values) in enumerate(parts):
        axes = figure.add_subplot(rows, columns, first + column)
        sample = np.asarray(values, np.float64).ravel()
        sample = sample[:: max(1, sample.size // _MOST_VALUES)]
        axes.hist(sample, bins=_BINS, color=_COLOURS[mode], density=True)
        axes.set_yticks([])
        axes.set_title(_title(call, mode, title), fontsize=9)
        note = f"mean {sample.mean():.3g}, variance {sample.var():.3g}"
        if title == call.activation and steps.use is not None:
            note = f"flat {100 * steps.use.flat:.3g} %, linear {100 * steps.use.linear:.3g} %"
        axes.set_xlabel(note, fontsize=8)
        axes.tick_params(labelsize=8)
        if column == 0:
            axes.set_ylabel(mode, fontsize=9)
        if column in (1, 2):
            axes.axvline(0.0, color="grey", linewidth=0.8)
        if column == 2 and steps.use is not None:
            _shade(axes, steps.use.flat_ranges)


def _shade(axes: Any, ranges: Sequence[tuple[float, float]]) -> None:
    """Marks where the activation behind is flat."""
    low, high = axes.get_xlim()
    for start, end in ranges:
        # The outermost ranges go on for ever.
        first, last = (low if start <= -8 else start), (high if end >= 8 else end)
        if max(first, low) < min(last, high):
            axes.axvspan(max(first, low), min(last, high), color="black", alpha=0.12, linewidth=0)
    axes.set_xlim(low, high)


def _title(call: Any, mode: str, title: str) -> str:
    return f"{call.layer}: {title}" if title == "z" and mode == "training" else title
