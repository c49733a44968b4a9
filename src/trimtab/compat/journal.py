"""The record of a script's old spellings: what was translated, what was approximated, and where."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import Any, TextIO

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Longer values of arguments are cut when they are shown.
_LONGEST = 40


def place() -> tuple[str, int]:
    """File and line of the code that called into the package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and (frame.f_code.co_filename.startswith((_PACKAGE, "<frozen"))):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def shown(value: Any) -> str:
    """A value as a report shows it."""
    text = repr(value) if not callable(value) else getattr(value, "__name__", repr(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


@dataclass
class Journal:
    """What the dialect did for a script.

    Attributes:
        script: The file that lines are told of without its name.
        translated: (file, line, old spelling) -> today's spelling.
        approximated: What is not as it was -> the first (file, line).
    """

    script: str = ""
    translated: dict[tuple[str, int, str], str] = field(default_factory=dict)
    approximated: dict[str, tuple[str, int]] = field(default_factory=dict)

    def translate(self, old: str, today: str) -> None:
        """Notes that the line at work says `old`, which is `today` now."""
        file, line = place()
        self.translated.setdefault((file, line, old), today)

    def approximate(self, what: str) -> None:
        """Notes that `what` is not as it was then; once, at the first line."""
        self.approximated.setdefault(what, place())

    def report(self, stream: TextIO) -> None:
        """Writes the record, a line an entry; nothing if there is none."""
        if self.translated:
            print("Translated:", file=stream)
            for (file, line, old), today in sorted(
                self.translated.items(), key=lambda item: item[0]
            ):
                print(f"  {self._where(file, line)}: {old} -> {today}", file=stream)
        if self.approximated:
            print("Approximated:", file=stream)
            for what, (file, line) in self.approximated.items():
                print(f"  {self._where(file, line)}: {what}", file=stream)

    def _where(self, file: str, line: int) -> str:
        if self.script and os.path.abspath(file) == os.path.abspath(self.script):
            return f"line {line}"
        return f"{os.path.basename(file)}, line {line}"
