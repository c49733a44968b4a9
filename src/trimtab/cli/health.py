"""Measure whether a model's Batch Normalization works: training against inference, on data.

The same rows run with the statistics of their batches, with the moving ones and with exact ones;
the gap is split into its causes, and the layer named where it starts. For example:

  trimtab health net.keras train.npz --batch-size 32
  trimtab health net.keras train.csv --target price --validation valid.csv
  trimtab health nets.py:build nets.py:data --json

Exit codes: 0 nothing as grave as --fail-on (warn, unless given), 1 something, 2 the call or its
input is wrong.
"""

from __future__ import annotations

import argparse
import json

from trimtab import batchnorm
from trimtab.batchnorm.report_formats import sarif
from trimtab.cli.audit import add_report_arguments, choices, finish
from trimtab.cli.output import say
from trimtab.cli.sources import (
    add_data_arguments,
    add_model_argument,
    data_from,
    load_data,
    model_from,
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add_model_argument(parser)
    add_data_arguments(parser)
    parser.add_argument("--validation", metavar="DATA", help="held-out data, of the same kind")
    parser.add_argument(
        "--batch-size", type=int, default=32, metavar="N", help="rows a batch, as in training; 32"
    )
    parser.add_argument(
        "--most-rows", type=int, default=10_000, metavar="N", help="how many to measure on; 10,000"
    )
    parser.add_argument("--seed", type=int, default=0, help="of their choice and order; 0")
    parser.add_argument("--no-shuffle", action="store_true", help="the model trains unshuffled")
    parser.add_argument("--sarif", action="store_true", help="print a SARIF 2.1.0 log")
    add_report_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measures and reports."""
    model = model_from(arguments)
    data = data_from(arguments)
    if data is None:
        raise ValueError("give data to measure on")
    held_out = None
    if arguments.validation:
        other = load_data(arguments.validation, arguments.target)
        held_out = (other.x, other.targets_for(model))
    report = batchnorm.health(
        model,
        data.x,
        data.targets_for(model),
        batch_size=arguments.batch_size,
        validation_data=held_out,
        shuffle=not arguments.no_shuffle,
        rows=arguments.most_rows,
        seed=arguments.seed,
        **choices(arguments),
    )
    if arguments.sarif:
        say(json.dumps(sarif(report), indent=2, default=str))
        return report.exit_code(arguments.fail_on)
    if not arguments.json:
        say(data.description)
    return finish(report, arguments, arguments.model)
