"""Merge a model's Batch Normalizations into its Dense layers and convolutions, for inference.

Each merged layer is checked: its algebra in float64, and its largest difference in float32 against
a bound, on the data if given and on inputs made to find a difference. For example:

  trimtab fold net.keras --output folded.keras
  trimtab fold net.keras --data test.npz --output folded.onnx
  trimtab fold nets.py:build --check

Exit codes: 0 done, 1 a certificate fails, or with --check: a Batch Normalization stays, 2 the call
or its input is wrong.
"""

from __future__ import annotations

import argparse

from trimtab import batchnorm
from trimtab.cli.output import add_json_argument, say, say_json
from trimtab.cli.sources import add_data_arguments, add_model_argument, data_from, model_from

_ONNX = ".onnx"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add_model_argument(parser)
    add_data_arguments(parser, required=False)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the folded model to this .keras or .onnx"
    )
    parser.add_argument(
        "--check", action="store_true", help="exit code 1 if a Batch Normalization stays"
    )
    parser.add_argument(
        "--no-certificates", action="store_true", help="merge without checking each layer"
    )
    add_json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Folds, writes and reports."""
    if not arguments.check and arguments.output is None:
        raise ValueError("give --output FILE for the folded model, or --check to look only")
    if arguments.output and not arguments.output.endswith((".keras", _ONNX)):
        raise ValueError(f"--output: must end in .keras or .onnx; got {arguments.output!r}")
    model, data = model_from(arguments), data_from(arguments)
    folded, report = batchnorm.fold(
        model, None if data is None else data.x, certify_layers=not arguments.no_certificates
    )
    if arguments.output and report.holds:
        if arguments.output.endswith(_ONNX):
            batchnorm.export_onnx(folded, arguments.output)
        else:
            folded.save(arguments.output)
    if arguments.json:
        say_json({"report": report, "folded": report.folded, "holds": report.holds})
    else:
        say("\n".join([*([] if data is None else [data.description]), str(report)]))
        if arguments.output:
            said = f"The folded model is in {arguments.output}."
            say(said if report.holds else "A certificate fails, so nothing was written.")
    stays = report.folded < len(report.layers)
    return 1 if not report.holds or (arguments.check and stays) else 0
