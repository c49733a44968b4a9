"""What data functions say on the way: on standard output, or to Python's logging."""

from __future__ import annotations

import logging
import sys

from trimtab.core import settings


def say(text: str) -> None:
    """Says `text`, which brings its own line end."""
    if settings.is_interactive_logging_enabled():
        sys.stdout.write(text)
        sys.stdout.flush()
    elif text.endswith("\n"):
        logging.getLogger("trimtab").info(text.strip())
