"""Regularizers: values worked by hand, and refused arguments."""

import numpy as np
import pytest

from trimtab import regularizers

WEIGHTS = np.array([[1.0, -2.0], [3.0, 0.0]], "float32")


def test_l1_is_the_sum_of_magnitudes():
    assert float(regularizers.L1(0.5)(WEIGHTS)) == 3.0


def test_l2_is_the_sum_of_squares_without_a_half():
    assert float(regularizers.L2(0.5)(WEIGHTS)) == 7.0


def test_l1l2_adds_both():
    assert float(regularizers.L1L2(0.5, 0.5)(WEIGHTS)) == 10.0


def test_l1l2_without_weights_is_zero():
    assert float(regularizers.L1L2()(WEIGHTS)) == 0.0


def test_orthogonal_rows_cost_nothing():
    assert float(regularizers.OrthogonalRegularizer(1.0)(np.eye(3, dtype="float32"))) == 0.0


def test_orthogonal_regularizer_is_the_mean_cosine():
    # One pair of rows, at 45 degrees.
    matrix = np.array([[1.0, 0.0], [2.0, 2.0]], "float32")
    penalty = float(regularizers.OrthogonalRegularizer(1.0)(matrix))
    np.testing.assert_allclose(penalty, np.sqrt(0.5), rtol=1e-6)


def test_orthogonal_regularizer_refuses_a_vector():
    with pytest.raises(ValueError, match=r"must have rank 2; got shape \(3,\)"):
        regularizers.OrthogonalRegularizer()(np.ones(3, "float32"))


def test_orthogonal_regularizer_refuses_an_unknown_mode():
    with pytest.raises(ValueError, match='must be "rows" or "columns"; got \'diagonal\''):
        regularizers.OrthogonalRegularizer(mode="diagonal")


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "0.1"])
def test_weight_must_be_finite_and_not_negative(value):
    with pytest.raises(ValueError, match=f"L2: `l2` must be a finite number >= 0; got {value!r}"):
        regularizers.L2(value)


def test_name_gives_the_default_weight():
    assert regularizers.get("l2").l2 == 0.01


def test_joined_name_with_underscore_is_unknown():
    with pytest.raises(ValueError, match="unknown name 'l1_l2'. Did you mean"):
        regularizers.get("l1_l2")


def test_configuration_without_module_is_read():
    assert regularizers.get({"class_name": "L1", "config": {"l1": 0.2}}).l1 == 0.2


def test_configuration_returns_the_arguments():
    config = regularizers.serialize(regularizers.OrthogonalRegularizer(0.2, "columns"))
    assert config["config"] == {"factor": 0.2, "mode": "columns"}
