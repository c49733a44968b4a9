"""Published networks beside real Keras: its layers, weights, outputs and files."""

import gzip
import json
import pathlib

import application_weights as made
import keras
import numpy as np
import pytest

import trimtab
from trimtab import applications

RECORD = json.loads(
    gzip.decompress(
        (pathlib.Path(__file__).parent / "recorded" / "applications.json.gz").read_bytes()
    )
)["networks"]
SIZES = {"Xception": 71, "InceptionV3": 75, "InceptionResNetV2": 75}
CLASSES = 7
QUICK = {
    "MobileNetV2",
    "MobileNetV3Small",
    "ResNet50V2",
    "EfficientNetB0",
    "EfficientNetV2B0",
    "DenseNet121",
}
NETWORKS = [
    pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in RECORD
]


@pytest.fixture(autouse=True)
def fresh_names():
    """Networks without names for all layers get Keras's, counted from zero."""
    trimtab.utils.clear_session()


def small(name):
    """The network for a small image and few classes, without the last activation; the image."""
    size = SIZES.get(name, 32)
    model = getattr(applications, name)(
        weights=None, input_shape=(size, size, 3), classes=CLASSES, classifier_activation=None
    )
    return model, made.image_for(size)


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_and_weights_are_those_of_keras(name):
    model, expected = getattr(applications, name)(weights=None), RECORD[name]

    assert model.name == expected["name"]
    assert [[layer.name, type(layer).__name__] for layer in model.layers] == expected["layers"]
    assert [list(weight.shape) for weight in model.weights] == expected["weights"]
    assert model.count_params() == expected["parameters"]


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_are_those_of_keras_with_the_same_weights(name):
    model, image = small(name)
    model.set_weights(made.weights_for(made.described(model)))

    output, expected = model.predict(image, verbose=0).ravel(), np.array(RECORD[name]["output"])

    # Sums of up to a few hundred layers, in another order than Keras's.
    np.testing.assert_allclose(output, expected, rtol=0, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["MobileNetV2", "ResNet50V2", "EfficientNetB0"])
def test_both_data_formats_give_the_same(name):
    last, image = small(name)
    last.set_weights(made.weights_for(made.described(last)))
    trimtab.config.set_image_data_format("channels_first")
    try:
        trimtab.utils.clear_session()
        first = getattr(applications, name)(
            weights=None,
            input_shape=(3, 32, 32),
            classes=CLASSES,
            classifier_activation=None,
        )
        first.set_weights(last.get_weights())
        output = first.predict(image.transpose(0, 3, 1, 2), verbose=0)
    finally:
        trimtab.config.set_image_data_format("channels_last")

    expected = last.predict(image, verbose=0)
    np.testing.assert_allclose(output, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".keras"])
@pytest.mark.parametrize("name", ["MobileNet", "ResNet50", "EfficientNetV2B0"])
def test_a_file_that_keras_wrote_is_taken_by_weights(name, suffix, tmp_path):
    theirs = getattr(keras.applications, name)(
        weights=None, input_shape=(32, 32, 3), classes=CLASSES
    )
    theirs.set_weights(made.weights_for(made.described(theirs)))
    path = str(tmp_path / f"w{suffix}")
    (theirs.save_weights if suffix == ".weights.h5" else theirs.save)(path)
    image = made.image_for(32)

    ours = getattr(applications, name)(weights=path, input_shape=(32, 32, 3), classes=CLASSES)

    expected = np.asarray(theirs(image, training=False))
    np.testing.assert_allclose(ours.predict(image, verbose=0), expected, rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_images_are_prepared_as_keras_prepares_them(mode, data_format):
    image = np.random.default_rng(0).uniform(0, 255, (2, 3, 3, 3)).astype("float32")
    theirs = keras.applications.imagenet_utils.preprocess_input(image.copy(), data_format, mode)

    ours = applications.imagenet_utils.preprocess_input(image.copy(), data_format, mode)
    traced = applications.imagenet_utils.preprocess_input(
        trimtab.ops.convert_to_tensor(image), data_format, mode
    )

    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(np.asarray(traced), theirs, rtol=1e-6, atol=1e-5)
