"""Findings for other programs: SARIF 2.1.0, and baselines of findings that are known."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trimtab.batchnorm.findings import Finding, Report
from trimtab.batchnorm.rules import RULES
from trimtab.lazy import lazy_module
from trimtab.version import __version__

if TYPE_CHECKING:
    import json
else:
    json = lazy_module("json")

_LEVELS = {"info": "note", "warn": "warning", "error": "error"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(report: Report, artifact: str = "") -> dict[str, Any]:
    """A report as a SARIF 2.1.0 log.

    Args:
        report: The report.
        artifact: The file of the model or the script, as the location of findings that name none.
    """
    codes = sorted({finding.code for finding in report.findings})
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "trimtab",
                        "version": __version__,
                        "informationUri": "https://keras.io/api/layers/normalization_layers/",
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "results": [_result(f, codes, artifact) for f in report.findings],
            }
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.condition},
        "fullDescription": {"text": rule.reason},
        "help": {"text": rule.fix},
        "helpUri": rule.source,
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, codes: Sequence[str], artifact: str) -> dict[str, Any]:
    location: dict[str, Any] = {}
    file = str(finding.numbers.get("file", artifact))
    if file:
        place: dict[str, Any] = {"artifactLocation": {"uri": pathlib.PurePath(file).as_posix()}}
        if "line" in finding.numbers:
            place["region"] = {
                "startLine": finding.numbers["line"],
                "startColumn": finding.numbers["column"],
            }
        location["physicalLocation"] = place
    if finding.layer:
        location["logicalLocations"] = [
            {"fullyQualifiedName": finding.layer, "kind": "module", "name": finding.layer}
        ]
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}. Fix: {finding.fix}"},
        "locations": [location] if location else [],
        "partialFingerprints": {"codeAndLayer/v1": finding.key},
    }
    if finding.suppressed:
        result["suppressions"] = [{"kind": "external", "justification": finding.suppressed}]
    return result


def read_baseline(path: str | os.PathLike[str]) -> list[str]:
    """The keys of the findings in a baseline file, as `write_baseline` wrote it.

    Raises:
        ValueError: If the file is no baseline.
        OSError: If it cannot be read.
    """
    try:
        value = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: is no baseline: {error}") from error
    keys = value.get("known") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ValueError(f'{path}: is no baseline: it must hold {{"known": [...]}}')
    return keys


def write_baseline(path: str | os.PathLike[str], report: Report) -> None:
    """Writes the keys of a report's findings to a file, from which `audit` can leave them out."""
    target = pathlib.Path(path)
    temporary = target.with_name(f"{target.name}.tmp{os.getpid()}")
    keys = sorted({finding.key for finding in report.active})
    temporary.write_text(json.dumps({"known": keys}, indent=2) + "\n", encoding="utf-8")
    os.replace(temporary, target)
