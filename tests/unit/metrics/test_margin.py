"""Means of hinge losses."""

from trimtab import metrics


def test_hinge_of_binary_labels():
    assert float(metrics.Hinge()([[1.0, 0.0]], [[0.5, 2.0]])) == 1.75


def test_weighted_squared_hinge():
    metric = metrics.SquaredHinge()
    value = metric([[1.0], [-1.0]], [[0.5], [2.0]], sample_weight=[1.0, 0.0])
    assert float(value) == 0.25


def test_categorical_hinge():
    assert float(metrics.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]])) == 0.5
