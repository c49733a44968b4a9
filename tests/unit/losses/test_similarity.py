"""Overlap and metric-learning losses, worked by hand."""

import numpy as np

from trimtab import losses

TRUE = np.array([[1.0, 1.0, 0.0, 0.0]], "float32")
PREDICTED = np.array([[1.0, 0.0, 1.0, 0.0]], "float32")


def test_dice_of_half_overlap():
    # Overlap 1, sizes 2 and 2.
    np.testing.assert_allclose(float(losses.Dice()(TRUE, PREDICTED)), 0.5, rtol=1e-6)


def test_dice_of_nothing_is_one():
    assert float(losses.Dice()(np.zeros((1, 4)), np.zeros((1, 4)))) == 1.0


def test_dice_over_an_axis_gives_one_value_a_sample():
    assert losses.dice(np.ones((3, 4)), np.ones((3, 4)), axis=1).shape == (3,)


def test_tversky_weighs_missed_and_false_cells():
    # Overlap 1, missed 1 with weight 0.25, false 1 with weight 0.75.
    value = losses.Tversky(alpha=0.25, beta=0.75)(TRUE, PREDICTED)
    np.testing.assert_allclose(float(value), 0.5, rtol=1e-6)


def test_circle_without_positive_pairs_is_zero():
    embeddings = np.eye(3, dtype="float32")
    assert np.asarray(losses.circle(np.arange(3), embeddings)).tolist() == [0.0, 0.0, 0.0]


def test_circle_of_a_perfect_batch_is_small():
    embeddings = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]], "float32")
    assert float(losses.Circle()(np.array([0, 0, 1]), embeddings)) < 1e-5
