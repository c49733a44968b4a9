"""Areas under curves and points of them, worked by hand."""

import numpy as np
import pytest

from trimtab import metrics

TRUE = np.array([0, 0, 1, 1], "float32")
SCORES = np.array([0.0, 0.5, 0.3, 0.9], "float32")


def check(value, expected):
    np.testing.assert_allclose(float(value), expected, rtol=1e-5)


def test_area_is_the_share_of_pairs_in_order():
    # Of four pairs of a positive and a negative, (0.3, 0.5) is in the wrong order.
    check(metrics.AUC()(TRUE, SCORES), 0.75)


def test_area_of_a_perfect_order_is_one():
    check(metrics.AUC()(TRUE, np.array([0.1, 0.2, 0.7, 0.8])), 1.0)


def test_area_of_constant_scores_is_one_half():
    check(metrics.AUC()(TRUE, np.full(4, 0.5)), 0.5)


def test_area_under_precision_and_recall_of_a_perfect_order_is_one():
    check(metrics.AUC(curve="PR")(TRUE, np.array([0.1, 0.2, 0.7, 0.8])), 1.0)


def test_logits_go_through_a_sigmoid():
    logits = np.log(np.array([0.2, 0.6, 0.4, 0.9]) / (1 - np.array([0.2, 0.6, 0.4, 0.9])))
    check(metrics.AUC(from_logits=True)(TRUE, logits), 0.75)


def test_labels_have_areas_of_their_own():
    true = np.stack([TRUE, 1 - TRUE], axis=1)
    scores = np.stack([SCORES, SCORES], axis=1)
    check(metrics.AUC(multi_label=True)(true, scores), (0.75 + 0.25) / 2)


def test_weights_of_labels():
    true = np.stack([TRUE, 1 - TRUE], axis=1)
    scores = np.stack([SCORES, SCORES], axis=1)
    metric = metrics.AUC(multi_label=True, num_labels=2, label_weights=[3.0, 1.0])
    check(metric(true, scores), (3 * 0.75 + 0.25) / 4)


def test_area_before_any_update_is_zero():
    assert float(metrics.AUC().result()) == 0.0
    assert float(metrics.AUC(multi_label=True).result()) == 0.0


def test_reset_starts_anew():
    metric = metrics.AUC()
    metric(1 - TRUE, SCORES)
    metric.reset_state()
    check(metric(TRUE, SCORES), 0.75)


def test_own_thresholds_get_ends():
    thresholds = metrics.AUC(thresholds=[0.7, 0.2]).thresholds
    np.testing.assert_allclose(thresholds, [-1e-7, 0.2, 0.7, 1 + 1e-7])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_thresholds": 1}, "`num_thresholds` must be > 1; got 1"),
        ({"curve": "ROCK"}, "`curve` must be one of .* got 'ROCK'"),
        ({"summation_method": "none"}, "`summation_method` must be one of .* got 'none'"),
        ({"num_labels": 3}, "`num_labels` needs `multi_label=True`; got num_labels=3"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.AUC(**arguments)


def test_labels_need_a_matrix():
    with pytest.raises(ValueError, match=r"shape \(batch, labels\); got \(4,\)"):
        metrics.AUC(multi_label=True)(TRUE, SCORES)


def test_best_sensitivity_at_a_specificity():
    # Above 0.5 no negative is left: one of two positives is found.
    check(metrics.SensitivityAtSpecificity(1.0)(TRUE, SCORES), 0.5)


def test_best_specificity_at_a_sensitivity():
    check(metrics.SpecificityAtSensitivity(1.0)(TRUE, SCORES), 0.5)


def test_best_precision_at_a_recall():
    check(metrics.PrecisionAtRecall(1.0)(TRUE, SCORES), 2 / 3)


def test_best_recall_at_a_precision():
    check(metrics.RecallAtPrecision(0.9)(TRUE, SCORES), 0.5)


def test_bound_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"`recall` must lie in \[0, 1\]; got 2.0"):
        metrics.PrecisionAtRecall(2.0)


def test_no_thresholds_are_refused():
    with pytest.raises(ValueError, match="`num_thresholds` must be > 0; got 0"):
        metrics.RecallAtPrecision(0.5, num_thresholds=0)
