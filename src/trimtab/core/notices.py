"""Lines of the user's: where a warning is given, and what an error shows."""

from __future__ import annotations

import os
import sys
from types import TracebackType

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def user_stack_level() -> int:
    """The `stacklevel` at which the caller's warning names the first line outside the package."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
        level += 1
    return level


def users_lines(traceback: TracebackType | None) -> TracebackType | None:
    """`traceback` without this package's lines, but for the last one, where the error arose."""
    kept = []
    while traceback is not None:
        is_own = traceback.tb_frame.f_code.co_filename.startswith(_PACKAGE)
        if not is_own or traceback.tb_next is None:
            kept.append(traceback)
        traceback = traceback.tb_next
    result: TracebackType | None = None
    for part in reversed(kept):
        result = TracebackType(result, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return result
