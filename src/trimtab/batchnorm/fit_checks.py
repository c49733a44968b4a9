"""What `fit` says of a model's Batch Normalization before it trains it: the cheap rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab.batchnorm import catalogue as catalogue
from trimtab.batchnorm.audit_subject import AuditSubject, Training
from trimtab.batchnorm.call_graph import CallGraph
from trimtab.batchnorm.findings import Finding, in_order
from trimtab.batchnorm.rules import RULES
from trimtab.batchnorm.thresholds import thresholds_with

# Of these only errors are told: more training may follow.
_ERRORS_ONLY = frozenset({"BN203"})
# fit warns of these in its own words.
_TOLD_ELSEWHERE = frozenset({"BN201", "BN301"})


def lines(
    model: Any,
    batch_size: int | None,
    rows: int | None,
    steps_per_epoch: int | None,
    epochs: int | None,
    callbacks: Sequence[Any] = (),
) -> list[str]:
    """A line for each warning and error of the cheap rules.

    A model that cannot be followed gives none. Whatever else goes wrong here is told in a line: a
    check must not stop a training.
    """
    try:
        graph = CallGraph(model)
    except ValueError:
        return []
    training = Training(batch_size, rows, steps_per_epoch, epochs, callbacks=tuple(callbacks))
    try:
        subject = AuditSubject(
            model, graph, model.optimizer, training, None, None, thresholds_with(None)
        )
        findings = [
            finding
            for code, rule in sorted(RULES.items())
            if rule.cheap and code not in _TOLD_ELSEWHERE
            for finding in rule.check(subject)
            if _is_told(finding)
        ]
    except Exception as error:
        # Any fault of a rule.
        return [
            f"fit: the checks of batch normalization failed ({type(error).__name__}: {error}); "
            "trimtab.config.set_bn_checks(False) leaves them out"
        ]
    return [_line(finding) for finding in in_order(findings)]


def _is_told(finding: Finding) -> bool:
    if finding.severity == "info":
        return False
    return finding.severity == "error" or finding.code not in _ERRORS_ONLY


def _line(finding: Finding) -> str:
    where = f" '{finding.layer}'" if finding.layer else ""
    return f"{finding.severity} {finding.code}:{where} {finding.message}. Fix: {finding.fix}"
