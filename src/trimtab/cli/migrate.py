"""Rewrite scripts and notebooks for Keras 0.x, 1.x, 2.x and tf.keras to today's Keras 3 source.

Comments and layout stay. Arguments get today's names, values that changed meaning are written out,
and what cannot be rewritten is listed with its line and left as it was. Migrating a second time
changes nothing. Without an option the new source is printed. For example:

  trimtab migrate --diff old_script.py
  trimtab migrate --in-place src/*.py analysis.ipynb
  trimtab migrate --check train.py
  trimtab migrate --to trimtab train.py > train_today.py

Exit codes: 0 done, 1 with --check: a file would change, 2 a file is no Python 3 or no notebook.
"""

from __future__ import annotations

import argparse
import difflib
import pathlib
import sys
from dataclasses import dataclass

from trimtab.cli.output import add_json_argument, say_json
from trimtab.compat.migration.notebooks import migrate_notebook
from trimtab.compat.migration.python2 import to_python_3
from trimtab.compat.migration.source import TARGETS, Migrated, migrate_source
from trimtab.compat.tables import ERAS
from trimtab.saving.files import written


@dataclass(frozen=True)
class _Done:
    path: str
    old: str
    new: str
    migrated: Migrated

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.old != self.new


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help=".py or .ipynb")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--diff", action="store_true", help="print the changes as a diff")
    way.add_argument("--in-place", action="store_true", help="write the files")
    way.add_argument("--check", action="store_true", help="write nothing; 1 if one would change")
    parser.add_argument("--to", choices=TARGETS, default="keras", help="what the source imports")
    parser.add_argument(
        "--dialect",
        metavar="ERA",
        help=f"{', '.join(ERAS)}, or a version such as 1.0.8; found in the code if left out",
    )
    parser.add_argument(
        "--python2", action="store_true", help="convert Python 2 to Python 3 first, by fissix"
    )
    add_json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Migrates the files; all are read before the first is written."""
    done = [_migrated(path, arguments) for path in arguments.files]
    if arguments.in_place:
        for one in done:
            if one.changed:
                _write(one)
    if arguments.json:
        say_json([_plain(one) for one in done])
    else:
        _show(done, arguments)
    return int(arguments.check and any(one.changed for one in done))


def _migrated(path: str, arguments: argparse.Namespace) -> _Done:
    text = pathlib.Path(path).read_bytes().decode("utf-8")
    old = text
    if path.endswith(".ipynb"):
        new, migrated = migrate_notebook(text, arguments.dialect, arguments.to, path)
        return _Done(path, old, new, migrated)
    if arguments.python2:
        text = to_python_3(text, path)
    migrated = migrate_source(text, arguments.dialect, arguments.to, path)
    return _Done(path, old, migrated.source, migrated)


def _write(one: _Done) -> None:
    mode = pathlib.Path(one.path).stat().st_mode
    with written(one.path) as temporary:
        temporary.write_bytes(one.new.encode("utf-8"))
        temporary.chmod(mode)


def _show(done: list[_Done], arguments: argparse.Namespace) -> None:
    for one in done:
        if arguments.diff:
            lines = difflib.unified_diff(
                one.old.splitlines(keepends=True),
                one.new.splitlines(keepends=True),
                one.path,
                f"{one.path} (Keras 3)",
            )
            sys.stdout.write("".join(lines))
        elif not (arguments.in_place or arguments.check):
            sys.stdout.write(one.new)
    report = "\n".join(_report(one) for one in done)
    print(report, file=sys.stderr)  # noqa: T201 - beside the source on standard output


def _report(one: _Done) -> str:
    found = one.migrated
    title = ERAS[found.era].title if found.era in ERAS else f"Keras {found.era}"
    count = len(found.changes)
    lines = [
        f"{one.path}: {title}, "
        + (f"{count} change{'s' if count != 1 else ''}" if one.changed else "nothing to change")
    ]
    lines += [f"  line {remark.line}: note: {remark.text}" for remark in found.approximations]
    lines += [f"  line {remark.line}: left as it was: {remark.text}" for remark in found.left]
    return "\n".join(lines)


def _plain(one: _Done) -> dict[str, object]:
    return {
        "path": one.path,
        "era": one.migrated.era,
        "changed": one.changed,
        "changes": list(one.migrated.changes),
        "notes": list(one.migrated.approximations),
        "left": list(one.migrated.left),
        "source": one.new,
    }
