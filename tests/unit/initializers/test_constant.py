"""Initializers that draw nothing."""

import numpy as np
import pytest

from trimtab import initializers


def test_zeros_have_the_shape_and_type_asked_for():
    values = initializers.Zeros()((2, 3), dtype="float64")
    assert (values.shape, values.dtype.name, values.any()) == ((2, 3), "float64", False)


def test_ones_are_of_floatx():
    values = initializers.Ones()((2,))
    assert (values.dtype.name, values.tolist()) == ("float32", [1.0, 1.0])


def test_constant_array_is_broadcast():
    values = initializers.Constant(np.array([1.0, 2.0]))((3, 2))
    assert values.tolist() == [[1.0, 2.0]] * 3


def test_constant_array_survives_its_configuration():
    config = initializers.serialize(initializers.Constant(np.array([1.0, 2.0])))
    assert initializers.deserialize(config)((2,)).tolist() == [1.0, 2.0]


def test_identity_has_its_gain_on_the_diagonal():
    assert initializers.Identity(3.0)((2, 3)).tolist() == [[3.0, 0.0, 0.0], [0.0, 3.0, 0.0]]


def test_identity_refuses_a_vector():
    with pytest.raises(ValueError, match=r"must be a matrix; got shape \(4,\)"):
        initializers.Identity()((4,))


def test_array_stands_for_its_values():
    assert initializers.get(np.array([1, 2]))((2,), dtype="float32").tolist() == [1.0, 2.0]


def test_array_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2,\); got \(3,\)"):
        initializers.get(np.array([1, 2]))((3,))


def test_none_stays_none():
    assert initializers.get(None) is None


def test_class_is_called():
    assert isinstance(initializers.get(initializers.Ones), initializers.Ones)


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="unknown name 'he_norml'. Did you mean \"he_normal\"?"):
        initializers.get("he_norml")


def test_base_refuses_to_be_called():
    with pytest.raises(NotImplementedError, match="must override `__call__"):
        initializers.Initializer()((2,))
