"""Cross-entropies of two classes, worked by hand."""

import numpy as np
import pytest

from trimtab import losses


def test_binary_crossentropy_of_probabilities():
    # (-log 0.8 - log 0.5) / 2
    value = losses.BinaryCrossentropy()([[1.0, 0.0]], [[0.8, 0.5]])
    np.testing.assert_allclose(float(value), -(np.log(0.8) + np.log(0.5)) / 2, rtol=1e-6)


def test_perfect_prediction_costs_what_the_clipping_leaves():
    assert 1.1e-7 < float(losses.BinaryCrossentropy()([1.0], [1.0])) < 1.3e-7


def test_large_logits_do_not_overflow():
    value = losses.BinaryCrossentropy(from_logits=True)([[1.0, 0.0]], [[-1000.0, 1000.0]])
    assert float(value) == 1000.0


def test_smoothing_moves_labels_towards_a_half():
    smoothed = losses.BinaryCrossentropy(label_smoothing=0.2)([1.0], [0.7])
    np.testing.assert_allclose(float(smoothed), -(0.9 * np.log(0.7) + 0.1 * np.log(0.3)), rtol=1e-6)


def test_focal_loss_weighs_by_the_missing_probability():
    value = losses.BinaryFocalCrossentropy(gamma=2.0)([1.0], [0.6])
    np.testing.assert_allclose(float(value), 0.16 * -np.log(0.6), rtol=1e-6)


def test_other_shape_is_refused():
    with pytest.raises(ValueError, match=r"must have the same shape; got \(2, 1\) and \(2, 3\)"):
        losses.binary_crossentropy(np.ones((2, 1)), np.full((2, 3), 0.5))
