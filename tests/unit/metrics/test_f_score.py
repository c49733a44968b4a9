"""F-scores, worked by hand."""

import numpy as np
import pytest

from trimtab import metrics

TRUE = np.array([[1, 1, 1], [1, 0, 0], [1, 1, 0]], "float32")
SCORES = np.array([[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]], "float32")


def check(value, expected):
    np.testing.assert_allclose(np.asarray(value), expected, rtol=1e-5)


def test_score_of_each_class():
    # Above 0.5: class 0 has 1 of 3 found; class 1 has 2 hits and 1 false; class 2 has 1 and 1.
    check(metrics.F1Score(threshold=0.5)(TRUE, SCORES), [0.5, 0.8, 2 / 3])


def test_macro_average_is_the_mean():
    check(metrics.F1Score("macro", threshold=0.5)(TRUE, SCORES), (0.5 + 0.8 + 2 / 3) / 3)


def test_micro_average_counts_all_classes_together():
    # 4 hits, 2 false, 2 missed.
    check(metrics.F1Score("micro", threshold=0.5)(TRUE, SCORES), 2 / 3)


def test_weighted_average_weighs_by_labels():
    expected = (3 * 0.5 + 2 * 0.8 + 2 / 3) / 6
    check(metrics.F1Score("weighted", threshold=0.5)(TRUE, SCORES), expected)


def test_beta_weighs_recall():
    # Class 0: precision 1, recall 1/3; 5 * (1/3) / (4 + 1/3).
    check(metrics.FBetaScore(beta=2.0, threshold=0.5)(TRUE, SCORES)[0], 5 / 13)


def test_without_threshold_the_largest_score_is_positive():
    check(metrics.F1Score()([[1, 0], [0, 1]], [[0.3, 0.1], [0.2, 0.1]]), [2 / 3, 0.0])


def test_sample_of_zeros_has_no_positive():
    check(metrics.F1Score()([[1, 0]], [[0.0, 0.0]]), [0.0, 0.0])


def test_result_before_any_update_is_zero():
    assert float(metrics.F1Score().result()) == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"average": "mean"}, "`average` must be one of .* got 'mean'"),
        ({"beta": 1}, "`beta` must be a float > 0; got 1"),
        ({"beta": 0.0}, "`beta` must be a float > 0; got 0.0"),
        ({"threshold": 0.0}, r"`threshold` must be a float in \(0, 1\]; got 0.0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.FBetaScore(**arguments)


def test_vectors_are_refused():
    with pytest.raises(ValueError, match=r"\(batch, classes\); got \(3,\) and \(3,\)"):
        metrics.F1Score()(np.ones(3), np.ones(3))


def test_f1_configuration_has_no_beta():
    assert "beta" not in metrics.F1Score().get_config()
