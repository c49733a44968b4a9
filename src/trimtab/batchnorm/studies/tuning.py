"""The same small grid of learning rates for every arm, tried on seeds that judge nothing else."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.batchnorm.studies.arms import Arm, ArmFacts
from trimtab.batchnorm.studies.runs import TUNING, Job, Run

FACTORS = (1 / 3, 1.0, 3.0)
SEEDS = 3


@dataclasses.dataclass(frozen=True)
class Trial:
    """A learning rate and what it came to.

    Attributes:
        learning_rate: The rate.
        mean: Mean held-out value over the tuning seeds; NaN if a run failed or is missing.
        failures: How many runs failed.
        runs: How many were made.
    """

    learning_rate: float
    mean: float
    failures: int
    runs: int


def grid(rates: Any, arms: Sequence[Arm], facts: Mapping[str, ArmFacts]) -> dict[str, list[float]]:
    """Rates to try, for each arm; none where there is nothing to choose.

    Args:
        rates: "auto" for a third of an arm's own rate, the rate and three times it; rates; or None.
        arms: The arms.
        facts: What is known of them.

    Raises:
        ValueError: If a rate is no positive number.
    """
    if rates is None:
        return {arm.name: [] for arm in arms}
    if isinstance(rates, str):
        if rates != "auto":
            raise ValueError(
                f"study: `learning_rates` must be 'auto', numbers, or None for no tuning; got "
                f"{rates!r}"
            )
        return {arm.name: _around(facts[arm.name].learning_rate) for arm in arms}
    listed = [float(rate) for rate in rates]
    if not listed or not all(math.isfinite(rate) and rate > 0 for rate in listed):
        raise ValueError(f"study: `learning_rates` must be positive numbers; got {list(rates)}")
    return {arm.name: sorted(set(listed)) for arm in arms}


def jobs(rates: Mapping[str, Sequence[float]]) -> list[Job]:
    """The runs that choosing takes, all arms and rates of one seed before the next seed."""
    return [
        Job(arm, TUNING, index, rate)
        for index in range(SEEDS)
        for arm, listed in rates.items()
        for rate in listed
        if len(listed) > 1
    ]


def trials(rates: Sequence[float], arm: str, runs: Mapping[Job, Run], metric: str) -> list[Trial]:
    """What the rates of one arm came to."""
    found = []
    for rate in rates:
        made = [runs[job] for i in range(SEEDS) if (job := Job(arm, TUNING, i, rate)) in runs]
        failures = sum(bool(run.failure) for run in made)
        is_usable = made and not failures
        mean = float(np.mean([run.score(metric) for run in made])) if is_usable else math.nan
        found.append(Trial(rate, mean, failures, len(made)))
    return found


def best(found: Sequence[Trial], sign: int, own: float | None) -> float | None:
    """The rate with the best mean; the smallest if all failed; `own` if none was tried.

    Args:
        found: The trials of an arm.
        sign: 1 if larger is better, else -1.
        own: The rate that the arm was compiled with.
    """
    if len(found) == 1:
        return found[0].learning_rate
    complete = [trial for trial in found if trial.runs == max((t.runs for t in found), default=0)]
    usable = [trial for trial in complete if math.isfinite(trial.mean)]
    if usable:
        return max(
            usable, key=lambda trial: (sign * trial.mean, -trial.learning_rate)
        ).learning_rate
    tried = [trial for trial in found if trial.runs]
    return min(trial.learning_rate for trial in tried) if tried else own


def _around(rate: float | None) -> list[float]:
    # Three digits: what is printed is what was used.
    return [] if rate is None else [float(f"{rate * factor:.3g}") for factor in FACTORS]
