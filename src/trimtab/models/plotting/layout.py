"""Places for the boxes of a diagram: rows by distance from the inputs, few crossing arrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from trimtab.models.plotting.diagram import Diagram

# Pixels: of a letter at the font size of the drawings, of a line, inside and between boxes.
LETTER, LINE, PADDING = 7.0, 16.0, 8.0
GAP_ACROSS, GAP_ALONG, MARGIN = 24.0, 36.0, 16.0
_SWEEPS = 8


class Rectangle:
    """A place in the drawing, in pixels from its top left corner."""

    def __init__(self, x: float, y: float, width: float, height: float) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height

    @property
    def center(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2


class Layout(NamedTuple):
    """Where everything is.

    Attributes:
        boxes: Places of the diagram's boxes.
        arrows: For each arrow of the diagram the points of its line.
        frames: Names of models within the model, and the frames around their boxes.
        width: Width of the drawing in pixels.
        height: Height of the drawing in pixels.
    """

    boxes: list[Rectangle]
    arrows: list[list[tuple[float, float]]]
    frames: list[tuple[str, Rectangle]]
    width: float
    height: float


def _ranks(diagram: Diagram) -> list[int]:
    """For each box its distance from the inputs: the longest way to it."""
    ranks = [0] * len(diagram.boxes)
    for _ in diagram.boxes:
        changed = False
        for start, end in diagram.arrows:
            if ranks[end] <= ranks[start] and start != end:
                ranks[end] = ranks[start] + 1
                changed = True
        if not changed:
            break
    return ranks


class _Rows:
    """Boxes, and bends of arrows that pass rows by, in rows."""

    def __init__(self, diagram: Diagram) -> None:
        count = len(diagram.boxes)
        self.ranks = _ranks(diagram)
        self.paths: list[list[int]] = []
        for start, end in diagram.arrows:
            path = [start]
            for rank in range(self.ranks[start] + 1, self.ranks[end]):
                path.append(count)
                self.ranks.append(rank)
                count += 1
            self.paths.append([*path, end])
        self.rows: list[list[int]] = [[] for _ in range(max(self.ranks, default=-1) + 1)]
        for item in range(count):
            self.rows[self.ranks[item]].append(item)
        self.neighbours: dict[tuple[int, int], list[int]] = {}
        for path in self.paths:
            for first, second in zip(path, path[1:], strict=False):
                self.neighbours.setdefault((first, 1), []).append(second)
                self.neighbours.setdefault((second, -1), []).append(first)

    def untangle(self) -> None:
        """Orders each row by the middle of its neighbours' positions, down and up again."""
        for sweep in range(_SWEEPS):
            side = -1 if sweep % 2 == 0 else 1
            for row in self.rows if side < 0 else self.rows[::-1]:
                position = {item: i for r in self.rows for i, item in enumerate(r)}

                def middle(
                    item: int, position: dict[int, int] = position, side: int = side
                ) -> float:
                    near = self.neighbours.get((item, side))
                    if not near:
                        return float(position[item])
                    return sum(position[other] for other in near) / len(near)

                row.sort(key=middle)


def layout_of(diagram: Diagram, rankdir: str = "TB") -> Layout:
    """Places for everything in `diagram`.

    Args:
        diagram: What to draw.
        rankdir: "TB" from top to bottom, "LR" from left to right; "BT" and "RL" the other way.

    Raises:
        ValueError: If there is no such direction.
    """
    if rankdir not in ("TB", "LR", "BT", "RL"):
        raise ValueError(f"plot_model: `rankdir` must be 'TB', 'LR', 'BT' or 'RL'; got {rankdir!r}")
    rows = _Rows(diagram)
    rows.untangle()
    sizes = [
        (2 * PADDING + LETTER * max(map(len, box.lines)), 2 * PADDING + LINE * len(box.lines))
        for box in diagram.boxes
    ]
    sizes += [(0.0, 0.0)] * (len(rows.ranks) - len(sizes))
    is_across = rankdir in ("LR", "RL")
    if is_across:
        sizes = [(height, width) for width, height in sizes]
    places = _placed(rows.rows, sizes, len(diagram.boxes))
    length = max((p.y + p.height for p in places), default=0.0) + MARGIN
    if rankdir in ("BT", "RL"):
        for place in places:
            place.y = length + MARGIN - place.y - place.height - MARGIN
    if is_across:
        places = [Rectangle(p.y, p.x, p.height, p.width) for p in places]
    boxes = places[: len(diagram.boxes)]
    arrows = [_line(path, places, is_across) for path in rows.paths]
    width = max((p.x + p.width for p in places), default=0.0) + MARGIN
    height = max((p.y + p.height for p in places), default=0.0) + MARGIN
    return Layout(boxes, arrows, _frames(diagram, boxes), width, height)


def _placed(
    rows: Sequence[Sequence[int]], sizes: Sequence[tuple[float, float]], box_count: int
) -> list[Rectangle]:
    places = [Rectangle(0, 0, width, height) for width, height in sizes]
    widths = [sum(sizes[i][0] for i in row) + GAP_ACROSS * (len(row) - 1) for row in rows]
    widest, top = max(widths, default=0.0), MARGIN
    for row, width in zip(rows, widths, strict=True):
        left = MARGIN + (widest - width) / 2
        height = max(sizes[i][1] for i in row)
        for item in row:
            places[item].x, places[item].y = left, top + (height - sizes[item][1]) / 2
            if item >= box_count:
                # An arrow passes the whole row beside its boxes.
                places[item].y, places[item].height = top, height
            left += sizes[item][0] + GAP_ACROSS
        top += height + GAP_ALONG
    return places


def _line(
    path: Sequence[int], places: Sequence[Rectangle], is_across: bool
) -> list[tuple[float, float]]:
    """The line of an arrow: from the edge of its first box, by its bends, to that of its last."""
    first, last = places[path[0]], places[path[-1]]
    axis = 0 if is_across else 1
    forward = last.center[axis] >= first.center[axis]
    points = [_edge(first, is_across, forward)]
    for item in path[1:-1]:
        points += [_edge(places[item], is_across, far) for far in (not forward, forward)]
    return [*points, _edge(last, is_across, not forward)]


def _edge(place: Rectangle, is_across: bool, is_far: bool) -> tuple[float, float]:
    x, y = place.center
    if is_across:
        return (place.x + place.width if is_far else place.x), y
    return x, (place.y + place.height if is_far else place.y)


def _frames(diagram: Diagram, boxes: Sequence[Rectangle]) -> list[tuple[str, Rectangle]]:
    names = dict.fromkeys(
        box.groups[: depth + 1] for box in diagram.boxes for depth in range(len(box.groups))
    )
    frames = []
    for group in names:
        depth = len(group)
        inside = [
            place
            for box, place in zip(diagram.boxes, boxes, strict=True)
            if box.groups[:depth] == group
        ]
        # An inner frame lies inside the outer one.
        room = PADDING / depth
        left, top = min(p.x for p in inside) - room, min(p.y for p in inside) - room
        right = max(p.x + p.width for p in inside) + room
        bottom = max(p.y + p.height for p in inside) + room
        frames.append((group[-1], Rectangle(left, top, right - left, bottom - top)))
    return frames
