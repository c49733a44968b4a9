"""Hinge losses, worked by hand."""

import numpy as np
import pytest

from trimtab import losses


@pytest.mark.parametrize("labels", [[[1.0, -1.0]], [[1.0, 0.0]]])
def test_hinge_of_signed_and_of_binary_labels(labels):
    # The margins 0.5 and -2 miss 1 by 0.5 and 3.
    assert float(losses.Hinge()(labels, [[0.5, 2.0]])) == 1.75


def test_labels_of_other_values_are_not_converted():
    # 2 is neither 0 nor 1: 0 stays 0.
    value = losses.hinge([[2.0, 0.0]], [[0.25, 5.0]])
    np.testing.assert_allclose(np.asarray(value), [0.75])


def test_squared_hinge():
    assert float(losses.SquaredHinge()([[1.0, -1.0]], [[0.5, 2.0]])) == (0.25 + 9.0) / 2


def test_categorical_hinge_is_the_margin_to_the_best_wrong_class():
    value = losses.CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.5, 1.0, 0.75]])
    assert float(value) == 0.75
