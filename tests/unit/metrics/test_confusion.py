"""Counts at thresholds and their ratios, worked by hand."""

import numpy as np
import pytest

from trimtab import metrics

TRUE = np.array([0, 1, 1, 1], "float32")
SCORES = np.array([0.9, 0.2, 0.5, 0.8], "float32")


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (metrics.TruePositives(), 1.0),
        (metrics.FalsePositives(), 1.0),
        (metrics.TrueNegatives(), 0.0),
        (metrics.FalseNegatives(), 2.0),
        (metrics.Precision(), 0.5),
        (metrics.Recall(), 1 / 3),
    ],
)
def test_threshold_of_one_half_is_exclusive(metric, expected):
    np.testing.assert_allclose(float(metric(TRUE, SCORES)), expected, rtol=1e-6)


def test_several_thresholds_give_several_values():
    values = metrics.Recall(thresholds=[0.1, 0.6])(TRUE, SCORES)
    np.testing.assert_allclose(np.asarray(values), [1.0, 1 / 3], rtol=1e-6)


def test_evenly_spaced_thresholds_count_alike():
    # 0, 0.5 and 1 go through buckets.
    values = metrics.TruePositives(thresholds=[0.0, 0.5, 1.0])(TRUE, SCORES)
    assert np.asarray(values).tolist() == [3.0, 1.0, 0.0]


def test_score_of_zero_is_not_above_threshold_zero():
    values = metrics.TruePositives(thresholds=[0.0, 0.5, 1.0])([1.0, 1.0], [0.0, 1.0])
    assert np.asarray(values).tolist() == [1.0, 1.0, 0.0]


def test_weights_count_instead_of_samples():
    value = metrics.Recall()(TRUE, SCORES, sample_weight=[1.0, 1.0, 1.0, 2.0])
    assert float(value) == 0.5


def test_precision_of_no_positive_prediction_is_zero():
    assert float(metrics.Precision()([1.0], [0.1])) == 0.0


def test_only_the_best_of_a_sample_are_positive():
    metric = metrics.Precision(top_k=1)
    assert float(metric([[0, 1, 0], [0, 0, 1]], [[0.1, 0.3, 0.2], [0.4, 0.1, 0.3]])) == 0.5


@pytest.mark.parametrize("class_id", [2, -1])
def test_one_class_alone(class_id):
    metric = metrics.Recall(class_id=class_id)
    assert float(metric([[0, 1, 1], [0, 0, 1]], [[0.9, 0.9, 0.9], [0.9, 0.9, 0.1]])) == 0.5


def test_reset_starts_anew():
    metric = metrics.Precision()
    metric(TRUE, SCORES)
    metric.reset_state()
    assert float(metric([1.0], [0.9])) == 1.0


def test_threshold_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"Precision: `thresholds` must lie in \[0, 1\]; got 1.5"):
        metrics.Precision(thresholds=1.5)


def test_other_shape_is_refused():
    with pytest.raises(ValueError, match=r"must have the same shape; got \(2,\) and \(3,\)"):
        metrics.Recall()(np.ones(2), np.ones(3))


def test_class_of_a_vector_is_refused():
    with pytest.raises(ValueError, match=r"shape \(batch, classes\); got \(4,\)"):
        metrics.Recall(class_id=0)(TRUE, SCORES)


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape of the predictions, \(2, 3\); got \(2, 2\)"):
        metrics.Recall()(np.ones((2, 3)), np.ones((2, 3)), sample_weight=np.ones((2, 2)))


def test_configuration_keeps_thresholds_as_given():
    config = metrics.Precision(thresholds=0.3, class_id=1, name="p").get_config()
    assert config == {
        "thresholds": 0.3,
        "top_k": None,
        "class_id": 1,
        "name": "p",
        "dtype": "float32",
    }
