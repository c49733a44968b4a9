"""What data functions say on the way: on standard output, or to Python's logging."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from trimtab.core import settings
from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import logging
else:
    logging = lazy_module("logging")


def say(text: str) -> None:
    """Says `text`, which brings its own line end."""
    if settings.is_interactive_logging_enabled():
        sys.stdout.write(text)
        sys.stdout.flush()
    elif text.endswith("\n"):
        logging.getLogger("trimtab").info(text.strip())
