"""What is wrong with the names that `compile` was given, all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trimtab import optimizers
from trimtab.core import naming, tree
from trimtab.training.resolve import require_known_loss, require_known_metric


def compile_problems(arguments: Mapping[str, Any]) -> list[str]:
    """One sentence for each optimizer, loss and metric among `arguments` whose name is unknown."""
    checks: list[tuple[Callable[[Any], Any], Any]] = []
    if isinstance(arguments.get("optimizer"), str):
        checks.append((optimizers.get, arguments["optimizer"]))
    for part in tree.flatten(arguments.get("loss")):
        if isinstance(part, str):
            checks.append((require_known_loss, part))
    for name in ("metrics", "weighted_metrics"):
        for part in tree.flatten(arguments.get(name)):
            if isinstance(part, str):
                checks.append((require_known_metric, part))
    problems = []
    for check, value in checks:
        try:
            with naming.counts_kept():
                check(value)
        except (ValueError, TypeError) as error:
            problems.append(str(error))
    return problems
