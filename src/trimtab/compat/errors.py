"""The errors of scripts that need what trimtab does not have."""

from __future__ import annotations

import opcode
import os
import sys

from trimtab.compat.journal import place


def _sentence(name: str, reason: str) -> str:
    file, line = place()
    return f"{os.path.basename(file)}, line {line}: {name} {reason}"


class UnsupportedImport(ImportError):
    """An import of what has no counterpart here; scripts may catch it as an ImportError."""


class UnsupportedName(AttributeError):
    """A name that has no counterpart here; scripts may ask for it with `hasattr`."""


UNSUPPORTED = (UnsupportedImport, UnsupportedName)


def unsupported(name: str, reason: str) -> UnsupportedImport | UnsupportedName:
    """The error for a name that a script imports, or reads from a module.

    Args:
        name: The full name.
        reason: Why there is none, and what to do instead.
    """
    kind = UnsupportedImport if _is_import() else UnsupportedName
    return kind(_sentence(name, reason))


def unsupported_import(name: str, reason: str) -> UnsupportedImport:
    """The error for a module that a script imports."""
    return UnsupportedImport(_sentence(name, reason))


def _is_import() -> bool:
    """Whether the script is at `from module import name`, which hides an AttributeError's text."""
    frame = sys._getframe(1)
    file, _ = place()
    while frame.f_back is not None and frame.f_code.co_filename != file:
        frame = frame.f_back
    return opcode.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"
