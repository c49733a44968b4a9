"""The figures of a report, as SVG whose colours are the page's, so that light and dark both fit."""

from __future__ import annotations

import functools
import html
import io
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.extras import require

if TYPE_CHECKING:
    from trimtab.batchnorm.studies.result import Study

# Drawn with these, then replaced by the page's variables: no other colour comes from matplotlib.
_INK, _FAINT, _PAPER = "#010203", "#040506", "#070809"
_ARM = [f"#0a0b{number:02x}" for number in range(12)]
_VARIABLES = {_INK: "ink", _FAINT: "faint", _PAPER: "paper"} | {
    color: f"arm{number}" for number, color in enumerate(_ARM)
}
_MOST_LINES = 400
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "trimtab",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": _INK,
    "text.parse_math": False,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.unicode_minus": False,
    "grid.color": _FAINT,
    "grid.linewidth": 0.5,
    "grid.alpha": 0.5,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "path.simplify": False,
}
_NAMESPACES = (
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1"'
)
MARKERS = "osD^vP*X<>hp"


def _styled(draw: Callable[..., str]) -> Callable[..., str]:
    """A function that draws, with the style of reports and no trace of it left behind."""

    @functools.wraps(draw)
    def drawn(*arguments: Any) -> str:
        matplotlib = require("matplotlib", "study", "The report of a study")
        with matplotlib.rc_context(_STYLE):
            return draw(*arguments)

    return drawn


@_styled
def curves(study: Study, metric: str) -> str:
    """Mean of a held-out metric after every epoch, and the middle 80 % of the seeds as a band."""
    figure, axes = _new((6.4, 3.6))
    epochs = np.arange(1, study.plan.epochs + 1)
    scale = _scale(study, metric)
    for number, arm in enumerate(study.runs):
        values = scale * study.curve(arm, metric)
        values = values[np.isfinite(values).all(axis=1)]
        if not len(values):
            continue
        low, high = np.quantile(values, [0.1, 0.9], axis=0)
        color = _ARM[number % len(_ARM)]
        axes.fill_between(epochs, low, high, color=color, alpha=0.16, linewidth=0)
        axes.plot(
            epochs,
            values.mean(axis=0),
            color=color,
            linewidth=2,
            label=arm,
            marker=MARKERS[number % len(MARKERS)],
            markersize=4,
            markevery=max(1, len(epochs) // 8),
        )
    if metric == study.measure.name and math.isfinite(study.target):
        axes.axhline(scale * study.target, color=_INK, linewidth=0.8, linestyle=(0, (2, 3)))
    axes.set_xlabel("epoch")
    axes.set_ylabel(f"held-out {metric}" + (" in %" if scale == 100 else ""))
    axes.set_xlim(1, max(2, study.plan.epochs))
    axes.xaxis.get_major_locator().set_params(integer=True)
    _clip_outliers(axes, study, metric, scale)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, ncols=min(4, len(study.runs)))
    return _svg(figure, f"curves-{metric}", f"Learning curves of held-out {metric}, by arm")


@_styled
def slopes(study: Study) -> str:
    """The judging metric of every seed, a line from arm to arm; means as bars."""
    names = list(study.runs)
    figure, axes = _new((6.4, 3.6))
    scale = _scale(study, study.measure.name)
    scores = scale * np.array([arm.scores for arm in study.arms])
    for seed in range(min(study.seeds, _MOST_LINES)):
        axes.plot(range(len(names)), scores[:, seed], color=_INK, alpha=0.35, linewidth=1)
    for number in range(len(names)):
        color = _ARM[number % len(_ARM)]
        axes.plot(
            [number] * study.seeds,
            scores[number],
            MARKERS[number % len(MARKERS)],
            color=color,
            markersize=6,
            alpha=0.85,
        )
        good = scores[number][np.isfinite(scores[number])]
        if len(good):
            axes.plot([number - 0.12, number + 0.12], [good.mean()] * 2, color=color, linewidth=3)
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.35, len(names) - 0.65)
    axes.set_ylabel(f"held-out {study.measure.name}" + (" in %" if scale == 100 else ""))
    return _svg(figure, "slopes", f"Held-out {study.measure.name} of every seed, by arm")


@_styled
def intervals(study: Study) -> str:
    """Every comparison's mean difference with its 95 % interval, the margin shaded."""
    told = [c for c in study.comparisons if c.paired is not None]
    figure, axes = _new((6.4, 0.9 + 0.55 * max(1, len(told))))
    scale = _scale(study, study.measure.name)
    margin = scale * study.measure.margin
    axes.axvspan(-margin, margin, color=_INK, alpha=0.10, linewidth=0)
    axes.axvline(0, color=_INK, linewidth=0.8)
    for row, comparison in enumerate(told):
        if comparison.paired is None:
            continue
        low, high = (scale * end for end in comparison.paired.interval95)
        color = _ARM[list(study.runs).index(comparison.first) % len(_ARM)]
        axes.plot([low, high], [-row, -row], color=color, linewidth=2.5, solid_capstyle="round")
        axes.plot([scale * comparison.paired.mean], [-row], "o", color=color, markersize=7)
    axes.set_yticks(
        [-row for row in range(len(told))], [f"{c.first} \u2212 {c.second}" for c in told]
    )
    axes.set_ylim(-len(told) + 0.4, 0.6)
    axes.grid(False)
    unit = " in points" if scale == 100 else ""
    axes.set_xlabel(f"better by, {study.measure.name}{unit}; grey: within the margin")
    return _svg(figure, "intervals", "Mean paired differences with 95 % intervals")


def _scale(study: Study, metric: str) -> float:
    is_share = study.measure.in_points and metric == study.measure.name
    return 100.0 if is_share or "acc" in metric else 1.0


def _clip_outliers(axes: Any, study: Study, metric: str, scale: float) -> None:
    """Keeps one arm's explosion from flattening the others: the axis ends at 3 x their spread."""
    every = np.concatenate([scale * study.curve(arm, metric).ravel() for arm in study.runs])
    every = every[np.isfinite(every)]
    if not len(every):
        return
    low, high = np.quantile(every, [0.0, 0.97])
    if every.max() > high + 3 * (high - low) > high:
        axes.set_ylim(low - 0.05 * (high - low), high + 0.5 * (high - low))


def _new(size: tuple[float, float]) -> tuple[Any, Any]:
    figure = require("matplotlib.figure", "study", "The report of a study").Figure(figsize=size)
    return figure, figure.subplots()


def _svg(figure: Any, name: str, title: str) -> str:
    buffer = io.StringIO()
    # No date and no version: the same study draws the same bytes.
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(buffer, format="svg", metadata=nothing)
    return inlined(buffer.getvalue(), name, title)


def inlined(svg: str, name: str, title: str) -> str:
    """An SVG file as an element of a page.

    Its identifiers get `name` in front, since two figures of a page may not share them; its size
    becomes the page's business and its colours the page's variables.
    """
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    box = re.findall(r'viewBox="([^"]+)"', svg)[0]
    label = f'role="img" aria-label="{html.escape(title)}"'
    start = f'<svg class="figure" {label} viewBox="{box}" {_NAMESPACES}>'
    svg = start + svg[svg.index(">") + 1 :]
    svg = re.sub(r"font: ([\d.]+)px [^;\"]+", r"font-size: \1px", svg)
    for color, variable in _VARIABLES.items():
        svg = svg.replace(color, f"var(--{variable})")
    return svg
