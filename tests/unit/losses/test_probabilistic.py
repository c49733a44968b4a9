"""Divergence and Poisson loss, worked by hand."""

import numpy as np

from trimtab import losses


def test_divergence_of_equal_distributions_is_zero():
    assert float(losses.KLDivergence()([[0.25, 0.75]], [[0.25, 0.75]])) == 0.0


def test_divergence():
    value = losses.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])
    expected = 0.5 * np.log(2.0) + 0.5 * np.log(2 / 3)
    np.testing.assert_allclose(float(value), expected, rtol=1e-6)


def test_poisson():
    value = losses.Poisson()([[1.0, 0.0]], [[2.0, 1.0]])
    np.testing.assert_allclose(float(value), (2 - np.log(2.0) + 1) / 2, rtol=1e-6)
