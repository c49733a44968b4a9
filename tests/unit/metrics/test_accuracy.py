"""Accuracies, worked by hand."""

import numpy as np
import pytest

from trimtab import metrics

SCORES = np.array([[0.1, 0.6, 0.3], [0.4, 0.4, 0.2]], "float32")


def test_accuracy_compares_labels():
    assert float(metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4])) == 0.75


def test_binary_threshold_is_exclusive():
    assert np.asarray(metrics.binary_accuracy([1.0, 1.0], [0.5, 0.6])).tolist() == [0.0, 1.0]


def test_binary_accuracy_of_a_vector_and_a_column():
    assert float(metrics.BinaryAccuracy()([1, 0], [[0.9], [0.8]])) == 0.5


def test_first_of_equal_scores_wins():
    assert float(metrics.SparseCategoricalAccuracy()([1, 0], SCORES)) == 1.0


def test_column_of_labels_is_taken():
    assert float(metrics.SparseCategoricalAccuracy()([[1], [1]], SCORES)) == 0.5


def test_one_hot_labels():
    assert float(metrics.CategoricalAccuracy()([[0, 1, 0], [0, 0, 1]], SCORES)) == 0.5


def test_weights_of_samples():
    metric = metrics.SparseCategoricalAccuracy()
    assert float(metric([1, 2], SCORES, sample_weight=[3.0, 1.0])) == 0.75


@pytest.mark.parametrize(("k", "expected"), [(1, 0.0), (2, 0.5), (3, 1.0)])
def test_top_k(k, expected):
    assert float(metrics.SparseTopKCategoricalAccuracy(k=k)([2, 2], SCORES)) == expected


def test_equal_scores_share_their_rank():
    value = metrics.sparse_top_k_categorical_accuracy([1], SCORES[1:], k=1)
    assert np.asarray(value).tolist() == [1.0]


def test_label_of_score_nan_is_no_hit():
    scores = np.array([[np.nan, 0.5, 0.1]], "float32")
    value = metrics.sparse_top_k_categorical_accuracy([0], scores, k=2)
    assert np.asarray(value).tolist() == [0.0]


def test_sorted_class_numbers():
    metric = metrics.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True)
    assert float(metric([3, 1], [[2, 3, 1], [0, 2, 1]])) == 0.5
