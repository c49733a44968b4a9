"""Find faults in how a model uses Batch Normalization, without running it.

MODEL is a .keras or .h5 file, MODULE:FUNCTION that builds one, or a script: of a .py file without
a function the text is read, for layers that are made and never added. For example:

  trimtab audit net.keras --batch-size 32 --epochs 20 --data train.npz
  trimtab audit nets.py:build --ignore BN104 --fail-on error
  trimtab audit train.py
  trimtab audit net.keras --fix --output better.keras
  trimtab audit --explain BN203

--suppress "BN110 encoder/bn=the inputs are alike" marks a finding as accepted; --write-baseline
FILE notes all findings of today, and --baseline FILE leaves them out from then on.

Exit codes: 0 nothing as grave as --fail-on (warn, unless given), 1 something, 2 the call or its
input is wrong.
"""

from __future__ import annotations

import argparse
import json
import pathlib
from typing import Any

from trimtab import batchnorm
from trimtab.batchnorm.catalogue import RULES
from trimtab.batchnorm.findings import Report
from trimtab.batchnorm.repairing import largest_difference, repair
from trimtab.batchnorm.report_formats import read_baseline, sarif, write_baseline
from trimtab.batchnorm.rules import explain_rule
from trimtab.batchnorm.script_check import audit_script
from trimtab.cli.output import add_json_argument, say, say_json
from trimtab.cli.sources import MODEL_HELP, add_data_arguments, data_from, model_from

_FAIL_ON = ("info", "warn", "error", "never")


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("model", nargs="?", metavar="MODEL", help=f"{MODEL_HELP}; or a .py script")
    parser.add_argument(
        "--import",
        dest="imports",
        metavar="MODULE",
        action="append",
        default=[],
        help="a module to import first, such as the one that registers the model's own layers",
    )
    add_data_arguments(parser, required=False)
    parser.add_argument("--batch-size", type=int, metavar="N", help="rows a batch of training")
    parser.add_argument("--epochs", type=int, metavar="N", help="epochs of training")
    parser.add_argument("--steps-per-epoch", type=int, metavar="N", help="batches an epoch")
    parser.add_argument(
        "--validation-split", type=float, default=0.0, metavar="PART", help="as fit will get it"
    )
    parser.add_argument("--no-shuffle", action="store_true", help="fit will not shuffle the rows")
    parser.add_argument("--ordered", action="store_true", help="the rows' order must be kept")
    add_report_arguments(parser)
    parser.add_argument("--sarif", action="store_true", help="print a SARIF 2.1.0 log")
    parser.add_argument("--explain", metavar="CODE", help="say what a rule looks for, and why")
    parser.add_argument("--list", action="store_true", help="list the rules")
    parser.add_argument(
        "--fix", action="store_true", help="repair what can be without changing an output"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="with --fix: the new .keras file")


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `audit` and `health` share: which findings count, and how they are printed."""
    add_json_argument(parser)
    parser.add_argument(
        "--select", nargs="+", metavar="CODE", help="only these rules: codes or their beginnings"
    )
    parser.add_argument("--ignore", nargs="+", metavar="CODE", help="not these rules")
    parser.add_argument(
        "--suppress",
        action="append",
        default=[],
        metavar="CODE[ LAYER]=REASON",
        help="accept a finding, of one layer or of all; may be given several times",
    )
    parser.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="another threshold, such as BN203.warn=0.1; may be given several times",
    )
    parser.add_argument("--baseline", metavar="FILE", help="leave out the findings noted there")
    parser.add_argument("--write-baseline", metavar="FILE", help="note all findings in this file")
    parser.add_argument(
        "--fail-on", choices=_FAIL_ON, default="warn", help="exit code 1 from here on; warn"
    )
    parser.add_argument("--show-info", action="store_true", help="print notes too")


def run(arguments: argparse.Namespace) -> int:
    """Audits and reports."""
    if arguments.explain:
        say(explain_rule(arguments.explain))
        return 0
    if arguments.list:
        say("\n".join(f"{r.code} {r.severity:5} {r.name}: {r.condition}" for r in listed()))
        return 0
    if arguments.model is None:
        raise ValueError("give a model or a script, or --explain CODE")
    if arguments.model.endswith(".py"):
        return finish(audit_script(arguments.model), arguments, arguments.model)
    model = model_from(arguments)
    if arguments.fix:
        return _fix(model, arguments)
    data = data_from(arguments)
    report = batchnorm.audit(
        model,
        data=None if data is None else (data.x, data.y),
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        steps_per_epoch=arguments.steps_per_epoch,
        validation_split=arguments.validation_split,
        shuffle=not arguments.no_shuffle,
        ordered=arguments.ordered,
        **choices(arguments),
    )
    return finish(report, arguments, arguments.model)


def listed() -> list[Any]:
    """All rules by code."""
    return [RULES[code] for code in sorted(RULES)]


def choices(arguments: argparse.Namespace) -> dict[str, Any]:
    """The keyword arguments that `add_report_arguments` stands for."""
    return {
        "select": arguments.select,
        "ignore": arguments.ignore,
        "suppress": dict(_pair(text, "--suppress") for text in arguments.suppress),
        "baseline": read_baseline(arguments.baseline) if arguments.baseline else (),
        "thresholds": {
            name: _number(name, value)
            for name, value in (_pair(text, "--threshold") for text in arguments.threshold)
        },
    }


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise ValueError(f"{option}: must be NAME=VALUE; got {text!r}")
    return name.strip(), value.strip()


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"--threshold: {name} must be a number; got {text!r}") from error


def finish(report: Report, arguments: argparse.Namespace, artifact: str) -> int:
    """Prints a report as asked for, writes the baseline, and returns the exit code."""
    if arguments.write_baseline:
        write_baseline(arguments.write_baseline, report)
    if getattr(arguments, "sarif", False):
        is_file = pathlib.Path(artifact).exists()
        say(json.dumps(sarif(report, artifact if is_file else ""), indent=2, default=str))
    elif arguments.json:
        say_json(report.as_dict())
    else:
        say(report.text(show_info=arguments.show_info))
    return report.exit_code(arguments.fail_on)


def _fix(model: Any, arguments: argparse.Namespace) -> int:
    if not arguments.output:
        raise ValueError("--fix: give --output FILE for the repaired model; the old one stays")
    repaired = repair(model, arguments.select, arguments.ignore)
    difference = largest_difference(model, repaired.model)
    repaired.model.save(arguments.output)
    if arguments.json:
        say_json(
            {
                "changes": list(repaired.changes),
                "largest_difference": difference,
                "output": arguments.output,
            }
        )
        return 0
    say(str(repaired))
    say(
        f"largest difference of the outputs: {difference:.1e} of the largest; the model is in "
        f"{arguments.output}"
    )
    return 0
