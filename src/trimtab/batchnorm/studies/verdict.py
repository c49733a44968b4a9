"""From statistics to words, by one rule that never changes with the result.

No "no difference" from a large p alone, no "better" from a small p alone: the first needs an
interval within the margin, the second an interval that excludes 0.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.batchnorm.studies import statistics
from trimtab.batchnorm.studies.statistics import ALPHA, Paired

NOT_ENOUGH_SEEDS = "not enough seeds"
FAILS_MORE = "fails more often"
BETTER = "better"
BETTER_SIZE_UNCERTAIN = "better, size uncertain"
TOO_SMALL = "detectable but too small to matter"
SAME = "no practical difference"
UNDECIDED = "undecided"
KINDS = (
    NOT_ENOUGH_SEEDS,
    FAILS_MORE,
    BETTER,
    BETTER_SIZE_UNCERTAIN,
    TOO_SMALL,
    SAME,
    UNDECIDED,
)
SETTLED = frozenset(KINDS) - {NOT_ENOUGH_SEEDS, UNDECIDED}


@dataclasses.dataclass(frozen=True)
class Measure:
    """The quantity that arms are judged by.

    Attributes:
        name: Its name in a History, without "val_".
        higher_is_better: Its direction.
        in_points: Whether it is a share, told in points of 100.
        margin: What counts as no practical difference, in its own unit.
        margin_rule: Where the margin comes from, in words.
    """

    name: str
    higher_is_better: bool
    in_points: bool
    margin: float
    margin_rule: str

    @property
    def sign(self) -> int:
        """1, or -1 for what is better when smaller."""
        return 1 if self.higher_is_better else -1

    @property
    def decimals(self) -> int:
        """Decimals that show the margin, and differences about as large."""
        margin = self.margin * (100 if self.in_points else 1)
        if margin <= 0 or not math.isfinite(margin):
            return 4
        digits = max(1 if self.in_points else 0, -math.floor(math.log10(margin)))
        is_one_digit = math.isclose(round(margin, digits), margin, rel_tol=1e-9)
        return digits if is_one_digit else digits + 1

    @property
    def unit(self) -> str:
        """The unit of differences, with a blank in front."""
        return " points" if self.in_points else ""

    def number(self, difference: float) -> str:
        """A difference in the unit of `unit`."""
        value = difference * (100 if self.in_points else 1)
        # No "-0.0".
        return f"{round(value, self.decimals) + 0.0:.{self.decimals}f}"

    def value(self, score: float) -> str:
        """A score, a share in percent."""
        if not math.isfinite(score):
            return "-"
        return (
            f"{100 * score:.{max(1, self.decimals)}f} %"
            if self.in_points
            else (f"{score:.{max(3, self.decimals)}f}")
        )


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two arms compared.

    Attributes:
        first: The arm with the better mean.
        second: The other arm.
        kind: One of `KINDS`.
        sentence: The verdict in words.
        paired: The statistics; None with fewer than two pairs.
        p_holm: The sign-flip p, adjusted for all comparisons of the study.
        failures: How often each arm failed, of how many seeds.
        excluded: Pairs left out since an arm failed.
        seeds_to_settle: Pairs that would settle it, None if it is settled or too many.
    """

    first: str
    second: str
    kind: str
    sentence: str
    paired: Paired | None
    p_holm: float
    failures: tuple[int, int, int]
    excluded: int
    seeds_to_settle: int | None = None


@dataclasses.dataclass(frozen=True)
class Scores:
    """Scores of one arm, one a seed; NaN where the run failed."""

    arm: str
    values: tuple[float, ...]

    @property
    def failed(self) -> Any:
        """Which runs failed."""
        return np.isnan(self.values)


def compare_all(
    scores: Sequence[Scores], measure: Measure, alpha: float = ALPHA
) -> list[Comparison]:
    """Every pair of arms compared, the p-values adjusted for their number.

    Args:
        scores: The arms' scores on the same seeds.
        measure: What they are scores of.
        alpha: Level of the tests.
    """
    drafts = [
        _draft(one, other, measure)
        for index, one in enumerate(scores)
        for other in scores[index + 1 :]
    ]
    adjusted = statistics.holm([draft[2].p if draft[2] else 1.0 for draft in drafts])
    needed = statistics.seeds_needed(len(drafts), alpha)
    return [
        _judged(one, other, paired, p, measure, needed, alpha)
        for (one, other, paired), p in zip(drafts, adjusted, strict=True)
    ]


def _draft(one: Scores, other: Scores, measure: Measure) -> tuple[Scores, Scores, Paired | None]:
    valid = ~(one.failed | other.failed)
    a, b = np.array(one.values)[valid], np.array(other.values)[valid]
    if len(a) < 2:
        return one, other, None
    if measure.sign * (a - b).mean() < 0:
        one, other, a, b = other, one, b, a
    return one, other, statistics.paired(measure.sign * a, measure.sign * b, measure.margin)


def _judged(
    one: Scores,
    other: Scores,
    paired: Paired | None,
    p: float,
    measure: Measure,
    needed: int,
    alpha: float,
) -> Comparison:
    n = len(one.values)
    valid = 0 if paired is None else paired.n
    failures = int(one.failed.sum()), int(other.failed.sum()), n
    kind = _kind(one, other, paired, p, measure, needed, alpha)
    settle = None
    if kind == UNDECIDED and paired is not None:
        settle = statistics.seeds_to_settle(paired.deviation, measure.margin)
    if kind == FAILS_MORE and failures[0] > failures[1]:
        one, other, failures = other, one, (failures[1], failures[0], n)
    sentence = _sentence(
        kind, one.arm, other.arm, paired, p, measure, failures, needed, settle, alpha
    )
    if n > valid and kind not in {FAILS_MORE, NOT_ENOUGH_SEEDS}:
        sentence += f"; {n - valid} of {n} pairs left out, since a run failed"
    return Comparison(one.arm, other.arm, kind, sentence, paired, p, failures, n - valid, settle)


def _kind(
    one: Scores,
    other: Scores,
    paired: Paired | None,
    p: float,
    measure: Measure,
    needed: int,
    alpha: float,
) -> str:
    only_one = int((one.failed & ~other.failed).sum())
    only_other = int((other.failed & ~one.failed).sum())
    differ = statistics.failures_differ(only_one, only_other) < alpha
    if len(one.values) >= needed and differ:
        return FAILS_MORE
    if paired is None or paired.n < needed:
        return NOT_ENOUGH_SEEDS
    is_within = abs(paired.interval90[0]) < measure.margin > abs(paired.interval90[1])
    if p < alpha and paired.interval95[0] > 0:
        if paired.interval95[0] > measure.margin:
            return BETTER
        return TOO_SMALL if is_within else BETTER_SIZE_UNCERTAIN
    return SAME if is_within else UNDECIDED


def _sentence(
    kind: str,
    first: str,
    second: str,
    paired: Paired | None,
    p: float,
    measure: Measure,
    failures: tuple[int, int, int],
    needed: int,
    settle: int | None,
    alpha: float,
) -> str:
    if kind == FAILS_MORE:
        return (
            f"{second} FAILS MORE OFTEN than {first}: {failures[1]}/{failures[2]} runs against "
            f"{failures[0]}/{failures[2]}"
        )
    if kind == NOT_ENOUGH_SEEDS or paired is None:
        n = 0 if paired is None else paired.n
        return (
            f"{first} against {second}: NOT ENOUGH SEEDS: {n} complete pairs, {needed} are needed; "
            f"with {n} no p-value below {statistics.smallest_p(n):.2g} is possible"
        )
    number, unit = measure.number, measure.unit
    size = f"{number(paired.mean)}{unit}"
    ci95 = f"95 % CI {number(paired.interval95[0])} to {number(paired.interval95[1])}"
    ci90 = f"90 % CI {number(paired.interval90[0])} to {number(paired.interval90[1])}"
    within = f"±{number(measure.margin)}"
    name = "" if measure.in_points else f" in {measure.name}"
    pairs = f"{paired.n} paired seeds"
    if kind == BETTER:
        return f"{first} is BETTER than {second} by {size}{name} ({ci95}, {pairs})"
    if kind == BETTER_SIZE_UNCERTAIN:
        return (
            f"{first} is BETTER than {second}, size uncertain: {size}{name} ({ci95}, {pairs}; "
            f"the margin is {within})"
        )
    if kind == TOO_SMALL:
        return (
            f"{first} against {second}: DETECTABLE BUT TOO SMALL TO MATTER: {size}{name} ({ci95}), "
            f"the margin is {within}"
        )
    if kind == SAME:
        return (
            f"{first} against {second}: NO PRACTICAL DIFFERENCE: {size}{name} ({ci90}) within "
            f"{within}"
        )
    return (
        f"{first} against {second}: UNDECIDED: {size}{name} ({ci95}); {_outlook(settle, within)}"
        + (_disagreement(paired, p, alpha))
    )


def _outlook(settle: int | None, within: str) -> str:
    if settle is None:
        return f"not even 10,000 seeds would settle {within}"
    return f"about {settle:,} seeds would settle {within}"


def _disagreement(paired: Paired, p: float, alpha: float) -> str:
    """Why the more cautious of two answers was taken, where test and interval differ."""
    if p < alpha and paired.interval95[0] <= 0:
        return f" (the sign-flip test alone would call it, p = {p:.2g}; the interval does not)"
    if p >= alpha and paired.interval95[0] > 0:
        return f" (the interval excludes 0, but the exact test does not call it, p = {p:.2g})"
    return ""


def ranked(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons, the most telling first."""
    order = {FAILS_MORE: 0, BETTER: 1, BETTER_SIZE_UNCERTAIN: 2, TOO_SMALL: 3, SAME: 3}
    return sorted(
        comparisons,
        key=lambda c: (order.get(c.kind, 9), -(c.paired.mean if c.paired else 0.0)),
    )


def headline(comparisons: Sequence[Comparison], measure: Measure, names: Sequence[str]) -> str:
    """The verdict in one sentence, the most telling first; `names` are the arms in their order."""
    arms = f"{', '.join(names[:-1])} and {names[-1]}"
    told = ranked(comparisons)
    if all(c.kind == UNDECIDED for c in told):
        return _nothing_told(told, measure, arms)
    if all(c.kind in {SAME, TOO_SMALL} for c in told):
        return _all_same(told, measure, arms)
    by_kind = {kind: [c for c in told if c.kind == kind] for kind in KINDS}
    parts = [
        f"{c.second} fails more often than {c.first} ({c.failures[1]} against {c.failures[0]} of "
        f"{c.failures[2]} runs)"
        for c in by_kind[FAILS_MORE]
    ]
    for kind in (BETTER, BETTER_SIZE_UNCERTAIN):
        parts += [_short_better(c, measure) for c in by_kind[kind]]
    same = by_kind[TOO_SMALL] + by_kind[SAME]
    if same:
        parts.append(f"no practical difference {_pairs(same, 'and', 'between ')}")
    if by_kind[UNDECIDED]:
        parts.append(f"undecided: {_pairs(by_kind[UNDECIDED], 'against')}")
    few = by_kind[NOT_ENOUGH_SEEDS]
    if few:
        parts.append(f"not enough seeds to compare {_pairs(few, 'with')}")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _all_same(comparisons: Sequence[Comparison], measure: Measure, arms: str) -> str:
    """The sentence where no comparison shows a difference that matters."""
    pairs = max(c.paired.n for c in comparisons if c.paired is not None)
    return (
        f"No practical difference between {arms}: whatever there is lies within "
        f"±{measure.number(measure.margin)}{measure.unit} of {measure.name} ({pairs} paired seeds)."
    )


def _nothing_told(comparisons: Sequence[Comparison], measure: Measure, arms: str) -> str:
    """The sentence where every comparison is undecided."""
    pairs = max(c.paired.n for c in comparisons if c.paired is not None)
    needed = [c.seeds_to_settle for c in comparisons if c.seeds_to_settle is not None]
    outlook = f"; about {min(needed):,} would settle the nearest pair" if needed else ""
    return (
        f"Undecided: {pairs} paired seeds cannot tell {arms} apart "
        f"within ±{measure.number(measure.margin)}{measure.unit} of {measure.name}{outlook}."
    )


def _short_better(comparison: Comparison, measure: Measure) -> str:
    mean, (low, high) = comparison.paired.mean, comparison.paired.interval95  # type: ignore[union-attr]
    size = f"by {measure.number(mean)}{measure.unit or f' in {measure.name}'}"
    interval = f"95 % CI {measure.number(low)} to {measure.number(high)}"
    uncertain = ", size uncertain" if comparison.kind == BETTER_SIZE_UNCERTAIN else ""
    return f"{comparison.first} is better than {comparison.second} {size} ({interval}){uncertain}"


def _pairs(comparisons: Sequence[Comparison], word: str, start: str = "") -> str:
    *others, last = [f"{start}{c.first} {word} {c.second}" for c in comparisons]
    return f"{', '.join(others)} and {last}" if others else last
