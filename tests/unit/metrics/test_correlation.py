"""Correlations, worked by hand."""

import numpy as np

from trimtab import metrics


def test_pearson_does_not_see_scale_and_offset():
    value = metrics.PearsonCorrelation()([[1.0, 2.0, 4.0]], [[3.0, 5.0, 9.0]])
    np.testing.assert_allclose(float(value), 1.0, rtol=1e-5)


def test_pearson():
    value = metrics.pearson_correlation([[0.0, 1.0, 0.5]], [[1.0, 0.9, 0.2]])
    expected = [np.corrcoef([0.0, 1.0, 0.5], [1.0, 0.9, 0.2])[0, 1]]
    np.testing.assert_allclose(np.asarray(value), expected, rtol=1e-5)


def test_concordance_falls_with_an_offset():
    # Variances 2/3, covariance 2/3, means 1 apart: 2 * (2/3) / (4/3 + 1).
    value = metrics.ConcordanceCorrelation()([[0.0, 1.0, 2.0]], [[1.0, 2.0, 3.0]])
    np.testing.assert_allclose(float(value), 4 / 7, rtol=1e-5)
