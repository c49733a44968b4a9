"""Activations: values worked by hand, and the reading of identifiers."""

import numpy as np
import pytest

from trimtab import activations
from trimtab.core.config import CustomObjectScope


def check(tensor, expected):
    np.testing.assert_allclose(np.asarray(tensor), expected, rtol=1e-6, atol=1e-7)


def test_relu_cuts_negative_values():
    check(activations.relu([-2.0, 0.0, 3.0]), [0.0, 0.0, 3.0])


def test_relu_with_slope_ceiling_and_threshold():
    # -1 lies 2 below the threshold 1: 0.5 * -2; 1 is at it; 5 is cut at 4.
    y = activations.relu([-1.0, 1.0, 2.0, 5.0], negative_slope=0.5, max_value=4.0, threshold=1.0)
    check(y, [-1.0, 0.0, 2.0, 4.0])


def test_leaky_relu_has_slope_one_fifth():
    check(activations.leaky_relu([-5.0, 5.0]), [-1.0, 5.0])


def test_gelu_is_exact_by_default():
    # x * P(X <= x) at 1: 0.8413447.
    check(activations.gelu([1.0]), [0.8413447])


def test_hard_sigmoid_is_a_sixth_per_unit():
    check(activations.hard_sigmoid([-3.0, 0.0, 1.5, 3.0]), [0.0, 0.5, 0.75, 1.0])


def test_sparsemax_of_equal_scores_is_even():
    check(activations.sparsemax([[1.0, 1.0]]), [[0.5, 0.5]])


def test_sparsemax_sets_small_scores_to_zero():
    # Support {1.0, 0.5}: tau = (1.5 - 1) / 2 = 0.25.
    check(activations.sparsemax([[1.0, 0.5, -2.0]]), [[0.75, 0.25, 0.0]])


def test_threshold_replaces_what_is_not_above_it():
    check(activations.threshold([0.0, 1.0, 2.0], 1.0, -3.0), [-3.0, -3.0, 2.0])


def test_softmax_rows_sum_to_one():
    check(activations.softmax([[0.0, np.log(3.0)]]), [[0.25, 0.75]])


def test_none_means_linear():
    assert activations.get(None) is activations.linear


def test_swish_is_silu():
    assert activations.get("swish") is activations.silu


def test_callable_is_kept():
    assert activations.get(abs) is abs


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="unknown name 'rellu'. Did you mean \"relu\"?"):
        activations.get("rellu")


def test_number_is_refused():
    with pytest.raises(ValueError, match="must be a name, a configuration.*got 3"):
        activations.get(3)


def test_own_function_is_serialised_by_name():
    assert activations.serialize(activations.tanh) == "tanh"


def twice(x):
    return 2 * x


def test_custom_function_is_found_by_its_registered_name():
    config = activations.serialize(twice)
    assert activations.deserialize(config, {"twice": twice}) is twice


def test_custom_function_is_found_in_a_scope():
    with CustomObjectScope({"twice": twice}):
        assert activations.get("twice") is twice


def test_configuration_of_keras_for_a_function_is_read():
    config = {"module": "builtins", "class_name": "function", "config": "elu"}
    assert activations.get(config) is activations.elu
