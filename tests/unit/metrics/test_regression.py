"""Metrics of regression, worked by hand."""

import numpy as np
import pytest

from trimtab import metrics

TRUE = np.array([[1.0], [4.0], [3.0]], "float32")
PREDICTED = np.array([[2.0], [4.0], [4.0]], "float32")


def check(value, expected):
    np.testing.assert_allclose(np.asarray(value), expected, rtol=1e-5)


def test_root_is_taken_of_the_mean_over_all_batches():
    metric = metrics.RootMeanSquaredError()
    metric.update_state([0.0, 0.0], [1.0, 3.0])
    metric.update_state([0.0, 0.0], [1.0, 5.0])
    check(metric.result(), 3.0)


def test_cosine_similarity_is_positive_where_directions_agree():
    check(metrics.CosineSimilarity()([[1.0, 0.0]], [[5.0, 0.0]]), 1.0)


def test_r2_score():
    # Residuals 2, total (1 - 8/3)**2 + (4 - 8/3)**2 + (3 - 8/3)**2 = 14/3.
    check(metrics.R2Score()(TRUE, PREDICTED), 1 - 2 / (14 / 3))


def test_adjusted_r2_score():
    plain = 1 - 2 / (14 / 3)
    check(metrics.R2Score(num_regressors=1)(TRUE, PREDICTED), 1 - (1 - plain) * 2 / 1)


def test_adjusted_score_of_too_few_samples_is_warned_of():
    metric = metrics.R2Score(num_regressors=2)
    metric.update_state(TRUE, PREDICTED)
    with pytest.warns(UserWarning, match="needs more than 3 samples"):
        check(metric.result(), 1 - 2 / (14 / 3))


def test_scores_of_several_outputs():
    true, predicted = np.hstack([TRUE, TRUE]), np.hstack([PREDICTED, TRUE])
    metric = metrics.R2Score(class_aggregation=None)
    check(metric(true, predicted), [1 - 2 / (14 / 3), 1.0])


def test_r2_score_needs_a_matrix():
    with pytest.raises(ValueError, match=r"shape \(batch, outputs\); got \(3,\)"):
        metrics.R2Score()(TRUE[:, 0], PREDICTED[:, 0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"class_aggregation": "sum"}, "`class_aggregation` must be one of .* got 'sum'"),
        ({"num_regressors": -1}, "`num_regressors` must be >= 0; got -1"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.R2Score(**arguments)
