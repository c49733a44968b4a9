"""Layers that prepare data and images: what they adapt to, and given the same draw do the same."""

import json

import keras
import numpy as np
import pytest

import trimtab
from trimtab import layers

PICTURES = np.random.default_rng(23).uniform(0, 255, (3, 5, 7, 3)).astype("float32")
MASKS = np.random.default_rng(24).integers(0, 5, (3, 5, 7, 1)).astype("int32")
ROWS = np.random.default_rng(25).normal(3, 2, (6, 4)).astype("float32")

RANDOM = [
    ("RandomFlip", {}),
    ("RandomFlip", {"mode": "vertical"}),
    ("RandomBrightness", {"factor": 0.4}),
    ("RandomContrast", {"factor": (0.5, 0.9)}),
    ("RandomInvert", {"factor": 0.8}),
    ("RandomPosterization", {"factor": (2, 5)}),
    ("RandomPosterization", {"factor": 3, "value_range": (0, 300)}),
    ("Solarization", {"addition_factor": 0.3, "threshold_factor": (0.3, 0.8)}),
    ("RandomCrop", {"height": 3, "width": 4}),
    *(
        (name, {**factors, "fill_mode": fill, "interpolation": way, "fill_value": 7.0})
        for name, factors in (
            ("RandomRotation", {"factor": 0.4}),
            ("RandomTranslation", {"height_factor": 0.4, "width_factor": (-0.2, 0.5)}),
            ("RandomZoom", {"height_factor": (-0.4, 0.3), "width_factor": 0.5}),
        )
        for fill in ("reflect", "wrap", "constant", "nearest")
        for way in ("bilinear", "nearest")
    ),
]


def in_format(images, data_format):
    return images.transpose(0, 3, 1, 2) if data_format == "channels_first" else images


def pair(name, arguments):
    return getattr(keras.layers, name)(**arguments), getattr(layers, name)(**arguments)


def arrays_of(transformation):
    """A transformation of Keras's with NumPy's arrays in it."""
    if isinstance(transformation, dict):
        return {k: v if isinstance(v, tuple) else np.asarray(v) for k, v in transformation.items()}
    return tuple(int(part) for part in transformation)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("name", "arguments"), RANDOM)
def test_given_its_draw_images_become_what_keras_makes_of_them(name, arguments, data_format):
    theirs, ours = pair(name, {**arguments, "seed": 5, "data_format": data_format})
    images = in_format(PICTURES, data_format)
    drawn = theirs.get_random_transformation(images, training=True)
    wanted = np.asarray(theirs.transform_images(images, drawn, training=True))
    found = np.asarray(ours.transform_images(images, arrays_of(drawn), training=True))
    assert found.dtype == wanted.dtype
    # A pixel halfway between two others may be taken for either.
    differing = ~np.isclose(found, wanted, rtol=1e-4, atol=2e-3)
    assert differing.mean() < (0.02 if arguments.get("interpolation") == "nearest" else 1e-9)


@pytest.mark.parametrize(("name", "arguments"), RANDOM[:6])
def test_given_its_draw_masks_become_what_keras_makes_of_them(name, arguments):
    theirs, ours = pair(name, {**arguments, "seed": 5})
    drawn = theirs.get_random_transformation(PICTURES, training=True)
    wanted = theirs.transform_segmentation_masks(MASKS, drawn, training=True)
    found = ours.transform_segmentation_masks(MASKS, arrays_of(drawn), training=True)
    np.testing.assert_allclose(np.asarray(found), np.asarray(wanted))


@pytest.mark.parametrize(("name", "arguments"), RANDOM)
def test_draws_have_keys_shapes_and_types_of_keras(name, arguments):
    theirs, ours = (
        layer.get_random_transformation(PICTURES, training=True)
        for layer in pair(name, {**arguments, "seed": 5})
    )
    if isinstance(theirs, tuple):
        assert [np.asarray(v).dtype for v in ours] == [np.asarray(v).dtype for v in theirs]
        return
    assert {k: np.shape(v) for k, v in ours.items()} == {k: np.shape(v) for k, v in theirs.items()}


@pytest.mark.parametrize(("name", "arguments"), RANDOM)
def test_draws_are_spread_as_keras_spreads_them(name, arguments):
    many = np.zeros((2000, 5, 7, 1), "float32")
    theirs, ours = (
        layer.get_random_transformation(many, training=True)
        for layer in pair(name, {**arguments, "seed": 5})
    )
    if isinstance(theirs, tuple):
        return
    for key, value in theirs.items():
        if key == "input_shape" or not np.ndim(value):
            continue
        a, b = np.asarray(ours[key], "float64"), np.asarray(value, "float64")
        scale = b.std() + 1e-9
        np.testing.assert_allclose(a.mean(0), b.mean(0), atol=0.15 * scale)
        np.testing.assert_allclose(a.min(0), b.min(0), atol=0.1 * scale)
        np.testing.assert_allclose(a.max(0), b.max(0), atol=0.1 * scale)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("RandomContrast", {"factor": 1.2}),
        ("RandomContrast", {"factor": -0.2}),
        ("RandomContrast", {"factor": (1, 2, 3)}),
        ("RandomContrast", {"factor": "a"}),
        ("RandomBrightness", {"factor": 1.2}),
        ("RandomBrightness", {"factor": 0.2, "value_range": (1,)}),
        ("RandomRotation", {"factor": 1.2}),
        ("RandomZoom", {"height_factor": 1.3}),
        ("RandomTranslation", {"height_factor": 1.5, "width_factor": 0.1}),
    ],
)
def test_what_keras_refuses_is_refused(name, arguments):
    for module in (keras.layers, layers):
        with pytest.raises(ValueError, match="range|must"):
            getattr(module, name)(**arguments)


@pytest.mark.parametrize("name", ["Resizing", "RandomBrightness"])
def test_bytes_stay_bytes(name):
    arguments = {"height": 3, "width": 4} if name == "Resizing" else {"factor": 0.1}
    theirs, ours = pair(name, arguments)
    images = PICTURES.astype("uint8")
    wanted = np.asarray(theirs(images, training=False))
    np.testing.assert_array_equal(np.asarray(ours(images, training=False)), wanted)


@pytest.mark.parametrize("axis", [-1, 0, None, (0, 1)])
@pytest.mark.parametrize("invert", [False, True])
def test_normalization_adapts_to_the_statistics_of_keras(axis, invert):
    theirs, ours = pair("Normalization", {"axis": axis, "invert": invert})
    theirs.adapt(ROWS)
    ours.adapt(ROWS)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5)
    np.testing.assert_allclose(ours(ROWS), theirs(ROWS), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", ["multi_hot", "count"])
def test_category_encoding_joins_the_second_axis_as_keras_does(mode):
    theirs, ours = pair("CategoryEncoding", {"num_tokens": 5, "output_mode": mode})
    x = np.random.default_rng(1).integers(0, 5, (2, 3, 4))
    np.testing.assert_array_equal(ours(x), np.asarray(theirs(x)))


def test_category_encoding_weighs_counts_as_keras_does():
    theirs, ours = pair("CategoryEncoding", {"num_tokens": 4, "output_mode": "count"})
    x, weights = np.array([[0, 1], [1, 1]]), np.array([[0.1, 0.2], [0.3, 0.4]])
    np.testing.assert_allclose(
        ours(x, count_weights=weights), theirs(x, count_weights=weights), rtol=1e-6
    )


def spectral(module, kind):
    inner = {
        "Dense": lambda: module.Dense(3, activation="relu"),
        "Embedding": lambda: module.Embedding(6, 3),
    }[kind]()
    return module.SpectralNormalization(inner, power_iterations=2)


@pytest.mark.parametrize(
    ("kind", "x"), [("Dense", ROWS), ("Embedding", np.array([[1.0, 5.0], [0.0, 2.0]]))]
)
def test_spectral_normalization_is_kerass(kind, x):
    theirs, ours = spectral(keras.layers, kind), spectral(layers, kind)
    theirs.build(x.shape)
    ours.build(x.shape)
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    values = [np.random.default_rng(2).normal(size=w.shape) for w in theirs.weights]
    theirs.set_weights(values)
    ours.set_weights(values)
    for training in (False, True, True, False):
        wanted = np.asarray(theirs(x, training=training))
        np.testing.assert_allclose(ours(x, training=training), wanted, rtol=1e-4, atol=1e-5)
        for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


def pipeline(module):
    parts = [module.Rescaling(0.5, offset=1.0), module.CenterCrop(3, 4)]
    return module.Pipeline(parts, name="steps")


def test_a_pipeline_is_kerass():
    theirs, ours = pipeline(keras.layers), pipeline(layers)
    np.testing.assert_allclose(ours(PICTURES), np.asarray(theirs(PICTURES)), rtol=1e-6)


def preparing(library):
    """A model that prepares its inputs itself."""
    normal = library.layers.Normalization(axis=-1)
    normal.adapt(PICTURES)
    return library.Sequential(
        [
            library.Input((5, 7, 3)),
            normal,
            library.layers.RandomFlip(seed=1),
            library.layers.RandomRotation(0.1, seed=2),
            library.layers.RandomZoom(0.2, seed=2),
            library.layers.RandomTranslation(0.1, 0.1, seed=2),
            library.layers.RandomContrast(0.1, value_range=(-9, 9), seed=2),
            library.layers.RandomBrightness(0.1, value_range=(-9, 9), seed=2),
            library.layers.Resizing(4, 6),
            library.layers.CenterCrop(3, 4),
            library.layers.Rescaling(0.5, offset=0.1),
            library.layers.Flatten(),
            library.layers.Discretization(bin_boundaries=[-1.0, 0.0, 1.0], output_mode="count"),
            library.layers.Dense(2),
        ]
    )


@pytest.mark.parametrize("writer", ["trimtab", "keras"])
def test_a_model_that_prepares_its_inputs_goes_both_ways(writer, tmp_path):
    libraries = {"trimtab": trimtab, "keras": keras}
    source = libraries.pop(writer)
    (reader,) = libraries.values()
    model = preparing(source)
    model.save(tmp_path / "model.keras")
    loaded = reader.models.load_model(tmp_path / "model.keras")
    wanted = model.predict(PICTURES, verbose=0)
    np.testing.assert_allclose(loaded.predict(PICTURES, verbose=0), wanted, rtol=1e-4, atol=1e-5)


def test_the_configuration_of_a_preparing_model_is_kerass():
    trimtab.utils.clear_session()
    keras.utils.clear_session()
    ours, theirs = (json.loads(preparing(m).to_json())["config"] for m in (trimtab, keras))
    for mine, other in zip(ours["layers"], theirs["layers"], strict=True):
        assert mine["config"] == other["config"]
