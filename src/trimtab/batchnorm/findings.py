"""What `audit` and `health` find: one object a finding, and reports of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import html
    import json
else:
    html = lazy_module("html")
    json = lazy_module("json")

SEVERITIES = ("info", "warn", "error")


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes:
        code: The rule's code, such as "BN104".
        rule: The rule's name, such as "redundant-bias".
        severity: "info" (a fact or a saving), "warn" (likely harm) or "error" (a wrong result).
        layer: The layer's name with those of the models around it; "" for the model as a whole.
        message: What is the case, with the numbers measured.
        fix: What to do about it.
        source: Where the rule's reason is published.
        fixable: Whether `audit(..., fix=True)` and `--fix` can do it without changing outputs.
        numbers: What was measured, by name.
        thresholds: What it was compared with, by name.
        suppressed: The reason for which the user suppressed it; "" if it counts.
    """

    code: str
    rule: str
    severity: str
    layer: str
    message: str
    fix: str
    source: str
    fixable: bool = False
    numbers: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    thresholds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    suppressed: str = ""

    @property
    def key(self) -> str:
        """What tells the finding from others between two runs: code and layer."""
        return f"{self.code} {self.layer}"

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON can hold it."""
        return dataclasses.asdict(self)

    def lines(self) -> list[str]:
        """The finding as text."""
        where = f" {self.layer}:" if self.layer else ""
        first = f"{self.severity:5} {self.code}{where} {self.message}"
        if self.suppressed:
            return [f"{first} (suppressed: {self.suppressed})"]
        return [first, f"      fix: {self.fix}"]


def worst(severities: Sequence[str]) -> str:
    """The gravest of severities; "" of none."""
    return max(severities, key=SEVERITIES.index, default="")


@dataclasses.dataclass(frozen=True)
class Report:
    """The findings of one run.

    Attributes:
        title: What was looked at.
        findings: The findings, the gravest first.
        notes: Sentences on what could not be looked at.
        known: How many findings a baseline already had.
    """

    title: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    known: int = 0

    @property
    def active(self) -> list[Finding]:
        """The findings that are not suppressed."""
        return [finding for finding in self.findings if not finding.suppressed]

    @property
    def worst(self) -> str:
        """The gravest severity; "" if there are no findings."""
        return worst([finding.severity for finding in self.active])

    def above(self, severity: str) -> list[Finding]:
        """The findings that are graver than `severity`."""
        limit = SEVERITIES.index(severity)
        return [f for f in self.active if SEVERITIES.index(f.severity) > limit]

    def codes(self) -> list[str]:
        """The codes found, in order."""
        return sorted({finding.code for finding in self.active})

    def exit_code(self, fail_on: str = "warn") -> int:
        """0 if nothing is as grave as `fail_on` ("info", "warn", "error"; "never"), else 1."""
        if fail_on == "never":
            return 0
        limit = SEVERITIES.index(fail_on)
        return int(any(SEVERITIES.index(f.severity) >= limit for f in self.active))

    def summary(self) -> str:
        """The numbers of findings, as a sentence."""
        counts = {s: sum(f.severity == s for f in self.active) for s in reversed(SEVERITIES)}
        words = {"error": "error", "warn": "warning", "info": "note"}
        parts = [f"{n} {words[s]}{'s' * (n > 1)}" for s, n in counts.items() if n]
        if self.known:
            parts.append(f"{self.known} known from the baseline")
        return f"{self.title}: {', '.join(parts) or 'nothing found'}"

    def text(self, show_info: bool = True) -> str:
        """The report as text, the notes last."""
        lines = [self.summary()]
        hidden = 0
        for finding in self.findings:
            if finding.severity == "info" and not show_info:
                hidden += 1
                continue
            lines += finding.lines()
        if hidden:
            notes, them = ("note", "it") if hidden == 1 else ("notes", "them")
            lines.append(f"({hidden} {notes} not shown; --show-info shows {them})")
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON can hold it."""
        return {
            "title": self.title,
            "worst": self.worst,
            "findings": [finding.as_dict() for finding in self.findings],
            "notes": list(self.notes),
            "known": self.known,
        }

    def json(self) -> str:
        """The report as JSON text."""
        return json.dumps(self.as_dict(), indent=2, default=_plain)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{f.severity}</td><td>{f.code}</td><td>{html.escape(f.layer)}</td>"
            f"<td>{html.escape(f.message)}</td><td>{html.escape(f.fix)}</td></tr>"
            for f in self.active
        )
        head = "<tr><th></th><th>rule</th><th>layer</th><th>what</th><th>fix</th></tr>"
        table = f"<table>{head}{rows}</table>" if rows else ""
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<p><b>{html.escape(self.summary())}</b></p>{table}{notes}"

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The gravest first, then by code; those of a code stay in their order."""
    return tuple(sorted(findings, key=lambda f: (-SEVERITIES.index(f.severity), f.code)))


def _plain(value: Any) -> Any:
    """A NumPy number as Python's."""
    return value.item() if hasattr(value, "item") else str(value)
