import math

import hypothesis
import numpy as np
import pytest
import scipy.stats
from hypothesis import strategies
from hypothesis.extra import numpy as arrays

from trimtab.batchnorm.studies import statistics

SCORES = arrays.arrays(
    np.float64, strategies.integers(2, 9), elements=strategies.floats(-100, 100, width=32)
)


def test_interval_is_that_of_the_paired_t_test(rng):
    a, b = rng.normal(size=(2, 12))

    ours = statistics.paired(a, b, 0.1)

    theirs = scipy.stats.ttest_rel(a, b)
    assert ours.interval95 == pytest.approx(theirs.confidence_interval(0.95))
    assert ours.interval90 == pytest.approx(theirs.confidence_interval(0.90))


def test_interval_of_three_differences_worked_by_hand():
    # 1, 2, 3: mean 2, deviation 1, t of 2 degrees of freedom at 97.5 % is 4.3027.
    found = statistics.paired([1, 2, 3], [0, 0, 0], 0.1)

    half = 4.302652729911275 / math.sqrt(3)
    assert found.interval95 == pytest.approx((2 - half, 2 + half))


def test_sign_flip_by_counting():
    # Of the 8 sums of +-1 +-2 +-4 only 7 and -7 are as far out as 7.
    assert statistics.sign_flip(np.array([1.0, 2.0, 4.0])) == pytest.approx(2 / 8)
    # Means as far out as that of 3, -1, 1 (sum 3): sums 5, 3, 3, -5, -3, -3.
    assert statistics.sign_flip(np.array([3.0, -1.0, 1.0])) == pytest.approx(6 / 8)


def test_all_signs_alike_give_the_smallest_p_there_is():
    for n in (3, 5, 6, 7, 8, 10):
        d = np.arange(1.0, n + 1)
        assert statistics.sign_flip(d) == pytest.approx(statistics.smallest_p(n))


def test_sampled_sign_flip_is_the_same_every_time_and_near_the_exact_one(rng):
    d = rng.normal(0.5, 1, size=20)

    assert statistics.sign_flip(d) == statistics.sign_flip(d)
    assert statistics.sign_flip(d) == pytest.approx(scipy.stats.ttest_1samp(d, 0).pvalue, abs=0.02)


@hypothesis.given(SCORES)
def test_swapping_the_arms_turns_the_signs_and_nothing_else(d):
    zero = np.zeros_like(d)

    one, other = statistics.paired(d, zero, 1.0), statistics.paired(zero, d, 1.0)

    assert one.mean == pytest.approx(-other.mean)
    assert one.p == pytest.approx(other.p)
    assert one.p_equivalence == pytest.approx(other.p_equivalence)
    assert one.superiority == pytest.approx(1 - other.superiority)
    assert one.chances == pytest.approx(other.chances[::-1], abs=1e-12)


@hypothesis.given(SCORES)
def test_p_and_chances_are_probabilities(d):
    found = statistics.paired(d, np.zeros_like(d), 1.0)

    assert 0 < found.p <= 1
    assert sum(found.chances) == pytest.approx(1)
    assert found.superiority_interval[0] <= found.superiority_interval[1]


def test_equal_scores_give_no_nan():
    found = statistics.paired([0.5] * 7, [0.5] * 7, 0.01)

    assert (found.mean, found.p, found.p_rank, found.p_equivalence) == (0, 1, 1, 0)
    assert found.interval95 == (0, 0)


def test_constant_difference_is_certain_but_for_its_signs():
    found = statistics.paired([1.0] * 7, [0.25] * 7, 0.01)

    assert found.interval95 == (0.75, 0.75)
    assert found.p == pytest.approx(2**-6)


def test_equivalence_is_the_larger_of_two_one_sided_tests(rng):
    d = rng.normal(0.05, 0.2, size=11)

    found = statistics.paired(d, np.zeros(11), 0.2)

    lower = scipy.stats.ttest_1samp(d, -0.2, alternative="greater").pvalue
    upper = scipy.stats.ttest_1samp(d, 0.2, alternative="less").pvalue
    assert found.p_equivalence == pytest.approx(max(lower, upper))


@hypothesis.given(SCORES, strategies.floats(0.01, 10))
def test_equivalence_at_5_percent_is_a_90_percent_interval_within_the_margin(d, margin):
    hypothesis.assume(np.ptp(d) > 1e-3)

    found = statistics.paired(d, np.zeros_like(d), margin)

    inside = -margin < found.interval90[0] and found.interval90[1] < margin
    near = min(abs(abs(end) - margin) for end in found.interval90) < 1e-6
    assert near or inside == (found.p_equivalence < 0.05)


def test_holm_worked_by_hand():
    # Sorted 0.01 x 3, 0.02 x 2, 0.9 x 1, each no less than the one before.
    assert statistics.holm([0.9, 0.01, 0.02]) == pytest.approx([0.9, 0.03, 0.04])
    assert statistics.holm([0.5, 0.5, 0.5]) == [1.0, 1.0, 1.0]


@hypothesis.given(strategies.lists(strategies.floats(0, 1), min_size=1, max_size=6))
def test_holm_never_lowers_a_p_and_keeps_their_order(p_values):
    adjusted = statistics.holm(p_values)

    assert all(a >= p for a, p in zip(adjusted, p_values, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert list(np.array(adjusted)[order]) == sorted(adjusted)


def test_holm_leaves_a_single_p_alone():
    assert statistics.holm([0.04]) == [0.04]


def test_seeds_needed_for_one_three_and_six_comparisons():
    assert [statistics.seeds_needed(n) for n in (1, 3, 6)] == [6, 7, 8]


def test_seeds_to_settle_is_the_first_that_suffices():
    n = statistics.seeds_to_settle(1.0, 0.5)

    half = scipy.stats.t.ppf(0.975, [n - 2, n - 1]) / np.sqrt([n - 1, n])
    assert half[0] > 0.5 >= half[1]
    assert statistics.seeds_to_settle(1.0, 1e-6) is None
    assert statistics.seeds_to_settle(0.0, 1e-6) == 2


def test_mcnemar_by_counting():
    # 4 of 4 on one side: 2 x (1/2)**4.
    assert statistics.failures_differ(4, 0) == pytest.approx(0.125)
    assert statistics.failures_differ(0, 6) == pytest.approx(2 / 64)
    assert statistics.failures_differ(0, 0) == 1


def test_rank_test_agrees_with_scipy(rng):
    d = rng.normal(0.4, 1, size=10)

    assert statistics.paired(d, np.zeros(10), 1.0).p_rank == pytest.approx(
        scipy.stats.wilcoxon(d, method="exact").pvalue
    )


def test_ties_are_half_a_win():
    assert statistics.paired([1, 1, 2, 0], [1, 0, 0, 3], 1.0).superiority == 2.5 / 4


def test_interval_of_the_wins_is_clopper_and_pearsons():
    found = statistics.paired([1, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1, 0], 1.0)

    exact = scipy.stats.binomtest(4, 6).proportion_ci(0.95, method="exact")
    assert found.superiority_interval == pytest.approx((exact.low, exact.high))


def test_chances_are_areas_under_students_curve(rng):
    d = rng.normal(0.2, 1, size=9)

    worse, same, better = statistics.paired(d, np.zeros(9), 0.1).chances

    mean = scipy.stats.t(8, d.mean(), d.std(ddof=1) / 3)
    expected = (mean.cdf(-0.1), mean.cdf(0.1) - mean.cdf(-0.1), mean.sf(0.1))
    assert (worse, same, better) == pytest.approx(expected)


def test_correlation_of_arms_that_move_together(rng):
    a = rng.normal(size=8)

    assert statistics.paired(a, a + 1, 0.1).correlation == pytest.approx(1)
    assert math.isnan(statistics.paired(a, np.zeros(8), 0.1).correlation)


def test_unfinished_scores_are_refused():
    with pytest.raises(ValueError, match="two or more pairs of finite scores; got 1 and 1"):
        statistics.paired([1.0], [0.0], 0.1)
    with pytest.raises(ValueError, match="finite"):
        statistics.paired([1.0, math.nan], [0.0, 0.0], 0.1)
