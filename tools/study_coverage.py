"""Measure what a study's statistics hold, and write docs/study_coverage.md.

Two tables: how often nominal 95 % intervals of a mean paired difference contain the true one, and
how often simulated studies, whose truth is known, come to which verdict. Both use the library's own
functions where it has them. About two minutes; the numbers are the same every time.
"""

import math
import pathlib
from collections import Counter

import numpy as np
from scipy.special import ndtr, ndtri

from trimtab.batchnorm.studies import statistics, verdict
from trimtab.batchnorm.studies.verdict import Measure, Scores

PAGE = pathlib.Path(__file__).resolve().parents[1] / "docs" / "study_coverage.md"
REPLICATES, RESAMPLES, STUDIES = 2000, 999, 400
SIZES = (3, 5, 8, 10, 15, 20, 30)
# The mean of a lognormal of shape 0.75.
LOGNORMAL_MEAN = math.exp(0.75**2 / 2)


def draw(kind: str, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[np.ndarray, float]:
    """Differences of a kind, and their true mean."""
    if kind == "normal":
        return rng.normal(size=shape), 0.0
    if kind == "t with 3 degrees of freedom":
        return rng.standard_t(3, size=shape), 0.0
    if kind == "skewed (lognormal, 0.75)":
        return rng.lognormal(0.0, 0.75, size=shape), LOGNORMAL_MEAN
    failed = rng.random(shape) < 0.05
    return np.where(failed, -8.0, rng.normal(size=shape)), 0.05 * -8.0


INTERVALS = ("**paired t**", "percentile", "BCa")
KINDS = (
    "normal",
    "t with 3 degrees of freedom",
    "skewed (lognormal, 0.75)",
    "5 % failures at -8 deviations",
)


def coverages(kind: str, n: int) -> tuple[float, float, float]:
    """Shares in which Student's, the percentile and the BCa interval hold the true mean."""
    rng = np.random.default_rng([n, KINDS.index(kind)])
    d, truth = draw(kind, rng, (REPLICATES, n))
    error = d.std(axis=1, ddof=1) / math.sqrt(n)
    students = [
        low <= truth <= high
        for low, high in (
            statistics.t_interval(mean, e, n, 0.95)
            for mean, e in zip(d.mean(axis=1), error, strict=True)
        )
    ]
    percentile, bca = [], []
    for row in d:
        means = np.sort(row[rng.integers(0, n, (RESAMPLES, n))].mean(axis=1))
        percentile.append(within(means, np.array([0.025, 0.975]), truth))
        bca.append(within(means, bca_levels(row, means), truth))
    return float(np.mean(students)), float(np.mean(percentile)), float(np.mean(bca))


def within(means: np.ndarray, levels: np.ndarray, truth: float) -> bool:
    """Whether the truth lies between two quantiles of sorted means."""
    low, high = np.quantile(means, np.clip(np.nan_to_num(levels, nan=0.5), 0, 1))
    return bool(low <= truth <= high)


def bca_levels(row: np.ndarray, means: np.ndarray) -> np.ndarray:
    """The levels that bias correction and acceleration (Efron 1987) put for 2.5 and 97.5 %."""
    share = np.clip((means < row.mean()).mean(), 1 / RESAMPLES, 1 - 1 / RESAMPLES)
    bias = ndtri(share)
    left_out = (row.sum() - row) / (len(row) - 1)
    centred = left_out.mean() - left_out
    spread = (centred**2).sum()
    acceleration = (centred**3).sum() / (6 * spread**1.5) if spread > 0 else 0.0
    z = bias + ndtri(np.array([0.025, 0.975]))
    return ndtr(bias + z / (1 - acceleration * z))


def verdicts(n: int, arms: int, effect: float, margin: float) -> Counter[str]:
    """How often simulated studies come to which verdict on the first arm against the last.

    Args:
        n: Seeds.
        arms: Arms; all alike but the last, which is `effect` above them.
        effect: In standard deviations of the paired difference.
        margin: In the same unit.
    """
    rng = np.random.default_rng([n, arms, int(10 * effect), int(10 * margin)])
    measure = Measure("score", True, False, margin, "")
    told: Counter[str] = Counter()
    for _ in range(STUDIES):
        scores = rng.normal(size=n) + rng.normal(size=(arms, n)) / math.sqrt(2)
        scores[-1] += effect
        named = [Scores(str(i), tuple(row)) for i, row in enumerate(scores)]
        found = verdict.compare_all(named, measure)
        told[next(c for c in found if {c.first, c.second} == {"0", str(arms - 1)}).kind] += 1
        told["any better"] += any("better" in c.kind for c in found)
        told["wrong way"] += any(
            "better" in c.kind and c.second == str(arms - 1) for c in found if effect
        )
    return told


def interval_table() -> list[str]:
    """The table of coverages."""
    lines = [
        "| differences drawn from | interval | " + " | ".join(f"n = {n}" for n in SIZES) + " |",
        "|---|---|" + "---:|" * len(SIZES),
    ]
    for kind in KINDS:
        found = [coverages(kind, n) for n in SIZES]
        for name, column in zip(INTERVALS, zip(*found, strict=True), strict=True):
            told = " | ".join(f"{value:.3f}" for value in column)
            lines.append(f"| {kind if name[0] == '*' else ''} | {name} | {told} |")
        print(lines[-3])
    return lines


def verdict_table() -> list[str]:
    """The table of verdicts."""
    kinds = [
        verdict.BETTER,
        verdict.BETTER_SIZE_UNCERTAIN,
        verdict.TOO_SMALL,
        verdict.SAME,
        verdict.UNDECIDED,
        verdict.NOT_ENOUGH_SEEDS,
    ]
    lines = [
        "| arms | seeds | true difference | margin | " + " | ".join(kinds) + " | any better |",
        "|---:|---:|---:|---:|" + "---:|" * (len(kinds) + 1),
    ]
    cases = [(n, 2, effect, 0.1) for n in (5, 7, 10, 14) for effect in (0.0, 0.5, 1.0, 2.0)]
    cases += [(n, 2, 0.0, 1.0) for n in (7, 10, 14)]
    cases += [(n, 3, effect, 0.1) for n in (5, 7, 10) for effect in (0.0, 1.0, 2.0)]
    for n, arms, effect, margin in cases:
        told = verdicts(n, arms, effect, margin)
        shares = " | ".join(f"{100 * told[kind] / STUDIES:.1f}" for kind in [*kinds, "any better"])
        lines.append(f"| {arms} | {n} | {effect:g} | {margin:g} | {shares} |")
        print(lines[-1])
    return lines


TEXT = """# What the statistics of a study hold

Made by `tools/study_coverage.py`; the numbers are the same every time.

## Which interval

How often a nominal 95 % interval holds the true mean of the paired differences: {replicates:,}
replicates, {resamples} bootstrap resamples; the Monte Carlo error is about one point.

{intervals}

Student's interval is nowhere worse than the bootstraps of so few seeds, so it is the one that
decides. Where runs fail, no interval of the mean holds what it says: failed runs are counted and
compared by themselves (McNemar's exact test), and left out of the differences.

## Which verdict

Percent of {studies} simulated studies that come to each verdict on an arm that is better by the
true difference, in standard deviations of the paired difference; so is the margin. `any better`
says how often any arm was called better than any other: where the true difference is 0, these are
false alarms, and 5 % (7.2 % with two standard errors) is what they may be.

{verdicts}
"""


def main() -> None:
    """Measure and write."""
    text = TEXT.format(
        replicates=REPLICATES,
        resamples=RESAMPLES,
        studies=STUDIES,
        intervals="\n".join(interval_table()),
        verdicts="\n".join(verdict_table()),
    )
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
