"""Where the lines that training prints go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from trimtab.core import settings
from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import logging
else:
    logging = lazy_module("logging")


def _logger() -> logging.Logger:
    return logging.getLogger("trimtab")


def print_message(message: str, line_break: bool = True) -> None:
    """Writes to standard output, or to the log while interactive logging is disabled.

    Args:
        message: The text.
        line_break: Whether to end the line.
    """
    if not settings.is_interactive_logging_enabled():
        _logger().info(message)
        return
    text = message + "\n" if line_break else message
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        # A terminal without the bar's character shows a plain one.
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
