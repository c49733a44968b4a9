"""Arguments that layers with windows refuse, and what their shapes are."""

import numpy as np
import pytest

import trimtab
from trimtab import layers

CONV = {"filters": 2, "kernel_size": 3}
REFUSED = [
    (layers.Conv2D, {**CONV, "filters": 0}, "`filters`. Expected a strictly positive value"),
    (layers.Conv2D, {**CONV, "filters": 2.5}, "Received filters=2.5"),
    (layers.Conv2D, {**CONV, "kernel_size": (3, 3, 3)}, r"`kernel_size` .* got \(3, 3, 3\)"),
    (layers.Conv2D, {**CONV, "kernel_size": 0}, "`kernel_size` .* got 0"),
    (layers.Conv2D, {**CONV, "kernel_size": "ab"}, "`kernel_size` .* got 'ab'"),
    (layers.Conv2D, {**CONV, "strides": (1, 0)}, r"`strides` .* got \(1, 0\)"),
    (layers.Conv2D, {**CONV, "strides": 2, "dilation_rate": 2}, "either `strides` or"),
    (layers.Conv2D, {**CONV, "groups": 0}, "`groups`. Expected a strictly positive value"),
    (layers.Conv2D, {**CONV, "filters": 3, "groups": 2}, "got 2 groups and 3 filters"),
    (layers.Conv2D, {**CONV, "padding": "causal"}, "`padding` must be one of 'valid', 'same'"),
    (layers.Conv1D, {**CONV, "padding": "smae"}, "Did you mean 'same'"),
    (layers.Conv2D, {**CONV, "padding": (1, 1)}, r"`padding` must be one of .* got \(1, 1\)"),
    (layers.Conv2D, {**CONV, "data_format": "NHWC"}, "data_format: must be"),
    (layers.Conv2D, {**CONV, "activation": "rleu"}, 'Did you mean "relu"'),
    (layers.Conv2D, {**CONV, "lora_rank": 4}, "Unrecognized keyword arguments"),
    (
        layers.DepthwiseConv2D,
        {"kernel_size": 3, "depth_multiplier": 0},
        "Received depth_multiplier=",
    ),
    (layers.DepthwiseConv1D, {"kernel_size": 3, "padding": "causal"}, "`padding` must be one of"),
    (layers.SeparableConv1D, {**CONV, "padding": "causal"}, "`padding` must be one of"),
    (layers.Conv1DTranspose, {**CONV, "padding": "causal"}, "`padding` must be one of"),
    (layers.Conv2DTranspose, {**CONV, "strides": 2, "output_padding": 2}, "less than `strides`"),
    (layers.Conv2DTranspose, {**CONV, "groups": 2}, "Unrecognized keyword arguments"),
    (layers.AdaptiveMaxPooling2D, {"output_size": 0}, "`output_size` .* got 0"),
    (layers.AdaptiveMaxPooling1D, {"output_size": 3.0}, "`output_size` .* got 3.0"),
    (layers.MaxPooling2D, {"pool_size": 0}, "`pool_size` .* got 0"),
    (layers.MaxPooling2D, {"strides": 0}, "`strides` .* got 0"),
    (layers.AveragePooling1D, {"pool_size": 2, "padding": "causal"}, "`padding` must be one of"),
    (layers.GlobalMaxPooling2D, {"data_format": "x"}, "data_format: must be"),
]


@pytest.mark.parametrize(("cls", "arguments", "message"), REFUSED)
def test_a_wrong_argument_is_refused(cls, arguments, message):
    with pytest.raises(ValueError, match=message):
        cls(**arguments)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (layers.Conv2D(2, 5), (1, 4, 4, 3), "output size would be zero or negative"),
        (layers.Conv2D(2, 3), (4, 4, 3), "expected min_ndim=4, found ndim=3"),
        (layers.Conv2D(2, 3), (1, 4, 4, 4, 3), "must have 4 axes"),
        (layers.Conv2D(2, 3, groups=2), (1, 4, 4, 3), "got 2 groups and 3 channels"),
        (layers.MaxPooling2D(5), (1, 4, 4, 3), "must fit into the padded input"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer(np.ones(shape, "float32"))


def test_an_input_of_other_channels_is_refused():
    layer = layers.Conv2D(2, 3)
    layer(np.ones((1, 4, 4, 3), "float32"))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3"):
        layer(np.ones((1, 4, 4, 2), "float32"))


def test_an_open_channel_axis_is_refused():
    with pytest.raises(ValueError, match="channel axis of the input must have a fixed size"):
        layers.Conv2D(2, 3)(layers.Input((8, 8, None)))


def test_a_pooling_window_larger_than_the_input_is_refused_in_a_model():
    with pytest.raises(ValueError, match="output size would be zero or negative"):
        layers.MaxPooling2D(5)(layers.Input((4, 4, 3)))


def test_open_sizes_stay_open():
    y = layers.MaxPooling2D(2)(layers.Conv2D(5, 3)(layers.Input((None, 9, 3))))
    assert y.shape == (None, None, 3, 5)


@pytest.mark.parametrize("cls", [layers.MaxPooling2D, layers.AveragePooling2D])
def test_strides_are_the_window_unless_given(cls):
    assert cls((2, 3)).strides == (2, 3)


def test_old_names_are_the_same_classes():
    assert layers.Convolution2D is layers.Conv2D
    assert layers.MaxPool1D is layers.MaxPooling1D
    assert layers.AvgPool3D is layers.AveragePooling3D
    assert layers.GlobalAvgPool2D is layers.GlobalAveragePooling2D


def test_masked_steps_do_not_count_in_the_mean():
    x = np.array([[[1.0], [3.0], [100.0]]], "float32")
    y = layers.GlobalAveragePooling1D()(x, mask=np.array([[True, True, False]]))
    np.testing.assert_array_equal(y, [[2.0]])


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(2, 3),
        layers.DepthwiseConv2D(3),
        layers.SeparableConv2D(2, 3),
        layers.Conv2DTranspose(2, 3),
        layers.AveragePooling2D(2),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_bytes_are_taken_as_numbers(layer):
    x = np.random.default_rng(0).integers(0, 256, (2, 5, 5, 3), "uint8")
    y = layer(x)
    assert y.dtype == "float32"
    np.testing.assert_array_equal(y, layer(x.astype("float32")))


def test_the_largest_of_bytes_is_a_byte():
    x = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), "uint8")
    y = layers.MaxPooling2D(2)(x)
    assert y.dtype == "uint8"
    np.testing.assert_array_equal(y, x.reshape(2, 2, 2, 2, 2, 3).max((2, 4)))


@pytest.mark.parametrize("cls", [layers.Conv2D, layers.DepthwiseConv2D, layers.Conv2DTranspose])
def test_a_batch_of_no_rows_gives_no_rows(cls):
    layer = cls(**({"filters": 3} if cls is not layers.DepthwiseConv2D else {}), kernel_size=3)
    assert layer(np.ones((0, 5, 5, 3), "float32")).shape[0] == 0


def test_a_subclass_may_change_the_convolution():
    class Standardised(layers.Conv2D):
        def convolution_op(self, inputs, kernel):
            return super().convolution_op(inputs, kernel - trimtab.ops.mean(kernel))

    layer = Standardised(4, 3, use_bias=False)
    y = layer(np.ones((1, 5, 5, 3), "float32"))
    np.testing.assert_allclose(trimtab.ops.sum(y, -1), np.zeros((1, 3, 3)), atol=1e-5)


def test_the_first_layer_may_bring_the_shape_of_the_input():
    with pytest.warns(UserWarning, match="Do not pass an `input_shape`"):
        layer = layers.Conv2D(4, 3, input_shape=(8, 8, 3))
    assert trimtab.Sequential([layer]).output_shape == (None, 6, 6, 4)


def test_a_convolution_of_each_step():
    layer = layers.TimeDistributed(layers.Conv2D(4, 3))
    assert layer(np.ones((2, 5, 8, 8, 3), "float32")).shape == (2, 5, 6, 6, 4)


def test_a_convolution_in_float16_sums_in_float32():
    layer = layers.Conv2D(1, 64, kernel_initializer="ones", dtype="mixed_float16")
    # 64 * 64 ones and a half: float16 stops counting by ones at 2048.
    y = layer(np.ones((1, 64, 64, 1), "float32"))
    assert (y.dtype, float(y[0, 0, 0, 0])) == ("float16", 4096.0)
    assert layer.kernel.dtype == "float32"
