"""Batch Normalization as real old versions computed it: `bn_goldens.jsonl` has a run a line.

Each line is a run of the version it names on three batches of `batches()`: a model of one
BatchNormalization, mean squared error against zeros, SGD with learning rate 0, gamma at ones.
`train_loss` has the loss of each batch; then `test_loss` and the first row of `predict` are those
of the first batch, and `weights` the layer's own.
"""

import json
import pathlib

import numpy as np
import pytest

from trimtab.compat.dialect import Dialect
from trimtab.compat.installation import find_in_keras

GOLDENS = [
    json.loads(line)
    for line in pathlib.Path(__file__).with_name("bn_goldens.jsonl").read_text().splitlines()
]


def version_of(golden):
    return golden["version"].replace("tf", "").replace("-tensorflow", "").replace("-ensorflow", "")


def named(golden):
    mode = golden["args"].get("mode")
    return golden["version"] + (f", mode {mode}" if mode else "")


def batches():
    generator = np.random.RandomState(0)
    return [(generator.randn(8, 3) * [1, 2, 0.01] + [0, 5, 1]).astype("float32") for _ in range(3)]


def trained(golden):
    dialect = Dialect(version_of(golden))
    make = find_in_keras(dialect, "layers", "BatchNormalization")
    sequential = find_in_keras(dialect, "models", "Sequential")
    layer = make(gamma_initializer="ones", **golden["args"])
    model = sequential()
    model.add(layer)
    model.compile(find_in_keras(dialect, "optimizers", "SGD")(0.0), "mse")
    losses = [float(model.train_on_batch(x, np.zeros((8, 3)))) for x in batches()]
    return model, layer, losses


@pytest.mark.parametrize("golden", GOLDENS, ids=named)
def test_training_normalises_as_the_version_did(golden):
    _, _, losses = trained(golden)

    assert losses == pytest.approx(golden["train_loss"], rel=2e-5)


@pytest.mark.parametrize("golden", GOLDENS, ids=named)
def test_inference_normalises_as_the_version_did(golden):
    model, _, _ = trained(golden)

    x = batches()[0]
    loss = model.evaluate(x, np.zeros((8, 3)), verbose=0)
    assert loss == pytest.approx(golden["test_loss"], rel=2e-5)
    assert model.predict(x)[0] == pytest.approx(golden["test_out_row0"], rel=2e-5, abs=1e-6)


# The fourth array was a standard deviation until 1.0.6; here it is always a variance.
HOLDS_DEVIATION = {"0.2.0", "0.3.1", "0.3.3", "1.0.0", "1.0.6"}


@pytest.mark.parametrize("golden", GOLDENS, ids=named)
def test_statistics_are_kept_as_the_version_did(golden):
    _, layer, _ = trained(golden)

    expected = [np.array(w) for w in golden["weights"]]
    if golden["version"] in HOLDS_DEVIATION:
        expected[3] = expected[3] ** 2
    weights = layer.get_weights()
    assert len(weights) == len(expected)
    for array, golden_array in zip(weights, expected, strict=True):
        assert array == pytest.approx(golden_array, rel=2e-5, abs=1e-7)


FIRST_GAMMA = [golden for golden in GOLDENS if golden["version"] in {"0.1.0", "0.2.0", "0.3.1"}]


@pytest.mark.parametrize("golden", FIRST_GAMMA, ids=named)
def test_gamma_starts_small_and_uniform_where_it_did(golden):
    make = find_in_keras(Dialect(version_of(golden)), "layers", "BatchNormalization")
    layer = make(input_shape=(3000,))
    layer.build((None, 3000))

    gamma = layer.gamma.numpy()
    assert abs(gamma).max() <= 0.05
    assert max(golden["gamma0"]) <= 0.05
    assert gamma.std() == pytest.approx(0.1 / np.sqrt(12), rel=0.05)


def test_a_saved_layer_of_old_is_todays_layer():
    layer = find_in_keras(Dialect("0.3.3"), "layers", "BatchNormalization")(name="bn")

    from_config = type(layer).get_config(layer)
    assert from_config["epsilon"] == 1e-6
    assert from_config["momentum"] == 0.9
    assert layer.__class__.__name__ == "BatchNormalization"


def test_images_of_the_first_versions_have_statistics_a_pixel():
    make = find_in_keras(Dialect("0.2.0"), "layers", "BatchNormalization")
    layer = make(input_shape=(2, 4, 4))
    layer.build((None, 2, 4, 4))

    assert [w.shape for w in layer.weights] == [(32,)] * 4
    x = np.random.default_rng(0).normal(size=(5, 2, 4, 4)).astype("float32")
    assert layer(x, training=True).shape == (5, 2, 4, 4)


def test_images_of_tf_keras_keep_the_unbiased_variance():
    make = find_in_keras(Dialect("tf_keras"), "layers", "BatchNormalization")
    layer = make(momentum=0.0)
    x = np.random.default_rng(0).normal(size=(3, 2, 2, 4)).astype("float32")
    layer(x, training=True)

    unbiased = x.reshape(-1, 4).var(axis=0, ddof=1)
    assert layer.moving_variance.numpy() == pytest.approx(unbiased, rel=1e-5)


def test_a_mode_that_never_was_is_refused():
    make = find_in_keras(Dialect("keras1"), "layers", "BatchNormalization")

    with pytest.raises(ValueError, match="`mode` must be 0, 1 or 2; got 3"):
        make(mode=3)
