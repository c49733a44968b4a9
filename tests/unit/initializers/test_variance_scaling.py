"""Initializers whose variance follows from the shape."""

import numpy as np
import pytest

from trimtab import initializers
from trimtab.initializers import compute_fans


@pytest.mark.parametrize(
    ("shape", "fans"),
    [((), (1, 1)), ((5,), (5, 5)), ((3, 4), (3, 4)), ((2, 3, 4, 8), (24, 48))],
)
def test_fans_are_the_last_axes_times_the_window(shape, fans):
    assert compute_fans(shape) == fans


def test_fans_of_chosen_axes():
    assert compute_fans((2, 3, 4), input_axes=[0], output_axes=[1, 2]) == (2, 12)


def test_glorot_uniform_reaches_its_limit():
    # sqrt(6 / (100 + 200)) = 0.1414
    values = initializers.GlorotUniform(seed=1)((100, 200))
    assert 0.141 < np.abs(values).max() < np.sqrt(6 / 300)


def test_he_normal_has_variance_two_over_fan_in():
    values = initializers.HeNormal(seed=1)((200, 300))
    np.testing.assert_allclose(values.var(), 2 / 200, rtol=0.02)


def test_lecun_normal_has_variance_one_over_fan_in():
    values = initializers.LecunNormal(seed=1)((200, 300))
    np.testing.assert_allclose(values.var(), 1 / 200, rtol=0.02)


def test_fan_out_mode():
    values = initializers.VarianceScaling(3.0, "fan_out", "untruncated_normal", seed=1)((200, 300))
    np.testing.assert_allclose(values.var(), 3 / 300, rtol=0.02)


def test_normal_means_truncated_normal():
    assert initializers.VarianceScaling(distribution="normal").distribution == "truncated_normal"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0.0}, "`scale` must be > 0; got 0.0"),
        ({"mode": "fan"}, "`mode` must be .* got 'fan'"),
        ({"distribution": "cauchy"}, "`distribution` must be .* got 'cauchy'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        initializers.VarianceScaling(**arguments)


def test_configuration_of_a_fixed_recipe_has_no_recipe():
    config = initializers.GlorotUniform(seed=1).get_config()
    assert config == {"seed": 1, "input_axes": None, "output_axes": None}
