"""How a rule words what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.rules import RULES


class Labelled(Protocol):
    """A place in a model with a name for people."""

    @property
    def label(self) -> str:
        """The layer's name with those of the models around it."""


class Finder:
    """What rules look at, and make their findings with.

    Attributes:
        thresholds: The numbers to compare with, by name.
    """

    thresholds: Mapping[str, float]

    def finding(
        self,
        code: str,
        severity: str,
        where: Labelled | str,
        message: str,
        *,
        fix: str | None = None,
        fixable: bool = False,
        **numbers: Any,
    ) -> Finding:
        """A finding of a rule; what the registry knows of the rule is filled in."""
        known = RULES[code]
        return Finding(
            code,
            known.name,
            severity,
            where if isinstance(where, str) else where.label,
            message,
            known.fix if fix is None else fix,
            known.source,
            fixable,
            numbers,
            {n: v for n, v in self.thresholds.items() if n.startswith(f"{code}.")},
        )
