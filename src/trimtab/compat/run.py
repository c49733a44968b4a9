"""Runs a script of any era of Keras as `python script.py` would, on trimtab."""

from __future__ import annotations

import ast
import builtins
import os
import sys
import traceback
from collections.abc import Sequence
from types import CodeType, ModuleType, TracebackType
from typing import TextIO

import numpy as np

from trimtab.compat.detect import detect
from trimtab.compat.dialect import Dialect
from trimtab.compat.errors import UNSUPPORTED
from trimtab.compat.installation import Installation
from trimtab.compat.journal import Journal
from trimtab.core import settings

# Exit code of a script that cannot run here, and of one that raised.
_CANNOT_RUN, _RAISED = 2, 1


def read_script(path: str) -> tuple[ast.Module, CodeType]:
    """The parsed and the compiled script.

    Raises:
        ValueError: If it is no Python 3, in one sentence with the line.
        OSError: If it cannot be read.
    """
    with open(path, "rb") as file:
        source = file.read()
    try:
        tree = ast.parse(source, path)
        return tree, compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise ValueError(_syntax_sentence(path, error)) from error
    except ValueError as error:
        raise ValueError(f"{path}: is no Python source ({error})") from error


def _syntax_sentence(path: str, error: SyntaxError) -> str:
    if error.lineno is None:
        return f"{path}: is no Python source ({error.msg})"
    where = f"{os.path.basename(path)}, line {error.lineno}"
    text = (error.text or "").strip()
    if "print" in error.msg and text.startswith("print"):
        return (
            f"{where}: is Python 2, which prints without parentheses ({text}); write print(...), "
            "or convert the file with 2to3 first"
        )
    if text.startswith(("exec ", "except ")) or "except" in error.msg:
        return f"{where}: is Python 2 ({text}); convert the file with 2to3 first"
    return f"{where}: {error.msg} ({text})"


def run_script(
    path: str,
    arguments: Sequence[str] = (),
    dialect: str | None = None,
    stream: TextIO | None = None,
    quiet: bool = False,
) -> int:
    """Runs a script as `__main__`; returns the exit code.

    Args:
        path: The script.
        arguments: What follows its name in `sys.argv`.
        dialect: Era or version; found in the script if None.
        stream: Where the record goes when the script has ended; standard error if None.
        quiet: Whether to leave the record out.

    Raises:
        ValueError: If the script is no Python 3, or there is no such dialect.
        OSError: If it cannot be read.
    """
    stream = stream or sys.stderr
    tree, code = read_script(path)
    found = None if dialect is not None else detect(tree)
    rules = Dialect(dialect or (found.era if found else "keras3"), Journal(script=path))
    installed = Installation(rules)
    aliases = _numpy_aliases(rules, tree)
    ordering = settings.image_data_format()
    if rules.version < (1, 1, 0):
        settings.set_image_data_format("channels_first")
    try:
        return _execute(path, code, arguments, stream)
    finally:
        sys.stdout.flush()
        installed.remove()
        settings.set_image_data_format(ordering)
        for name in aliases:
            delattr(np, name)
        if not quiet:
            _report(rules, found is not None, stream)


# Names that NumPy had for Python's own types until 1.24.
_NUMPY_ALIASES: dict[str, type] = {
    "float": float,
    "int": int,
    "bool": bool,
    "object": object,
    "str": str,
    "complex": complex,
}


def _numpy_aliases(rules: Dialect, tree: ast.Module) -> list[str]:
    """Gives NumPy the names it had in the time of an old script; returns those."""
    if not rules.is_old:
        return []
    added = [name for name in _NUMPY_ALIASES if name not in vars(np)]
    for name in added:
        setattr(np, name, _NUMPY_ALIASES[name])
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            continue
        if node.value.id in ("np", "numpy") and node.attr in added:
            key = (rules.journal.script, node.lineno, f"{node.value.id}.{node.attr}")
            rules.journal.translated[key] = node.attr
    return added


def _execute(path: str, code: CodeType, arguments: Sequence[str], stream: TextIO) -> int:
    main = ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=builtins, __spec__=None)
    outer = sys.argv, sys.path[:], sys.modules["__main__"]
    sys.argv = [path, *arguments]
    sys.path[0:1] = [os.path.dirname(os.path.abspath(path))]
    sys.modules["__main__"] = main
    try:
        exec(code, main.__dict__)
    except SystemExit as stop:
        return _exit_code(stop, stream)
    except UNSUPPORTED as error:
        print(f"trimtab run: {error}", file=stream)
        return _CANNOT_RUN
    except Exception as error:
        _print_error(error, stream)
        return _RAISED
    finally:
        sys.argv, sys.path[:], sys.modules["__main__"] = outer
    return 0


def _exit_code(stop: SystemExit, stream: TextIO) -> int:
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code
    print(stop.code, file=stream)
    return 1


def _print_error(error: Exception, stream: TextIO) -> None:
    """The traceback from the script's first line on, as Python prints it."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace, file=stream)


def _report(rules: Dialect, is_found: bool, stream: TextIO) -> None:
    journal = rules.journal
    if not journal.translated and not journal.approximated:
        return
    how = "found in the code; --dialect sets another" if is_found else "as --dialect says"
    print(f"\ntrimtab run: read as {rules.label} ({how}).", file=stream)
    journal.report(stream)
