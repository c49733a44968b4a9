"""Calls in old spelling, read one by one."""

import pytest

from trimtab.compat.tables import CALLS, version_of
from trimtab.compat.translate import translate


def arguments(name, version, *args, **kwargs):
    return translate(CALLS[name], version_of(version), args, kwargs)


def test_two_integers_of_a_dense_layer_are_its_sizes_in_the_first_versions():
    assert arguments("Dense", "0.3.3", 20, 64, init="uniform").arguments == {
        "input_dim": 20,
        "units": 64,
        "kernel_initializer": "uniform",
    }


def test_the_second_value_of_a_dense_layer_was_its_initializer():
    assert arguments("Dense", "keras1", 64, "uniform").arguments == {
        "units": 64,
        "kernel_initializer": "uniform",
    }


def test_an_activation_in_second_place_is_todays_order():
    assert arguments("Dense", "keras1", 64, "relu").positional == [64, "relu"]


@pytest.mark.parametrize("version", ["keras1", "keras2"])
def test_three_integers_of_a_convolution_are_filters_rows_and_columns(version):
    found = arguments("Conv2D", version, 8, 3, 5).arguments

    assert (found["filters"], found["kernel_size"]) == (8, (3, 5))


def test_three_integers_of_a_convolution_are_todays_in_tf_keras():
    assert arguments("Conv2D", "tf_keras", 8, 3, 3).positional == [8, 3, 3]


def test_four_integers_of_a_convolution_have_the_channels_among_them():
    found = arguments("Convolution2D", "0.3.3", 8, 1, 3, 5)

    assert found.arguments["kernel_size"] == (3, 5)
    assert found.dropped == {"stack_size": 1}


def test_a_size_in_a_tuple_is_todays_order():
    assert arguments("Conv2D", "keras1", 8, (3, 3), (2, 2)).positional == [8, (3, 3), (2, 2)]


def test_a_new_word_makes_the_order_todays():
    assert arguments("Dense", "keras1", 8, None, use_bias=False).positional == [8, None]


def test_an_old_word_makes_the_order_old_in_keras_2():
    assert arguments("Dense", "keras2", 8, W_regularizer="l2").arguments == {
        "units": 8,
        "kernel_regularizer": "l2",
    }


def test_old_words_are_left_alone_where_they_were_errors():
    assert arguments("Dense", "tf_keras", output_dim=3).arguments == {"output_dim": 3}


def test_batch_normalization_had_epsilon_first():
    assert arguments("BatchNormalization", "1.2.2", 1e-5, 0, 1, 0.8).arguments == {
        "epsilon": 1e-5,
        "axis": 1,
        "momentum": 0.8,
    }
    assert arguments("BatchNormalization", "2.2.4", 1, 0.8).positional == [1, 0.8]


def test_an_argument_given_twice_is_an_error():
    with pytest.raises(TypeError, match="Dense: `output_dim` is given twice"):
        arguments("Dense", "keras1", 3, output_dim=3)


def test_an_argument_in_both_spellings_is_an_error():
    with pytest.raises(TypeError, match="`units` are the same|`output_dim` and `units`"):
        arguments("Dense", "keras1", units=3, output_dim=3)


def test_too_many_values_are_an_error():
    with pytest.raises(TypeError, match=r"SGD: took at most 4 arguments by position \(lr, "):
        arguments("SGD", "keras1", 1, 2, 3, 4, 5)


def test_versions_that_never_were_are_refused():
    with pytest.raises(ValueError, match="dialect: must be one of keras0, .* got 'keras9'"):
        version_of("keras9")
    with pytest.raises(ValueError, match="versions go from 0.1.0 on; got '0.0.1'"):
        version_of("0.0.1")
