"""Pictures of a laid-out diagram: SVG by itself, other formats with matplotlib."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from trimtab.core import extras
from trimtab.lazy import lazy_module
from trimtab.models.plotting.diagram import Diagram
from trimtab.models.plotting.layout import LINE, PADDING, Layout

if TYPE_CHECKING:
    import html
else:
    html = lazy_module("html")

COLOURS = {"input": "#e8f0e4", "normalization": "#fbe8c8", "layer": "#e3ebf5"}
_INK, _FRAME = "#333333", "#888888"
_FONT_SIZE = 12
# Pixels of an inch in an SVG.
_PIXELS = 96.0


def svg_text(diagram: Diagram, layout: Layout) -> str:
    """The drawing as SVG."""
    width, height = layout.width, layout.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" '
        f'font-size="{_FONT_SIZE - 1}">',
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="{_INK}"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>',
    ]
    for name, frame in layout.frames:
        parts.append(
            f'<rect x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.width:.1f}" '
            f'height="{frame.height:.1f}" fill="none" stroke="{_FRAME}" stroke-dasharray="4 3"/>'
            f'<text x="{frame.x + 3:.1f}" y="{frame.y - 3:.1f}" fill="{_FRAME}">'
            f"{html.escape(name)}</text>"
        )
    for points in layout.arrows:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{_INK}" marker-end="url(#head)"/>'
        )
    for box, place in zip(diagram.boxes, layout.boxes, strict=True):
        x, _ = place.center
        parts.append(
            f'<rect x="{place.x:.1f}" y="{place.y:.1f}" width="{place.width:.1f}" '
            f'height="{place.height:.1f}" rx="4" fill="{COLOURS[box.kind]}" stroke="{_INK}"/>'
        )
        for number, line in enumerate(box.lines):
            y = place.y + PADDING + LINE * number + LINE * 0.72
            weight = ' font-weight="bold"' if number == 0 else ""
            parts.append(
                f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle"{weight}>'
                f"{html.escape(line)}</text>"
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def save_with_matplotlib(
    diagram: Diagram, layout: Layout, path: str | os.PathLike[str], kind: str, dpi: float
) -> None:
    """Writes the drawing in a format that matplotlib knows: "png", "pdf", "jpg" ...

    Raises:
        ImportError: If matplotlib is not installed.
    """
    figures: Any = extras.require("matplotlib.figure", "plot", "plot_model for other than SVG")
    patches: Any = extras.require("matplotlib.patches", "plot", "plot_model for other than SVG")
    figure = figures.Figure((layout.width / _PIXELS, layout.height / _PIXELS), dpi=dpi)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, layout.width)
    axes.set_ylim(layout.height, 0)
    axes.axis("off")
    points_of_a_pixel = 72.0 / _PIXELS
    for name, frame in layout.frames:
        edges = (frame.x, frame.y), frame.width, frame.height
        axes.add_patch(patches.Rectangle(*edges, fill=False, edgecolor=_FRAME, linestyle="--"))
        axes.text(frame.x + 3, frame.y - 3, name, color=_FRAME, fontsize=7)
    for points in layout.arrows:
        for start, end in zip(points[:-2], points[1:-1], strict=False):
            axes.plot(*zip(start, end, strict=True), color=_INK, linewidth=0.8)
        arrow = {"arrowstyle": "-|>", "color": _INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", xy=points[-1], xytext=points[-2], arrowprops=arrow)
    for box, place in zip(diagram.boxes, layout.boxes, strict=True):
        edges = (place.x, place.y), place.width, place.height
        colours = {"facecolor": COLOURS[box.kind], "edgecolor": _INK}
        axes.add_patch(patches.Rectangle(*edges, **colours, linewidth=0.8))
        for number, line in enumerate(box.lines):
            axes.text(
                place.center[0],
                place.y + PADDING + LINE * (number + 0.5),
                line,
                ha="center",
                va="center",
                fontsize=(_FONT_SIZE - 1) * points_of_a_pixel,
                family="monospace",
                weight="bold" if number == 0 else "normal",
            )
    figure.savefig(path, format=kind, dpi=dpi)
