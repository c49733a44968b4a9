"""Notebooks: the code cells rewritten, all else as it was."""

from __future__ import annotations

import json
import re
from typing import Any

from trimtab.compat.migration.source import Migrated, migrate_source

# Lines that the notebook's shell takes, not Python: they are hidden as comments meanwhile.
_SHELL = re.compile(r"^(\s*)([%!?].*)$", re.MULTILINE)
_HIDDEN = "#\u2063trimtab-keeps\u2063"
_BORDER = "#\u2063trimtab-cell\u2063{}"


def migrate_notebook(text: str, dialect: str | None, to: str, name: str) -> tuple[str, Migrated]:
    """A notebook with its code cells in today's source; outputs and other cells stay.

    Cells are read as one script, since a cell uses what an earlier one imported.

    Args:
        text: The `.ipynb` file's content.
        dialect: As for `migrate_source`.
        to: As for `migrate_source`.
        name: What errors call it.

    Returns:
        The notebook's new content, and what was done; lines are those of the code cells together.

    Raises:
        ValueError: If it is no notebook, or its code is no Python 3.
    """
    try:
        notebook = json.loads(text)
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        sources = [_source(cell) for cell in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{name}: is no notebook (.ipynb, format 4)") from error
    script = "".join(f"{_BORDER.format(i)}\n{_hide(s)}\n" for i, s in enumerate(sources))
    migrated = migrate_source(script, dialect, to, name)
    parts = _parts(migrated.source, len(sources))
    for cell, old, new in zip(cells, sources, parts, strict=True):
        shown = _show(new)
        if shown != old:
            cell["source"] = shown.splitlines(keepends=True)
    indent = _indent_of(text)
    ending = "\n" if text.endswith("\n") else ""
    return json.dumps(notebook, indent=indent, ensure_ascii=False) + ending, migrated


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _hide(source: str) -> str:
    if source.startswith("%%"):
        return "\n".join(f"{_HIDDEN}{line}" for line in source.split("\n"))
    return _SHELL.sub(rf"\1{_HIDDEN}\2", source)


def _show(source: str) -> str:
    return source.replace(_HIDDEN, "")


def _parts(source: str, count: int) -> list[str]:
    """The cells of a script, in order; what was put before the first belongs to it."""
    head, *rest = re.split(re.escape(_BORDER).replace(r"\{\}", r"\d+") + "\n", source)
    if len(rest) != count:
        raise ValueError("migrate: the cells of the notebook could not be told apart again")
    parts = [part.removesuffix("\n") for part in rest]
    if head and parts:
        parts[0] = head + parts[0]
    return parts


def _indent_of(text: str) -> int | None:
    found = re.match(r"\{\n( +)", text)
    return len(found[1]) if found else None
