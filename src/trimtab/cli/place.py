"""Put Batch Normalization before the activations of a model, behind them, or take it out.

Kernels are kept, biases without effect go, residual paths and the output stay as they are. The new
model is written to the file of --output; the old one stays. For example:

  trimtab place net.keras --where before --output net_bn.keras
  trimtab place nets.py:build --where after --layers conv1 conv2 -o net_bn.keras
  trimtab place net.keras --where before --check

Exit codes: 0 done (with --check: all is in place already), 1 with --check: a Batch Normalization
would be added, moved or removed, 2 the call or its input is wrong.
"""

from __future__ import annotations

import argparse
from typing import Any

from trimtab import batchnorm
from trimtab.batchnorm.placing import PLACES, STARTS
from trimtab.cli.output import add_json_argument, say, say_json
from trimtab.cli.sources import add_model_argument, model_from

_CHANGES = ("added", "moved", "removed")


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add_model_argument(parser)
    parser.add_argument("--where", choices=PLACES, default="before", help="default: before")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the new model to this .keras")
    parser.add_argument("--layers", nargs="+", metavar="NAME", help="only these activations")
    parser.add_argument(
        "--start",
        choices=STARTS,
        default="fresh",
        help="fresh: as in a new network; same: changes no output until it is trained",
    )
    parser.add_argument("--momentum", type=float, help="of the new layers, in [0, 1)")
    parser.add_argument("--epsilon", type=float, help="of the new layers")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 if something would change"
    )
    add_json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Places and reports."""
    if arguments.check == (arguments.output is not None):
        raise ValueError("give --output FILE for the new model, or --check to change nothing")
    options: dict[str, Any] = {
        name: value
        for name in ("momentum", "epsilon")
        if (value := getattr(arguments, name)) is not None
    }
    model, report = batchnorm.place(
        model_from(arguments),
        arguments.where,
        layers=arguments.layers,
        start=arguments.start,
        **options,
    )
    changes = sum(report.count(action) for action in _CHANGES)
    if arguments.output:
        model.save(arguments.output)
    if arguments.json:
        say_json({"report": report, "changes": changes, "output": arguments.output})
    else:
        say(str(report))
        say(_ending(changes, arguments))
    return 1 if arguments.check and changes else 0


def _ending(changes: int, arguments: argparse.Namespace) -> str:
    plural = "" if changes == 1 else "s"
    if arguments.check:
        return f"{changes} place{plural} would change." if changes else "All is in place."
    return f"{changes} place{plural} changed; the new model is in {arguments.output}."
