"""Every layer with a data format gives, channels first, the transpose of what it gives last."""

import inspect

import numpy as np
import pytest

import trimtab
from trimtab import layers

# Layer -> what its constructor needs, and how many spatial axes its inputs have.
ARGUMENTS = {
    "Conv": {"filters": 4, "kernel_size": 3, "padding": "same", "strides": 2},
    "DepthwiseConv": {"kernel_size": 3, "padding": "same", "depth_multiplier": 2},
    "SeparableConv": {"filters": 4, "kernel_size": 2, "strides": 2},
    "ConvTranspose": {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"},
    "MaxPooling": {"pool_size": 3, "strides": 2, "padding": "same"},
    "AveragePooling": {"pool_size": 3, "strides": 2, "padding": "same"},
    "GlobalMaxPooling": {},
    "GlobalAveragePooling": {"keepdims": True},
    "AdaptiveMaxPooling": {"output_size": 3},
    "AdaptiveAveragePooling": {"output_size": 3},
    "ZeroPadding": {"padding": 2},
    "Cropping": {"cropping": 1},
    "UpSampling": {"size": 2},
    "SpatialDropout": {"rate": 0.5, "seed": 3},
}
SIZES = (7, 6, 5)


def without_rank(name):
    """The layer's name without "2D", and 2; None for a layer that has no such."""
    for rank in (1, 2, 3):
        if f"{rank}D" in name:
            return name.replace(f"{rank}D", ""), rank
    return name, None


CLASSES = sorted(
    name
    for name, cls in vars(layers).items()
    if isinstance(cls, type)
    and cls.__name__ == name
    and "data_format" in inspect.signature(cls.__init__).parameters
    and without_rank(name)[0] in ARGUMENTS
)


def first(x):
    return np.moveaxis(np.asarray(x), -1, 1)


def made(name, data_format):
    trimtab.utils.set_random_seed(5)
    return getattr(layers, name)(**ARGUMENTS[without_rank(name)[0]], data_format=data_format)


def test_layers_of_every_kind_are_compared():
    assert {without_rank(name)[0] for name in CLASSES} == set(ARGUMENTS)


@pytest.mark.parametrize("name", CLASSES)
def test_channels_first_is_the_transpose(name):
    rank = without_rank(name)[1]
    x = np.random.default_rng(2).normal(size=(2, *SIZES[:rank], 4)).astype("float32")
    last, other = made(name, "channels_last"), made(name, "channels_first")
    own = {"training": True} if last.call_signature().has_training else {}
    y = last(x, **own)
    np.testing.assert_allclose(other(first(x), **own), first(y), rtol=1e-6, atol=1e-6)
    assert other.compute_output_shape(first(x).shape) == first(y).shape


@pytest.mark.parametrize("training", [False, True])
def test_batch_normalization_of_the_axis_before_the_images_is_the_transpose(training):
    x = np.random.default_rng(2).normal(size=(3, 5, 4, 6)).astype("float32")
    last, other = layers.BatchNormalization(), layers.BatchNormalization(axis=1)
    y = last(x, training=training)
    np.testing.assert_allclose(other(first(x), training=training), first(y), atol=1e-6)


def test_the_global_setting_is_the_default():
    trimtab.config.set_image_data_format("channels_first")
    try:
        assert layers.Conv2D(2, 3).data_format == "channels_first"
        y = trimtab.ops.max_pool(np.ones((1, 3, 4, 6), "float32"), 2)
    finally:
        trimtab.config.set_image_data_format("channels_last")
    assert y.shape == (1, 3, 2, 3)
