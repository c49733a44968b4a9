"""Losses of regression, worked by hand."""

import numpy as np
import pytest

from trimtab import losses

TRUE = np.array([[1.0, 2.0]], "float32")
PREDICTED = np.array([[2.0, 5.0]], "float32")


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (losses.MeanSquaredError(), 5.0),
        (losses.MeanAbsoluteError(), 2.0),
        (losses.MeanAbsolutePercentageError(), 125.0),
        (losses.MeanSquaredLogarithmicError(), (np.log(1.5) ** 2 + np.log(2.0) ** 2) / 2),
        (losses.Huber(), (0.5 + 2.5) / 2),
        (losses.Huber(delta=2.0), (0.5 + 4.0) / 2),
        (losses.LogCosh(), (np.log(np.cosh(1.0)) + np.log(np.cosh(3.0))) / 2),
        (losses.CosineSimilarity(), -12 / np.sqrt(5 * 29)),
    ],
)
def test_value(loss, expected):
    np.testing.assert_allclose(float(loss(TRUE, PREDICTED)), expected, rtol=1e-6)


def test_log_cosh_of_a_large_error_does_not_overflow():
    value = losses.log_cosh([[0.0]], [[1000.0]])
    np.testing.assert_allclose(np.asarray(value), [1000.0 - np.log(2.0)], rtol=1e-6)


def test_target_of_zero_counts_as_epsilon_in_per_cent():
    value = losses.mean_absolute_percentage_error([[0.0]], [[1.0]])
    np.testing.assert_allclose(np.asarray(value), [1e9], rtol=1e-5)


def test_vector_of_targets_fits_a_column_of_predictions():
    assert losses.mean_squared_error(np.zeros(4), np.zeros((4, 1))).shape == (4,)


def test_integer_targets_take_the_type_of_the_predictions():
    assert losses.mean_squared_error([1], np.zeros((1,), "float64")).dtype == "float64"


def test_delta_is_part_of_the_configuration():
    assert losses.deserialize(losses.serialize(losses.Huber(2.0)))([[0.0]], [[1.5]]) == 1.125
