"""The registry of rules: what each looks for, why, and what to do."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.thresholds import THRESHOLDS

Check = Callable[[Any], Iterable[Finding]]


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        code: Its code; never given to another rule.
        name: Its name.
        severity: Of its findings, most often or at worst.
        condition: When it finds something.
        fix: What to do, in general.
        source: Where the reason is published.
        fixable: Whether it can be repaired without changing the outputs.
        cheap: Whether `fit` runs it: it looks at nothing but the model and the sizes.
        check: Yields the findings on a subject.
    """

    code: str
    name: str
    severity: str
    condition: str
    fix: str
    source: str
    fixable: bool
    cheap: bool
    check: Check

    @property
    def reason(self) -> str:
        """Why it matters, and where it does not: the docstring of the check."""
        return inspect.cleandoc(self.check.__doc__ or "")

    @property
    def thresholds(self) -> dict[str, float]:
        """The numbers that it compares with."""
        return {n: t.value for n, t in THRESHOLDS.items() if n.startswith(f"{self.code}.")}


RULES: dict[str, Rule] = {}


def rule(
    code: str,
    name: str,
    severity: str,
    *,
    condition: str,
    fix: str,
    source: str,
    fixable: bool = False,
    cheap: bool = False,
) -> Callable[[Check], Check]:
    """Registers the function below it as the check of a rule; its docstring is the reason."""

    def register(check: Check) -> Check:
        RULES[code] = Rule(code, name, severity, condition, fix, source, fixable, cheap, check)
        return check

    return register


def rule_of(code: str) -> Rule:
    """The rule of a code or a name.

    Raises:
        ValueError: If there is none.
    """
    for known in RULES.values():
        if code.upper() == known.code or code.lower() == known.name:
            return known
    raise ValueError(f"there is no rule {code!r}; there are {', '.join(sorted(RULES))}")


def explain_rule(code: str) -> str:
    """What a rule looks for, why, what to do, with which numbers and by whose evidence.

    Args:
        code: A code, such as "BN104", or a name, such as "redundant-bias".

    Raises:
        ValueError: If there is no such rule.
    """
    found = rule_of(code)
    numbers = [
        f"  {name} = {THRESHOLDS[name].value:g}: {THRESHOLDS[name].meaning}"
        for name in found.thresholds
    ]
    parts = [
        f"{found.code} {found.name} ({found.severity})",
        f"When: {found.condition}",
        f"Why: {found.reason}",
        f"Fix: {found.fix}",
        *(["Thresholds:\n" + "\n".join(numbers)] if numbers else []),
        f"Source: {found.source}",
    ]
    return "\n\n".join(parts)


def chosen(
    prefixes: Sequence[str], select: Sequence[str] | None, ignore: Sequence[str] | None
) -> list[Rule]:
    """The rules of some groups, by code.

    Args:
        prefixes: Beginnings of the codes, such as "BN".
        select: Codes, beginnings of codes or names of rules to keep; all if None.
        ignore: Those to leave out.

    Raises:
        ValueError: If a word names no rule.
    """
    for word in [*(select or ()), *(ignore or ())]:
        if not any(_names(word, known) for known in RULES.values()):
            raise ValueError(f"there is no rule {word!r}; there are {', '.join(sorted(RULES))}")
    return [
        known
        for code, known in sorted(RULES.items())
        if code.startswith(tuple(prefixes))
        and (select is None or any(_names(word, known) for word in select))
        and not any(_names(word, known) for word in ignore or ())
    ]


def _names(word: str, known: Rule) -> bool:
    return bool(word) and (known.code.startswith(word.upper()) or known.name == word.lower())
