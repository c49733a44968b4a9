"""Set the moving statistics of a model's Batch Normalizations to those of data.

Measured layer by layer with dropout off, so they depend neither on the size of batches nor on the
order of rows. Give the data that the model was trained on. For example:

  trimtab recalibrate net.keras train.npz --output net_recalibrated.keras
  trimtab recalibrate nets.py:build table.csv --target class --mode quick -o net.keras
  trimtab recalibrate net.keras train.npz --check --tolerance 0.2

Exit codes: 0 done (with --check: the statistics are right), 1 with --check: a mean is off by more
than the tolerance, in deviations, or a variance by more than a factor of 1 + tolerance, 2 the call
or its input is wrong.
"""

from __future__ import annotations

import argparse

from trimtab import batchnorm
from trimtab.batchnorm.recalibrating import MODES, Recalibration
from trimtab.cli.output import add_json_argument, say, say_json
from trimtab.cli.sources import add_data_arguments, add_model_argument, data_from, model_from


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add_model_argument(parser)
    add_data_arguments(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="write the model to this .keras")
    parser.add_argument("--mode", choices=MODES, default="exact", help="quick: one pass only")
    parser.add_argument("--layers", nargs="+", metavar="NAME", help="only these; all that train")
    parser.add_argument("--batch-size", type=int, default=256, metavar="N", help="default: 256")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 if the statistics are off"
    )
    parser.add_argument(
        "--tolerance", type=float, default=0.1, metavar="T", help="for --check; default: 0.1"
    )
    add_json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Recalibrates and reports."""
    if arguments.check == (arguments.output is not None):
        raise ValueError("give --output FILE for the model, or --check to change nothing")
    model, data = model_from(arguments), data_from(arguments)
    assert data is not None  # noqa: S101 - the argument is required
    y = data.targets_for(model) if getattr(model, "compiled", False) else None
    report = batchnorm.recalibrate(
        model,
        data.x,
        y,
        mode=arguments.mode,
        layers=arguments.layers,
        batch_size=arguments.batch_size,
    )
    stale = stale_layers(report, arguments.tolerance)
    if arguments.output:
        model.save(arguments.output)
    if arguments.json:
        say_json({"report": report, "stale": stale, "output": arguments.output})
    else:
        say(data.description)
        say(str(report))
        if arguments.check:
            say(f"Off: {', '.join(stale)}." if stale else "The statistics are right.")
        else:
            say(f"The recalibrated model is in {arguments.output}.")
    return 1 if arguments.check and stale else 0


def stale_layers(report: Recalibration, tolerance: float) -> list[str]:
    """Names of the layers whose statistics were off by more than a tolerance."""
    return [
        layer.layer
        for layer in report.layers
        if layer.mean_shift > tolerance
        or layer.variance_ratio[1] > 1 + tolerance
        or layer.variance_ratio[0] < 1 / (1 + tolerance)
    ]
