import math

import numpy as np
import pytest

from trimtab.batchnorm.studies import verdict
from trimtab.batchnorm.studies.verdict import Measure, Scores

POINTS = Measure("accuracy", True, True, 0.005, "half a point")
LOSS = Measure("loss", False, False, 0.02, "as asked for")
ZIGZAG = np.array([1, -1, 1, -1, 1, -1, 1, -1, 1, -1]) * 1e-4


def judged(difference, measure=POINTS, base=0.8):
    """The comparison of an arm `a` that is `difference` above `b`, seed by seed."""
    difference = np.asarray(difference, float)
    b = base + np.zeros_like(difference)
    return verdict.compare_all(
        [Scores("a", tuple(b + difference)), Scores("b", tuple(b))], measure
    )[0]


def test_clear_difference_is_better_with_its_size_and_interval():
    found = judged(0.02 + ZIGZAG)

    assert found.kind == verdict.BETTER
    assert found.sentence == (
        "a is BETTER than b by 2.0 points (95 % CI 2.0 to 2.0, 10 paired seeds)"
    )


def test_lower_loss_is_better():
    found = judged(-0.1 + ZIGZAG, LOSS, base=0.5)

    assert (found.kind, found.first) == (verdict.BETTER, "a")
    assert found.paired.mean == pytest.approx(0.1)


def test_better_arm_comes_first_whatever_its_place():
    found = judged(-0.02 + ZIGZAG)

    assert (found.kind, found.first, found.second) == (verdict.BETTER, "b", "a")


def test_difference_that_may_be_smaller_than_the_margin_is_of_uncertain_size():
    found = judged(0.006 + 40 * ZIGZAG)

    assert found.kind == verdict.BETTER_SIZE_UNCERTAIN
    assert "size uncertain" in found.sentence


def test_detectable_difference_within_the_margin_is_too_small():
    found = judged(0.002 + ZIGZAG)

    assert found.kind == verdict.TOO_SMALL
    assert "TOO SMALL TO MATTER" in found.sentence


def test_interval_within_the_margin_is_no_practical_difference():
    found = judged(10 * ZIGZAG)

    assert found.kind == verdict.SAME
    assert "within ±0.5" in found.sentence


def test_same_arm_on_the_same_seeds_is_no_practical_difference():
    assert judged(np.zeros(10)).kind == verdict.SAME


def test_wide_interval_is_undecided_and_says_how_many_seeds_would_do():
    found = judged(0.002 + 200 * ZIGZAG)

    assert found.kind == verdict.UNDECIDED
    assert f"about {found.seeds_to_settle:,} seeds would settle ±0.5" in found.sentence


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_up_to_five_seeds_are_not_enough_however_clear(n):
    found = judged(np.full(n, 0.3) + ZIGZAG[:n])

    assert found.kind == verdict.NOT_ENOUGH_SEEDS
    assert f"{n} complete pairs, 6 are needed" in found.sentence


def test_three_arms_need_seven_seeds():
    arms = [
        Scores(name, tuple(start + ZIGZAG[:6]))
        for name, start in zip("abc", (0.1, 0.2, 0.3), strict=True)
    ]

    kinds = {found.kind for found in verdict.compare_all(arms, POINTS)}

    assert kinds == {verdict.NOT_ENOUGH_SEEDS}


def test_arm_that_fails_more_often_is_named_first():
    values = [math.nan] * 7 + [0.8, 0.81, 0.82]
    arms = [Scores("none", tuple(values)), Scores("before", tuple(0.8 + ZIGZAG))]

    found = verdict.compare_all(arms, POINTS)[0]

    assert found.kind == verdict.FAILS_MORE
    assert found.sentence == "none FAILS MORE OFTEN than before: 7/10 runs against 0/10"


def test_few_failures_are_left_out_and_counted():
    a = 0.82 + ZIGZAG
    a[3] = math.nan
    arms = [Scores("a", tuple(a)), Scores("b", tuple(0.8 + np.zeros(10)))]

    found = verdict.compare_all(arms, POINTS)[0]

    assert (found.kind, found.excluded, found.paired.n) == (verdict.BETTER, 1, 9)
    assert "1 of 10 pairs left out, since a run failed" in found.sentence


def test_all_failed_is_not_enough():
    nothing = Scores("a", (math.nan,) * 10), Scores("b", (math.nan,) * 10)

    assert verdict.compare_all(nothing, POINTS)[0].kind == verdict.NOT_ENOUGH_SEEDS


def test_one_outlier_cannot_make_a_verdict():
    assert judged([0.0] * 9 + [0.4]).kind == verdict.UNDECIDED


def test_test_and_interval_that_differ_are_called_undecided_with_the_reason():
    # The signs agree eight times in nine, but the one against is the largest of all.
    d = np.array([1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, -0.45]) / 100
    found = verdict._kind(
        Scores("a", tuple(d)), Scores("b", (0.0,) * 9), _paired(d), 0.2, POINTS, 6, 0.05
    )

    assert found == verdict.UNDECIDED
    assert "the exact test does not call it, p = 0.2" in verdict._disagreement(
        _paired(d), 0.2, 0.05
    )


def _paired(d):
    return verdict.statistics.paired(d, np.zeros_like(d), 0.005)


def test_headline_of_undecided_arms_says_what_would_help():
    rng = np.random.default_rng(1)
    arms = [Scores(name, tuple(0.8 + rng.normal(0, 0.05, 10))) for name in ("none", "before")]

    text = verdict.headline(verdict.compare_all(arms, POINTS), POINTS, [arm.arm for arm in arms])

    assert text.startswith("Undecided: 10 paired seeds cannot tell ")
    assert "would settle the nearest pair" in text


def test_headline_of_equal_arms_names_the_margin():
    text = verdict.headline([judged(10 * ZIGZAG)], POINTS, ["a", "b"])

    assert text == (
        "No practical difference between a and b: whatever there is lies within ±0.5 points of "
        "accuracy (10 paired seeds)."
    )


def test_headline_of_a_mixed_study_names_the_better_first():
    arms = [
        Scores("none", tuple(0.8 + ZIGZAG)),
        Scores("before", tuple(0.85 + 2 * ZIGZAG)),
        Scores("after", tuple(0.85 - 3 * ZIGZAG)),
    ]

    text = verdict.headline(verdict.compare_all(arms, POINTS), POINTS, [arm.arm for arm in arms])

    assert text == (
        "Before is better than none by 5.0 points (95 % CI 5.0 to 5.0); after is better than none "
        "by 5.0 points (95 % CI 5.0 to 5.0); no practical difference between before and after."
    )


@pytest.mark.parametrize(
    ("margin", "in_points", "text"),
    [(0.005, True, "0.5"), (0.02, True, "2.0"), (0.0013, False, "0.0013"), (2.0, False, "2")],
)
def test_margin_is_shown_in_full(margin, in_points, text):
    assert Measure("m", True, in_points, margin, "").number(margin) == text


def test_no_negative_zero_is_printed():
    assert POINTS.number(-1e-9) == "0.0"
