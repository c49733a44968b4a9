"""Cross-entropies of several classes, worked by hand."""

import numpy as np
import pytest

from trimtab import losses


def test_probabilities_are_divided_by_their_sum():
    value = losses.CategoricalCrossentropy()([[0.0, 1.0]], [[1.0, 3.0]])
    np.testing.assert_allclose(float(value), -np.log(0.75), rtol=1e-6)


def test_logits_go_through_softmax():
    loss = losses.CategoricalCrossentropy(from_logits=True)
    value = loss([[0.0, 1.0]], [[0.0, np.log(3.0)]])
    np.testing.assert_allclose(float(value), -np.log(0.75), rtol=1e-6)


def test_class_numbers_give_the_same_as_one_hot():
    probabilities = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]], "float32")
    sparse = losses.SparseCategoricalCrossentropy()([2, 0], probabilities)
    np.testing.assert_allclose(float(sparse), -(np.log(0.3) + np.log(0.6)) / 2, rtol=1e-6)


def test_column_of_class_numbers_is_taken():
    value = losses.sparse_categorical_crossentropy(np.array([[1]]), np.array([[0.5, 0.5]]))
    np.testing.assert_allclose(np.asarray(value), [np.log(2.0)], rtol=1e-6)


def test_classes_may_lie_on_another_axis():
    # Axes: batch, classes, width.
    probabilities = np.array([[[0.25, 0.5], [0.75, 0.5]]], "float32")
    value = losses.sparse_categorical_crossentropy(np.array([[1, 0]]), probabilities, axis=1)
    np.testing.assert_allclose(np.asarray(value), -np.log([[0.75, 0.5]]), rtol=1e-6)


def test_ignored_class_counts_neither_in_sum_nor_in_number():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=2)
    value = loss([0, 2], np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]], "float32"))
    np.testing.assert_allclose(float(value), np.log(2.0), rtol=1e-6)


def test_smoothing_spreads_over_the_classes():
    loss = losses.CategoricalCrossentropy(label_smoothing=0.3)
    value = loss([[1.0, 0.0, 0.0]], [[0.5, 0.25, 0.25]])
    expected = -(0.8 * np.log(0.5) + 0.2 * np.log(0.25))
    np.testing.assert_allclose(float(value), expected, rtol=1e-6)


def test_one_hot_labels_need_the_other_loss():
    message = r"shape of `y_pred` without the classes, \(4,\); got \(4, 3\); one-hot labels need"
    with pytest.raises(ValueError, match=message):
        losses.SparseCategoricalCrossentropy()(np.eye(4, 3), np.ones((4, 3)))


def test_class_numbers_need_the_other_loss():
    message = r"got \(4,\) and \(4, 3\); labels that are class numbers need sparse_categorical"
    with pytest.raises(ValueError, match=message):
        losses.CategoricalCrossentropy()(np.arange(4), np.ones((4, 3)))


def test_one_output_is_warned_of():
    with pytest.warns(SyntaxWarning, match="One output for two classes needs binary_crossentropy"):
        losses.categorical_crossentropy(np.ones((4, 1)), np.ones((4, 1)))


def test_boolean_axis_is_refused():
    with pytest.raises(ValueError, match="`axis` must be an integer; got True"):
        losses.categorical_crossentropy([[1.0, 0.0]], [[0.5, 0.5]], axis=True)


def test_generalized_cross_entropy():
    loss = losses.CategoricalGeneralizedCrossEntropy(q=0.5)
    np.testing.assert_allclose(float(loss([1], [[0.75, 0.25]])), 1.0, rtol=1e-6)


def test_generalized_cross_entropy_refuses_q_of_one():
    with pytest.raises(ValueError, match=r"`q` must lie in \(0, 1\); got 1.0"):
        losses.CategoricalGeneralizedCrossEntropy(q=1.0)
