"""Warnings about batch normalization: once a model, at the user's line."""

import warnings

import pytest

from trimtab import layers
from trimtab.core import settings


@pytest.fixture
def normed(build):
    model = build(batch_norm=True)
    model.compile("sgd", "mse")
    return model


def warned(model, *args, about="", **kwargs):
    """The warnings that a fit gives and that contain `about`."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(*args, verbose=0, **kwargs)
    return [w for w in caught if about in str(w.message)]


LEFT_OUT = "was created but belongs to no model"
SINGLE = "has a single row"


def test_a_layer_that_was_left_out_is_named(normed, x, one_hot):
    left_out = layers.BatchNormalization(name="forgotten")
    (warning,) = warned(normed, x, one_hot, about=LEFT_OUT)
    assert "'forgotten'" in str(warning.message)
    assert left_out.built is False


def test_the_warning_points_at_the_users_line(normed, x, one_hot):
    left_out = layers.BatchNormalization()
    (warning,) = warned(normed, x, one_hot, about=LEFT_OUT)
    assert warning.filename == __file__
    del left_out


def test_each_warning_comes_once(normed, x, one_hot):
    left_out = layers.BatchNormalization()
    assert len(warned(normed, x, one_hot, about=LEFT_OUT)) == 1
    assert warned(normed, x, one_hot, about=LEFT_OUT) == []
    del left_out


@pytest.mark.parametrize(
    ("batch_size", "which"), [(23, "the last batch"), (69, "the last batch"), (1, "each batch")]
)
def test_a_batch_of_one_row_is_reported(normed, x, one_hot, batch_size, which):
    (warning,) = warned(normed, x, one_hot, batch_size=batch_size, about=SINGLE)
    assert f"{which} has a single row (70 rows in batches of {batch_size})" in str(warning.message)
    assert normed.layers[1].name in str(warning.message)


@pytest.mark.parametrize("batch_size", [7, 32, 70, 100])
def test_batches_of_more_rows_are_fine(normed, x, one_hot, batch_size):
    assert warned(normed, x, one_hot, batch_size=batch_size, about=SINGLE) == []


def test_a_frozen_layer_does_not_mind_single_rows(normed, x, one_hot):
    normed.layers[1].trainable = False
    assert warned(normed, x, one_hot, batch_size=1, about=SINGLE) == []


def test_a_net_without_batch_normalization_does_not_mind_single_rows(net, x, one_hot):
    assert warned(net, x, one_hot, batch_size=69, about=SINGLE) == []


def test_the_checks_can_be_switched_off(normed, x, one_hot):
    left_out = layers.BatchNormalization()
    settings.set_bn_checks(False)
    try:
        assert warned(normed, x, one_hot, batch_size=69) == []
    finally:
        settings.set_bn_checks(True)
    del left_out


def test_a_layer_made_on_a_line_of_its_own_is_named(normed, x, one_hot):
    layers.BatchNormalization(name="bare_line")
    (warning,) = warned(normed, x, one_hot, about=LEFT_OUT)
    assert "'bare_line'" in str(warning.message)
