"""Python 2 to Python 3, by fissix: the kept fork of the converter that Python came with."""

from __future__ import annotations

from trimtab.core import extras

# What old scripts of Keras use; the fixers of libraries that moved need no rewriting here.
_FIXERS = (
    "dict",
    "except",
    "exec",
    "filter",
    "has_key",
    "input",
    "itertools",
    "long",
    "map",
    "ne",
    "next",
    "numliterals",
    "print",
    "raise",
    "raw_input",
    "reduce",
    "repr",
    "types",
    "unicode",
    "urllib",
    "xrange",
    "zip",
    "imports",
)


def to_python_3(source: str, name: str) -> str:
    """Python 2 source as Python 3.

    Raises:
        ValueError: If it is no Python 2.
        ImportError: If fissix is not installed.
    """
    refactor = extras.require("fissix.refactor", "python2", "Converting Python 2 (--python2)")
    pgen2 = extras.require("fissix.pgen2.parse", "python2", "Converting Python 2 (--python2)")
    tool = refactor.RefactoringTool([f"fissix.fixes.fix_{fixer}" for fixer in _FIXERS])
    try:
        return str(tool.refactor_string(source if source.endswith("\n") else source + "\n", name))
    except pgen2.ParseError as error:
        raise ValueError(f"{name}: is neither Python 2 nor Python 3: {error}") from error
