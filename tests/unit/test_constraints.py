"""Constraints: values worked by hand."""

import numpy as np
import pytest

from trimtab import constraints

# Columns of norm 5 and 1.
WEIGHTS = np.array([[3.0, 0.0], [4.0, -1.0]], "float32")


def check(tensor, expected):
    np.testing.assert_allclose(np.asarray(tensor), expected, rtol=1e-6, atol=1e-6)


def test_max_norm_scales_long_columns_down():
    check(constraints.MaxNorm(2.0)(WEIGHTS), [[1.2, 0.0], [1.6, -1.0]])


def test_max_norm_along_rows():
    check(constraints.MaxNorm(1.5, axis=1)(WEIGHTS)[0], [1.5, 0.0])


def test_unit_norm_gives_every_column_norm_one():
    check(constraints.UnitNorm()(WEIGHTS), [[0.6, 0.0], [0.8, -1.0]])


def test_non_neg_replaces_negative_weights():
    check(constraints.NonNeg()(WEIGHTS), [[3.0, 0.0], [4.0, 0.0]])


def test_min_max_norm_moves_norms_by_its_rate():
    # Norm 5 moves half-way to 3, norm 1 half-way to 2: 4 and 1.5.
    y = constraints.MinMaxNorm(2.0, 3.0, rate=0.5)(WEIGHTS)
    check(y, [[2.4, 0.0], [3.2, -1.5]])


def test_zero_column_stays_zero():
    check(constraints.MaxNorm(1.0)(np.zeros((2, 1), "float32")), [[0.0], [0.0]])


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="unknown name 'maxnorm'. Did you mean"):
        constraints.get("maxnorm")
