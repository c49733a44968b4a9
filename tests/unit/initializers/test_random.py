"""Initializers that draw: repetition, bounds, moments, refused arguments."""

import numpy as np
import pytest

from trimtab import initializers
from trimtab.core import random
from trimtab.core.random import SeedGenerator


def test_instance_gives_the_same_values_twice():
    initializer = initializers.RandomNormal()
    np.testing.assert_array_equal(initializer((5, 5)), initializer((5, 5)))


def test_equal_seeds_give_equal_values():
    first, second = initializers.GlorotUniform(seed=3), initializers.GlorotUniform(seed=3)
    np.testing.assert_array_equal(first((4, 4)), second((4, 4)))


def test_instances_without_seed_differ():
    first, second = initializers.RandomUniform(), initializers.RandomUniform()
    assert not np.array_equal(first((8,)), second((8,)))


def test_global_seed_repeats_instances_without_seed():
    random.set_seed(5)
    first = initializers.RandomUniform()((8,))
    random.set_seed(5)
    np.testing.assert_array_equal(first, initializers.RandomUniform()((8,)))


def test_seed_generator_gives_new_values_at_each_call():
    initializer = initializers.RandomNormal(seed=SeedGenerator(1))
    assert not np.array_equal(initializer((8,)), initializer((8,)))


def test_truncated_normal_stays_within_two_deviations():
    values = initializers.TruncatedNormal(mean=1.0, stddev=0.5, seed=1)((10000,))
    assert np.abs(values - 1.0).max() <= 1.0


def test_truncated_normal_has_the_deviation_of_the_cut_distribution():
    values = initializers.TruncatedNormal(stddev=1.0, seed=1)((40000,))
    np.testing.assert_allclose(values.std(), 0.8796, rtol=0.01)


def test_uniform_lies_in_its_interval():
    values = initializers.RandomUniform(2.0, 3.0, seed=1)((1000,))
    assert values.min() >= 2.0
    assert values.max() < 3.0


def test_float16_is_drawn_and_cut():
    assert initializers.RandomNormal(seed=1)((3,), dtype="float16").dtype.name == "float16"


def test_integers_are_refused():
    with pytest.raises(ValueError, match="need a floating-point dtype; got int32"):
        initializers.RandomNormal()((3,), dtype="int32")


def test_other_seeds_are_refused():
    with pytest.raises(ValueError, match="RandomNormal: `seed` must be an integer.*got 'a'"):
        initializers.RandomNormal(seed="a")


def test_configuration_keeps_the_seed_as_given():
    assert initializers.RandomNormal(seed=7).get_config()["seed"] == 7
    assert initializers.RandomNormal().get_config()["seed"] is None


def test_clone_draws_the_same_values():
    initializer = initializers.HeNormal(seed=2)
    np.testing.assert_array_equal(initializer((3, 3)), initializer.clone()((3, 3)))


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (2, 3, 4)])
def test_orthogonal_vectors_of_the_shorter_side_are_orthonormal(shape):
    matrix = initializers.Orthogonal(seed=1)(shape).reshape(-1, shape[-1])
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-6)


def test_orthogonal_gain_is_a_factor():
    plain, scaled = initializers.Orthogonal(seed=1), initializers.Orthogonal(3.0, seed=1)
    np.testing.assert_allclose(scaled((3, 3)), 3.0 * plain((3, 3)), rtol=1e-6)


def test_orthogonal_refuses_a_vector():
    with pytest.raises(ValueError, match=r"at least two axes; got shape \(3,\)"):
        initializers.Orthogonal()((3,))
