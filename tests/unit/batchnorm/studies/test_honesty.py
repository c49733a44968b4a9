"""Whether verdicts keep what they promise, over 400 simulated studies each."""

import math

import numpy as np
import pytest

from trimtab.batchnorm.studies import verdict
from trimtab.batchnorm.studies.verdict import BETTER, BETTER_SIZE_UNCERTAIN, Measure, Scores

pytestmark = pytest.mark.slow

STUDIES = 400
CLAIMS = {BETTER, BETTER_SIZE_UNCERTAIN}
MARGIN = Measure("accuracy", True, True, 0.0005, "")
# 5 % and two standard errors of a share among 400.
MOST_FALSE = 0.05 + 2 * math.sqrt(0.05 * 0.95 / STUDIES)


def claims(draw, seeds, arms=2):
    """In how many of the studies some arm is called better; `draw` gives `(arms, seeds)`."""
    rng = np.random.default_rng(11)
    found = 0
    for _ in range(STUDIES):
        scores = draw(rng, arms, seeds)
        named = [Scores(f"arm {i}", tuple(row)) for i, row in enumerate(scores)]
        kinds = {comparison.kind for comparison in verdict.compare_all(named, MARGIN)}
        found += bool(kinds & CLAIMS)
    return found / STUDIES


def alike(rng, arms, seeds):
    return 0.9 + 0.01 * rng.normal(size=(arms, seeds))


def alike_and_paired(rng, arms, seeds):
    return 0.9 + 0.02 * rng.normal(size=seeds) + 0.01 * rng.normal(size=(arms, seeds))


def alike_with_long_tails(rng, arms, seeds):
    return 0.9 + 0.01 * rng.standard_t(3, size=(arms, seeds))


def alike_in_steps(rng, arms, seeds):
    """Accuracies on 114 rows, which tie often."""
    return rng.binomial(114, 0.97, size=(arms, seeds)) / 114


def one_deviation_apart(rng, arms, seeds):
    """Paired differences of mean 1 and deviation 1."""
    difference = 0.01 * (1 + rng.normal(size=seeds))
    base = 0.9 + 0.02 * rng.normal(size=seeds)
    return np.stack([base, base + difference])


@pytest.mark.parametrize("draw", [alike, alike_and_paired, alike_with_long_tails, alike_in_steps])
def test_equal_arms_are_rarely_called_different(draw):
    assert claims(draw, 10) <= MOST_FALSE


def test_three_equal_arms_are_no_oftener_called_different_than_two():
    assert claims(alike_and_paired, 8, arms=3) <= MOST_FALSE


def test_effect_of_one_deviation_is_found_by_ten_seeds_four_times_in_five():
    assert claims(one_deviation_apart, 10) == pytest.approx(0.80, abs=0.06)


def test_five_seeds_never_call_anything_better():
    def far_apart(rng, arms, seeds):
        return alike(rng, arms, seeds) + np.array([[0.0], [0.5]])

    assert claims(far_apart, 5) == 0


def test_five_seeds_of_three_arms_never_call_anything_better():
    def far_apart(rng, arms, seeds):
        return alike(rng, arms, seeds) + np.array([[0.0], [0.5], [0.9]])

    assert claims(far_apart, 5, arms=3) == 0
