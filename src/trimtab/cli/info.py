"""Say which version of Keras wrote a file, and what it holds.

Reads whole models and files of weights of Keras 0.x to 3, tf.keras and trimtab, without making the
model. For example:

  trimtab info net.h5
  trimtab info --json net.keras weights.h5

Exit codes: 0 all files are models or weights, 2 a file is none or cannot be read.
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any

from trimtab.cli.output import add_json_argument, say, say_json
from trimtab.saving.description import FileDescription, describe_file


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help=".keras, .h5 or .weights.h5")
    add_json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Describes the files."""
    found = [describe_file(path) for path in arguments.files]
    if arguments.json:
        say_json([_plain(description) for description in found])
        return 0
    say("\n\n".join(_text(description) for description in found))
    return 0


def _plain(found: FileDescription) -> dict[str, Any]:
    version = found.origin.version
    return {
        "path": found.path,
        "layout": found.layout,
        "keras_version": ".".join(map(str, version)) if version else None,
        "version_is_recorded": found.origin.is_recorded,
        "backend": found.origin.backend,
        "saved": found.saved,
        "model": found.model,
        "layers": list(found.layers),
        "batch_normalizations": [arguments for _, arguments in found.batch_normalizations],
        "compiled": found.compiled,
        "parameters": found.parameters,
        "arrays": found.arrays,
    }


def _text(found: FileDescription) -> str:
    writer = found.origin.text
    if found.origin.backend:
        writer += f" on {found.origin.backend}"
    if not found.origin.is_recorded and found.origin.version is not None:
        writer += ", told from the form of the file, which names no version"
    lines = [found.path, f"  written by     {writer}", f"  holds          {found.layout}"]
    if found.saved:
        lines.append(f"  saved          {found.saved}")
    if found.model:
        kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(found.layers).items())
        lines += [f"  model          {found.model}: {kinds}"]
        lines.append(f"  compiled       {found.compiled or 'no'}")
    lines.append(f"  weights        {found.parameters:,} numbers in {found.arrays} arrays")
    for name, arguments in found.batch_normalizations:
        given = ", ".join(
            f"{key}={arguments[key]!r}"
            for key in ("axis", "momentum", "epsilon", "center", "scale", "trainable")
            if key in arguments
        )
        lines.append(f"  normalization  {name}: {given}")
    return "\n".join(lines)
