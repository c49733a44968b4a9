"""Sentences that the text and the report of a study share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trimtab.batchnorm.studies import tuning, verdict
from trimtab.batchnorm.studies.verdict import Comparison

if TYPE_CHECKING:
    from trimtab.batchnorm.studies.result import ArmSummary, Study


def number(value: float) -> str:
    """A number with four digits, "-" for NaN."""
    return f"{value:.4g}" if math.isfinite(value) else "-"


def other(name: str, value: float) -> str:
    """The mean of a metric that does not judge, an accuracy in percent."""
    if "acc" in name and math.isfinite(value):
        return f"{100 * value:.2f} %"
    return number(value)


def ranked(study: Study) -> list[Comparison]:
    """The comparisons, the most telling first."""
    return verdict.ranked(study.comparisons)


def epochs(arm: ArmSummary) -> str:
    """Median epochs to the target, in words."""
    if math.isnan(arm.epochs_to_target):
        return "never" if arm.reached == 0 else f"{arm.reached} of {len(arm.scores)}"
    return f"{arm.epochs_to_target:g} epoch{'' if arm.epochs_to_target == 1 else 's'}"


def judged_by(study: Study) -> str:
    """What judges, the margin, and how fine the judge's scale is."""
    measure, rows = study.measure, study.plan.data.held_out_rows
    name = "loss" if measure.name == "loss" else measure.name
    how = (
        "rows of the test set"
        if study.plan.data.test is not None
        else "rows held out anew for each seed"
    )
    margin = f"{measure.number(measure.margin)}{measure.unit}"
    said = (
        f"{name} after the last of {study.plan.epochs} epochs on {rows:,} {how}; differences "
        f"within ±{margin} count as none ({measure.margin_rule})"
    )
    if measure.in_points:
        mean = sum(arm.mean for arm in study.arms) / len(study.arms)
        noise = 100 * math.sqrt(max(mean * (1 - mean), 0) / rows) if math.isfinite(mean) else 0
        said += (
            f"; one row is {100 / rows:.2g} points, and drawing {rows:,} rows alone spreads it by "
            f"{noise:.2g} points, for all arms alike"
        )
    return said + "."


def target(study: Study) -> str:
    """What the target of the time to target is."""
    return (
        f"target: epochs until a run's held-out {study.measure.name} reaches "
        f"{study.measure.value(study.target)}, the best level that the mean of every arm reaches; "
        "the median of the seeds."
    )


def held_equal(study: Study) -> str:
    """What the arms had in common."""
    equal, common = study.shared
    return (
        f"seed by seed: rows, order of batches, dropout; {equal} of {common} variables and random "
        f"streams that all arms have begin equal, bit for bit; {study.plan.epochs} epochs, batches "
        f"of {study.plan.batch_size}, {study.plan.steps_per_epoch} steps an epoch."
    )


def learning_rates(study: Study) -> str:
    """How learning rates were chosen."""
    if not any(study.trials.values()):
        return (
            "Every arm trained at the rate it is compiled with: the verdict holds at that setting."
        )
    if all(len(found) < 2 for found in study.trials.values()):
        return "Every arm trained at one given rate: the verdict holds at that setting."
    chosen = ", ".join(
        f"{name} {rate:g}" for name, rate in study.chosen.items() if rate is not None
    )
    tried = max((len(found) for found in study.trials.values()), default=0)
    return (
        f"Every arm chose among {tried} learning rates on {tuning.SEEDS} seeds of their own: "
        f"{chosen}."
    )


def remarks(study: Study) -> list[tuple[str, str]]:
    """(label, sentence) of what a careful reader must know beside the verdict."""
    said = [("Rates", learning_rates(study))]
    pairings = [
        f"{c.first} and {c.second} {c.paired.correlation:.2f}"
        for c in study.comparisons
        if c.paired is not None and math.isfinite(c.paired.correlation)
    ]
    if pairings:
        said.append(
            (
                "Pairing",
                f"correlation over the seeds: {', '.join(pairings)}. Near 1 pairing cancels most "
                "of the noise, near 0 it brings nothing.",
            )
        )
    left = [
        (arm.name, arm.start_left) for arm in study.arms if arm.start_left and arm.start_left > 0.01
    ]
    if left:
        shares = ", ".join(f"{name} {100 * share:.2g} %" for name, share in left)
        said.append(
            (
                "Statistics",
                f"after training a part of BN's initial ones is left: {shares}. That makes "
                "held-out scores worse than the network is: train longer, lower `momentum`, or "
                "recalibrate.",
            )
        )
    said += _failures(study)
    if study.seeds < study.planned:
        said.append(
            (
                "Budget",
                f"{study.seeds} of {study.planned} seeds were run by every arm before the budget "
                "was spent; the rest do not count.",
            )
        )
    if len(study.looks) > 1:
        looks = " to ".join(map(str, study.looks))
        said.append(
            (
                "Extended",
                f"from {looks} seeds after a look at the result, so each look is tested at "
                f"{study.alpha:.3g} instead of 0.05.",
            )
        )
    return said


def _failures(study: Study) -> list[tuple[str, str]]:
    reasons: dict[str, list[str]] = {}
    for name, made in study.runs.items():
        for run in made:
            if run.failure:
                reasons.setdefault(run.failure.partition(":")[0], []).append(name)
    return [
        (
            "Failed",
            f"{reason}: "
            + ", ".join(f"{names.count(name)} of {name}" for name in dict.fromkeys(names))
            + ". Failed runs are counted, and left out of means and differences.",
        )
        for reason, names in reasons.items()
    ]
