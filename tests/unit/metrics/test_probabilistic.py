"""Means of probabilistic losses."""

import numpy as np

from trimtab import metrics


def test_crossentropy_is_the_mean_over_batches():
    metric = metrics.BinaryCrossentropy()
    metric.update_state([1.0], [0.5])
    metric.update_state([1.0], [0.25])
    np.testing.assert_allclose(float(metric.result()), 1.5 * np.log(2.0), rtol=1e-6)


def test_sparse_crossentropy_of_logits():
    metric = metrics.SparseCategoricalCrossentropy(from_logits=True)
    np.testing.assert_allclose(float(metric([1], [[0.0, 0.0]])), np.log(2.0), rtol=1e-6)


def test_arguments_are_attributes():
    metric = metrics.CategoricalCrossentropy(label_smoothing=0.1, axis=1)
    assert (metric.label_smoothing, metric.axis) == (0.1, 1)
