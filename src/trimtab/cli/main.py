"""The entry point of `trimtab`: finds the command's module, and imports no other.

A command's module has a docstring, whose first line is its help in the list of commands and whose
rest (with an example) is its `--help`, and two functions: `configure(parser)` adds its arguments,
`run(arguments)` does the work and returns the exit code.

Exit codes: 0 all is well, 1 the command found something or a figure fails, 2 the call or its
input is wrong.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import pathlib
import sys
from collections.abc import Sequence

from trimtab.version import __version__

# Name of each command, and of the module in this package that defines it.
COMMANDS: dict[str, str] = {
    "audit": "audit",
    "explain": "explain",
    "fold": "fold",
    "health": "health",
    "info": "info",
    "migrate": "migrate",
    "place": "place",
    "recalibrate": "recalibrate",
    "run": "run",
    "study": "study",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command that `argv` names; returns its exit code.

    Args:
        argv: The words of the command line after the program's name; those of the process if None.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(words)
    arguments = parser.parse_args(words)
    if arguments.command is None:
        parser.print_help()
        return 2
    try:
        return int(importlib.import_module(_module(arguments.command)).run(arguments))
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"trimtab {arguments.command}: {error}", file=sys.stderr)  # noqa: T201
        return 2


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser, with the arguments of the command that is named in `words` only."""
    parser = argparse.ArgumentParser(
        prog="trimtab", description="Keras on a fast CPU engine, with Batch Normalization first."
    )
    parser.add_argument("--version", action="version", version=f"trimtab {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    named = next((word for word in words if word in COMMANDS), None)
    for name in COMMANDS:
        help_line, _, description = _docstring(name).partition("\n")
        command = commands.add_parser(
            name,
            help=help_line,
            description=f"{help_line}\n{description}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == named:
            importlib.import_module(_module(name)).configure(command)
    return parser


def _module(command: str) -> str:
    return f"trimtab.cli.{COMMANDS[command]}"


def _docstring(command: str) -> str:
    """The docstring of a command's module, read without importing it."""
    path = pathlib.Path(__file__).with_name(f"{COMMANDS[command]}.py")
    return ast.get_docstring(ast.parse(path.read_text())) or ""
