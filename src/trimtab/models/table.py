"""Tables of text in a frame of box-drawing characters, columns of given widths."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORDS = re.compile(r"\s*\S+\s*")


def column_widths(positions: Sequence[float], line_length: int) -> list[int]:
    """Widths of the columns, the spaces beside their text included.

    Args:
        positions: Where the columns end, as parts of the line.
        line_length: Characters, the frame included.

    Raises:
        ValueError: If a column gets fewer than 4 characters.
    """
    ends = [int(position * line_length) for position in positions]
    texts = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    if min(texts) < 4:
        raise ValueError(f"summary: {line_length} characters are too few for {len(texts)} columns")
    widths = [text + 2 for text in texts]
    # The frame and the spaces are taken from all columns alike.
    excess = sum(widths) + len(widths) + 1 - line_length
    for index in range(len(widths)):
        share = round(excess / (len(widths) - index))
        widths[index] -= share
        excess -= share
    return widths


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of up to `width` characters, broken at spaces; longer words end in "…"."""
    lines, current = [], ""
    for word in _WORDS.findall(text):
        length = len(word.rstrip())
        if len(current) + length > width and current:
            lines.append(current)
            current = word
        else:
            current += word
    lines.append(current)
    cut = [line.rstrip() if len(line) > width else line for line in lines]
    return [line if len(line) <= width else line[: width - 1] + "…" for line in cut]


def _aligned(text: str, width: int, alignment: str) -> str:
    if alignment == "right":
        return text.strip().rjust(width)
    if alignment == "center":
        text = text.strip()
        left = (width - len(text)) // 2
        return (" " * left + text).ljust(width)
    return text.ljust(width)


def draw_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    alignment: Sequence[str],
) -> str:
    """The table as text, a line between any two rows.

    Args:
        header: Titles of the columns.
        rows: Texts of the cells, wrapped where they are too long.
        widths: Widths of the columns, with one space on each side of the text.
        alignment: "left", "right" or "center", one a column.
    """

    def rule(left: str, line: str, middle: str, right: str) -> str:
        return left + middle.join(line * width for width in widths) + right

    def row(cells: Sequence[str], bar: str) -> list[str]:
        columns = [wrapped(cell, width - 2) for cell, width in zip(cells, widths, strict=True)]
        height = max(len(column) for column in columns)
        lines = []
        for i in range(height):
            texts = [column[i] if i < len(column) else "" for column in columns]
            parts = [
                _aligned(t, w - 2, a) for t, w, a in zip(texts, widths, alignment, strict=True)
            ]
            lines.append(bar + bar.join(f" {part} " for part in parts) + bar)
        return lines

    lines = [rule("┏", "━", "┳", "┓"), *row(header, "┃"), rule("┡", "━", "╇", "┩")]
    for number, cells in enumerate(rows):
        if number:
            lines.append(rule("├", "─", "┼", "┤"))
        lines.extend(row(cells, "│"))
    return "\n".join([*lines, rule("└", "─", "┴", "┘")])
