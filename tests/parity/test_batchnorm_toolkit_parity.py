"""What the toolkit makes of a model is a model for Keras 3 too."""

import keras
import numpy as np
import pytest

import trimtab
from trimtab import batchnorm

L = trimtab.layers


def network():
    inputs = x = trimtab.Input((9, 8, 3))
    x = L.Conv2D(4, 3, padding="same", activation="relu")(x)
    shortcut = x = L.BatchNormalization(name="before_padding")(x)
    x = L.ReLU()(L.BatchNormalization(name="behind_kernel")(L.Conv2D(4, 3, padding="same")(x)))
    x = L.Add()([L.Conv2D(4, 1)(shortcut), x])
    x = L.GlobalAveragePooling2D()(x)
    return trimtab.Model(inputs, L.Dense(2)(L.BatchNormalization(name="before_dense")(x)))


@pytest.fixture
def model(rng):
    made = network()
    for weight in made.weights:
        if weight.name == "moving_variance":
            weight.assign(rng.uniform(0.2, 2, weight.shape))
        elif weight.name == "gamma":
            weight.assign(rng.choice([-1.5, 0.5, 1.0], weight.shape))
        else:
            weight.assign(rng.normal(0, 0.5, weight.shape))
    return made


def outputs(path, x):
    return np.asarray(keras.models.load_model(path).predict(x, verbose=0))


def test_keras_opens_a_folded_model_and_gives_the_same(model, rng, tmp_path):
    x = rng.normal(size=(5, 9, 8, 3)).astype("float32")
    folded, report = batchnorm.fold(model, x)
    model.save(tmp_path / "model.keras")
    folded.save(tmp_path / "folded.keras")

    assert report.folded == 3
    assert [layer.leaves_shift for layer in report.layers].count(True) == 1
    np.testing.assert_allclose(
        outputs(tmp_path / "folded.keras", x),
        outputs(tmp_path / "model.keras", x),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("where", ["before", "after", "none"])
def test_keras_opens_a_placed_model_and_gives_the_same(model, rng, tmp_path, where):
    x = rng.normal(size=(5, 9, 8, 3)).astype("float32")
    placed = batchnorm.place(model, where).model
    placed.save(tmp_path / "placed.keras")

    np.testing.assert_allclose(
        outputs(tmp_path / "placed.keras", x), np.asarray(placed(x)), rtol=1e-4, atol=1e-5
    )


def test_recalibrated_statistics_are_those_that_keras_has_after_one_batch_of_all(rng, tmp_path):
    layers = [trimtab.Input((6,)), L.Dense(5, "tanh"), L.BatchNormalization(momentum=0.0)]
    model = trimtab.Sequential(layers)
    model.save(tmp_path / "model.keras")
    x = rng.normal(size=(50, 6)).astype("float32")
    theirs = keras.models.load_model(tmp_path / "model.keras")

    theirs(x, training=True)
    batchnorm.recalibrate(model, x)

    for ours, other in zip(model.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-5, atol=1e-6)
