"""The warning about a Batch Normalization of another axis than the channels'."""

import warnings

import numpy as np
import pytest

import trimtab
from trimtab import layers

L = layers


def fitted(*parts, shape=(8, 28, 3)):
    """A network of `parts`, and the warnings of its first fit."""
    model = trimtab.Sequential([L.Input(shape), *parts, L.Flatten(), L.Dense(1)])
    model.compile("sgd", "mse")
    return model, warned(model)


def warned(model):
    x = np.ones((2, *model.input_shape[1:]), "float32")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, np.ones((2, 1)), verbose=0)
    return [str(w.message) for w in caught if "normalises" in str(w.message)]


def test_the_columns_of_a_channels_first_convolution_are_named():
    conv = L.Conv2D(64, 3, padding="same", data_format="channels_first", name="conv")
    _, (message,) = fitted(conv, L.BatchNormalization(name="bn"), shape=(3, 8, 28))
    assert message == (
        "fit: BatchNormalization 'bn' normalises 28 columns; the layer 'conv' before it has 64 "
        "channels, on axis 1 (channels_first). Use BatchNormalization(axis=1)"
    )


@pytest.mark.parametrize(
    ("axis", "named"), [(1, "8 rows"), (2, "28 columns"), (-2, "28 columns"), (-3, "8 rows")]
)
def test_the_axis_is_named_by_what_it_holds(axis, named):
    _, (message,) = fitted(L.Conv2D(4, 3, padding="same"), L.BatchNormalization(axis=axis))
    assert f"normalises {named}; the layer" in message


def test_steps_are_named():
    _, (message,) = fitted(L.Conv1D(4, 3), L.BatchNormalization(axis=1), shape=(9, 2))
    assert "normalises 7 steps; the layer" in message


@pytest.mark.parametrize(
    "between",
    [
        [L.Activation("relu")],
        [L.LeakyReLU(), L.MaxPooling2D()],
        [L.ZeroPadding2D(), L.SpatialDropout2D(0.1)],
    ],
)
def test_layers_that_leave_the_axes_are_passed(between):
    _, messages = fitted(L.Conv2D(4, 3), *between, L.BatchNormalization(axis=1))
    assert len(messages) == 1


@pytest.mark.parametrize(
    "parts",
    [
        [L.Conv2D(4, 3), L.BatchNormalization()],
        [L.Conv2D(4, 3), L.BatchNormalization(axis=3)],
        [L.Conv2D(4, 3, data_format="channels_first"), L.BatchNormalization(axis=1)],
        [L.Conv2D(4, 3), L.Permute((3, 1, 2)), L.BatchNormalization(axis=1)],
        [L.Conv2D(4, 3), L.GlobalAveragePooling2D(), L.BatchNormalization(axis=1)],
        [L.BatchNormalization(axis=1), L.Conv2D(4, 3)],
        [L.ConvBlock(4, 3, norm_position="after")],
    ],
)
def test_channels_give_no_warning(parts):
    assert fitted(*parts)[1] == []


def test_a_block_before_the_normalization_is_a_convolution():
    _, messages = fitted(L.ConvBlock(4, 3, norm=None), L.BatchNormalization(axis=1))
    assert len(messages) == 1


def test_the_normalization_inside_a_block_is_seen():
    norm = L.BatchNormalization(name="own")
    block = L.ConvBlock(64, 3, norm=norm, padding="same", data_format="channels_first")
    _, (message,) = fitted(block, shape=(3, 8, 28))
    assert "'own' normalises 28 columns; the layer 'conv' before it has 64 channels" in message


def test_several_are_told_of_at_once_and_once():
    parts = [L.Conv2D(4, 3), L.BatchNormalization(axis=1, name="one")]
    model, (message,) = fitted(*parts, L.BatchNormalization(axis=2, name="two"))
    assert "(also: 'two')" in message
    assert warned(model) == []


def test_the_warning_can_be_turned_off():
    trimtab.config.set_bn_checks(False)
    try:
        assert fitted(L.Conv2D(4, 3), L.BatchNormalization(axis=1))[1] == []
    finally:
        trimtab.config.set_bn_checks(True)


def test_a_normalization_inside_an_inner_model_is_seen():
    inner = trimtab.Sequential([L.Input((8, 28, 3)), L.Conv2D(4, 3), L.BatchNormalization(axis=1)])
    assert len(fitted(inner)[1]) == 1
