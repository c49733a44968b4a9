"""Layers of images: seeds, dictionaries, training and inference, in models."""

import numpy as np
import pytest

import trimtab
from trimtab import layers

PICTURES = np.random.default_rng(8).uniform(0, 255, (6, 8, 10, 3)).astype("float32")
RANDOM = [
    lambda seed: layers.RandomFlip(seed=seed),
    lambda seed: layers.RandomRotation(0.3, seed=seed),
    lambda seed: layers.RandomTranslation(0.3, 0.3, seed=seed),
    lambda seed: layers.RandomZoom(0.3, 0.3, seed=seed),
    lambda seed: layers.RandomCrop(4, 5, seed=seed),
    lambda seed: layers.RandomContrast(0.5, seed=seed),
    lambda seed: layers.RandomBrightness(0.5, seed=seed),
    lambda seed: layers.RandomInvert(seed=seed),
    lambda seed: layers.Solarization(0.5, 0.5, seed=seed),
    lambda seed: layers.RandomGrayscale(seed=seed),
    lambda seed: layers.RandomPosterization(8, seed=seed),
]


@pytest.mark.parametrize("make", RANDOM)
def test_a_seed_repeats_the_draws_one_after_the_other(make):
    first, second = make(3), make(3)
    calls = [(np.asarray(first(PICTURES)), np.asarray(second(PICTURES))) for _ in range(3)]
    for a, b in calls:
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(calls[0][0], calls[1][0])


@pytest.mark.parametrize("make", RANDOM)
def test_outside_of_training_images_stay(make):
    np.testing.assert_array_equal(make(3)(PICTURES, training=False), PICTURES)


@pytest.mark.parametrize("make", RANDOM)
def test_one_image_is_changed_as_a_batch_of_one(make):
    single, batch = make(3)(PICTURES[0]), make(3)(PICTURES[:1])
    np.testing.assert_allclose(single, np.asarray(batch)[0], rtol=1e-6)


@pytest.mark.parametrize("make", RANDOM)
def test_a_traced_step_does_what_an_eager_call_does(make):
    model = trimtab.Sequential([trimtab.Input((8, 10, 3)), make(3)])
    wanted = np.asarray(make(3)(PICTURES, training=True))
    np.testing.assert_allclose(model(PICTURES, training=True), wanted, rtol=1e-5, atol=1e-3)


def test_what_goes_with_images_in_a_dictionary_is_turned_over_with_them():
    masks = np.arange(6 * 80).reshape(6, 8, 10, 1).astype("float32")
    data = {"images": PICTURES, "labels": np.arange(6), "segmentation_masks": masks}
    changed = layers.RandomFlip("horizontal", seed=1)(data)
    turned = np.asarray(changed["segmentation_masks"])[:, 0, 0, 0] != masks[:, 0, 0, 0]
    assert 0 < turned.sum() < 6
    wanted = np.where(turned[:, None, None, None], PICTURES[:, :, ::-1], PICTURES)
    np.testing.assert_array_equal(changed["images"], wanted)
    assert np.asarray(changed["labels"]).tolist() == list(range(6))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"labels": np.ones(2)}, "'images'"),
        ({"images": PICTURES, "bounding_boxes": np.ones((6, 1, 4))}, "boxes"),
        (np.ones((3, 3), "float32"), "3 axes"),
    ],
)
def test_data_without_images_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        layers.RandomFlip()(data)


def test_a_training_with_random_layers_repeats_bit_for_bit():
    losses = []
    for _ in range(2):
        trimtab.utils.set_random_seed(5)
        model = trimtab.Sequential(
            [
                trimtab.Input((8, 10, 3)),
                layers.Pipeline([layers.RandomFlip(), layers.RandomRotation(0.2)]),
                layers.RandomCrop(6, 6),
                layers.Rescaling(1 / 255),
                layers.Flatten(),
                layers.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        losses += [model.fit(PICTURES, np.ones((6, 1)), epochs=3, verbose=0).history["loss"]]
    assert losses[0] == losses[1]


def test_mixed_precision_gives_its_compute_type():
    layer = layers.RandomRotation(0.2, dtype="mixed_float16")
    assert layer(PICTURES).dtype == "float16"
