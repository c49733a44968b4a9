"""Packages that only some features need: imported when used, asked for by the name of an extra."""

from __future__ import annotations

import importlib
from types import ModuleType


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """The module called `module`, imported now if it was not yet.

    Args:
        module: Name of the module.
        extra: The extra of this package that installs it.
        purpose: What needs it, as the beginning of a sentence.

    Raises:
        ImportError: If it is not installed; the message names the extra.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{purpose} needs the package {module}; install it with: "
            f"pip install 'trimtab[{extra}]'",
            name=module,
        ) from error
