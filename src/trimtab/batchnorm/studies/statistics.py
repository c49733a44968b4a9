"""Statistics of paired runs: interval, exact test, equivalence, and how many seeds would do.

The interval is Student's t of the differences, which covered its nominal 95 % where percentile and
BCa bootstraps of 5 to 20 seeds did not (docs/study_coverage.md); the test flips the signs of the
differences, which is exact for any symmetric distribution.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.core.extras import require

ALPHA = 0.05
# All 2**n sign flips up to so many seeds, then a sample of them.
_MOST_EXACT = 16
_SAMPLED_FLIPS = 99_999
_FLIP_SEED = 20150211
_MOST_SEEDS = 10_000

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Paired:
    """What the differences of paired runs say; a positive one speaks for the first arm.

    Attributes:
        n: Number of pairs.
        mean: Mean difference.
        deviation: Standard deviation of the differences (divided by n - 1).
        interval95: 95 % interval of the mean, by Student's t.
        interval90: 90 % interval, the one that decides equivalence.
        p: Exact two-sided p of the sign-flip test.
        p_rank: p of Wilcoxon's signed-rank test, which does not trust the size of outliers.
        p_equivalence: The larger p of the two one-sided t tests against the margin.
        correlation: Of the two arms over the seeds; NaN if one of them does not vary.
        superiority: Share of pairs that the first arm wins, a tie as half.
        superiority_interval: 95 % interval of the share of wins among pairs that are not tied.
        chances: Probability of worse, practically the same and better, by the mean's posterior.
    """

    n: int
    mean: float
    deviation: float
    interval95: tuple[float, float]
    interval90: tuple[float, float]
    p: float
    p_rank: float
    p_equivalence: float
    correlation: float
    superiority: float
    superiority_interval: tuple[float, float]
    chances: tuple[float, float, float]


def paired(first: Sequence[float], second: Sequence[float], margin: float) -> Paired:
    """Compares the scores of two arms, pair by pair.

    Args:
        first: Scores of the first arm, larger is better.
        second: Scores of the second arm on the same seeds.
        margin: What counts as no practical difference, positive.

    Raises:
        ValueError: If there are fewer than two pairs, or a score is not finite.
    """
    stats: Any = require("scipy.stats", "study", "study")
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    d = a - b
    if len(a) != len(b) or len(d) < 2 or not np.isfinite(d).all():
        raise ValueError(
            f"study: a comparison needs two or more pairs of finite scores; got {len(a)} and "
            f"{len(b)}"
        )
    n, mean, deviation = len(d), float(d.mean()), float(d.std(ddof=1))
    error = deviation / math.sqrt(n)
    if np.ptp(d) == 0:
        # Pairs that all differ alike: t is 0 / 0 or x / 0, and says nothing.
        mean, deviation, error = float(d[0]), 0.0, 0.0
    wins, losses = int((d > 0).sum()), int((d < 0).sum())
    return Paired(
        n=n,
        mean=mean,
        deviation=deviation,
        interval95=t_interval(mean, error, n, 0.95),
        interval90=t_interval(mean, error, n, 0.90),
        p=sign_flip(d),
        p_rank=_rank(stats, d),
        p_equivalence=_equivalence(mean, error, n, margin),
        correlation=_correlation(a, b),
        superiority=(wins + (n - wins - losses) / 2) / n,
        superiority_interval=_wins(wins, wins + losses),
        chances=_chances(mean, error, n, margin),
    )


def t_interval(mean: float, error: float, n: int, level: float) -> tuple[float, float]:
    """Student's interval of a mean.

    Args:
        mean: The mean of n values.
        error: Its standard error.
        n: Number of values, 2 or more.
        level: Confidence, such as 0.95.
    """
    half = float(_special().stdtrit(n - 1, (1 + level) / 2)) * error
    return mean - half, mean + half


def sign_flip(differences: Floats) -> float:
    """Exact two-sided p that the differences' signs are chance; sampled above 16 seeds."""
    stats: Any = require("scipy.stats", "study", "study")
    d = np.asarray(differences, np.float64)
    if not d.any():
        return 1.0
    result = stats.permutation_test(
        (d,),
        lambda values, axis=-1: np.mean(values, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=2 ** len(d) if len(d) <= _MOST_EXACT else _SAMPLED_FLIPS,
        batch=8192,
        rng=np.random.default_rng(_FLIP_SEED),
    )
    return float(result.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjustment of p-values for several comparisons, in their order.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    adjusted, largest = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def smallest_p(n: int) -> float:
    """The smallest two-sided p that n pairs can have: all signs alike.

    >>> smallest_p(5)
    0.0625
    """
    return min(1.0, 2.0 ** (1 - n))


def seeds_needed(comparisons: int, alpha: float = ALPHA) -> int:
    """Pairs without which no comparison can be significant, however large the effect.

    >>> seeds_needed(1), seeds_needed(3)
    (6, 7)
    """
    n = 2
    while comparisons * smallest_p(n) >= alpha:
        n += 1
    return n


def seeds_to_settle(deviation: float, margin: float) -> int | None:
    """The fewest pairs whose 95 % interval reaches no further than the margin; None if over 10,000.

    Args:
        deviation: Standard deviation of the differences, as measured.
        margin: What counts as no practical difference.
    """
    special = _special()

    def is_enough(n: int) -> bool:
        return bool(special.stdtrit(n - 1, 0.975) * deviation / math.sqrt(n) <= margin)

    if not is_enough(_MOST_SEEDS):
        return None
    low, high = 2, _MOST_SEEDS
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return low


def failures_differ(only_first: int, only_second: int) -> float:
    """McNemar's exact p: whether one arm fails on more seeds than the other.

    Args:
        only_first: Seeds on which the first arm failed and the second did not.
        only_second: The other way round.
    """
    if only_first + only_second == 0:
        return 1.0
    stats: Any = require("scipy.stats", "study", "study")
    return float(stats.binomtest(only_first, only_first + only_second, 0.5).pvalue)


def _special() -> Any:
    """SciPy's functions behind the distributions, ten times faster than these for one number."""
    return require("scipy.special", "study", "study")


def _rank(stats: Any, d: Floats) -> float:
    if not d.any():
        return 1.0
    nonzero = np.abs(d[d != 0])
    is_plain = len(nonzero) == len(d) == len(np.unique(nonzero))
    # SciPy counts exactly without ties, and zeros are ties.
    method = "exact" if is_plain and len(d) <= 50 else "approx"
    return float(stats.wilcoxon(d, zero_method="zsplit", method=method).pvalue)


def _equivalence(mean: float, error: float, n: int, margin: float) -> float:
    if error == 0:
        return 0.0 if abs(mean) < margin else 1.0
    # The upper tail of t is the lower one of -t.
    return float(_special().stdtr(n - 1, max(-(mean + margin), mean - margin) / error))


def _correlation(a: Floats, b: Floats) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def _wins(wins: int, decided: int) -> tuple[float, float]:
    if decided == 0:
        return 0.0, 1.0
    # Clopper and Pearson's interval, by quantiles of the beta distribution.
    quantile, losses = _special().betaincinv, decided - wins
    low = float(quantile(wins, losses + 1, 0.025)) if wins else 0.0
    high = float(quantile(wins + 1, losses, 0.975)) if losses else 1.0
    return low, high


def _chances(mean: float, error: float, n: int, margin: float) -> tuple[float, float, float]:
    if error == 0:
        return float(mean < -margin), float(abs(mean) <= margin), float(mean > margin)
    cumulative = _special().stdtr
    worse = float(cumulative(n - 1, (-margin - mean) / error))
    better = float(cumulative(n - 1, (mean - margin) / error))
    return worse, max(0.0, 1 - worse - better), better
