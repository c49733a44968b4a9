"""Keras 2's ImageDataGenerator: what it draws, does to images, and yields."""

import numpy as np
import pytest
import scipy.ndimage
from PIL import Image

import trimtab
from trimtab.compat.image_generator import ImageDataGenerator

IMAGES = np.random.default_rng(5).uniform(0, 255, (10, 6, 8, 3)).astype("float32")
LABELS = np.arange(10)


def test_without_arguments_images_stay_as_they_are():
    x, y = next(ImageDataGenerator().flow(IMAGES, LABELS, batch_size=4, shuffle=False))
    np.testing.assert_array_equal(x, IMAGES[:4])
    assert y.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("fill_mode", ["nearest", "constant", "reflect"])
@pytest.mark.parametrize(
    "parameters",
    [{"theta": 30.0}, {"tx": 1.5, "ty": -2.0}, {"shear": 20.0}, {"zx": 0.7, "zy": 1.3}],
)
def test_affine_changes_are_scipys_about_the_middle(parameters, fill_mode):
    generator = ImageDataGenerator(fill_mode=fill_mode, cval=9.0)
    found = generator.apply_transform(IMAGES[0], parameters)
    theta, shear = (np.deg2rad(parameters.get(name, 0)) for name in ("theta", "shear"))
    rotation = [[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]]
    slant = [[1, -np.sin(shear)], [0, np.cos(shear)]]
    zoom = np.diag([parameters.get("zx", 1), parameters.get("zy", 1)])
    middle = np.array([2.5, 3.5])
    linear = np.array(rotation) @ slant @ zoom
    moved = rotation @ np.array([parameters.get("tx", 0), parameters.get("ty", 0)])
    offset = middle - linear @ middle + moved
    wanted = [
        scipy.ndimage.affine_transform(
            IMAGES[0, :, :, c], linear, offset, order=1, mode=fill_mode, cval=9.0
        )
        for c in range(3)
    ]
    # SciPy blends the constant in over the last pixel, where here it begins at once.
    inside = (slice(1, -1), slice(1, -1)) if fill_mode == "constant" else ()
    found, wanted = found[inside], np.stack(wanted, -1)[inside]
    close = np.isclose(found, wanted, atol=0.05)
    assert close.mean() > (0.6 if fill_mode == "constant" else 0.999)


def test_flips_brightness_and_channels():
    generator = ImageDataGenerator()
    image = IMAGES[0]
    flipped = generator.apply_transform(image, {"flip_horizontal": True, "flip_vertical": True})
    np.testing.assert_array_equal(flipped, image[::-1, ::-1])
    bright = generator.apply_transform(image, {"brightness": 1.5})
    np.testing.assert_allclose(bright, np.clip(image * 1.5, 0, 255), rtol=1e-6)
    shifted = generator.apply_transform(image, {"channel_shift_intensity": 10.0})
    np.testing.assert_allclose(shifted, np.clip(image + 10, image.min(), image.max()))


def test_draws_keep_to_their_limits():
    generator = ImageDataGenerator(
        rotation_range=20,
        width_shift_range=0.25,
        height_shift_range=3,
        shear_range=5,
        zoom_range=[0.8, 1.1],
        channel_shift_range=4,
        brightness_range=(0.5, 2),
        horizontal_flip=True,
    )
    drawn = [generator.get_random_transform((6, 8, 3), seed) for seed in range(300)]
    limits = {
        "theta": (-20, 20),
        "tx": (-2, 2),
        "ty": (-2, 2),
        "shear": (-5, 5),
        "zx": (0.8, 1.1),
        "channel_shift_intensity": (-4, 4),
        "brightness": (0.5, 2),
    }
    for name, (low, high) in limits.items():
        values = np.array([d[name] for d in drawn])
        assert low <= values.min() < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < values.max() <= high
    assert 0.4 < np.mean([d["flip_horizontal"] for d in drawn]) < 0.6
    assert not any(d["flip_vertical"] for d in drawn)


def test_a_seed_repeats_order_and_changes():
    generator = ImageDataGenerator(rotation_range=30, horizontal_flip=True)
    a, b = (next(generator.flow(IMAGES, LABELS, seed=4)) for _ in range(2))
    np.testing.assert_array_equal(a[0], b[0])
    assert a[1].tolist() == b[1].tolist() != LABELS.tolist()


def test_featurewise_statistics_come_from_fit():
    generator = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
    with pytest.raises(ValueError, match="call fit"):
        generator.standardize(IMAGES[0])
    generator.fit(IMAGES)
    x = np.concatenate([generator.standardize(image)[None] for image in IMAGES])
    np.testing.assert_allclose(x.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=(0, 1, 2)), 1, atol=1e-4)


def test_whitened_images_are_not_correlated():
    generator = ImageDataGenerator(featurewise_center=True, zca_whitening=True, zca_epsilon=1e-9)
    small = np.random.default_rng(1).normal(size=(400, 2, 2, 1)) @ np.ones((1, 1))
    small = small + small[:, ::-1]
    small = small + np.random.default_rng(2).normal(size=small.shape)
    generator.fit(small)
    flat = np.stack([generator.standardize(image) for image in small]).reshape(400, -1)
    np.testing.assert_allclose(flat.T @ flat / 400, np.eye(4), atol=1e-2)


def test_rescale_and_function():
    generator = ImageDataGenerator(rescale=0.5, preprocessing_function=lambda x: x + 2)
    np.testing.assert_allclose(generator.standardize(IMAGES[0]), (IMAGES[0] + 2) / 2)


def test_parts_are_those_of_keras_2():
    generator = ImageDataGenerator(validation_split=0.3)
    for subset, wanted in (("validation", [0, 1, 2]), ("training", [3, 4, 5, 6, 7, 8, 9])):
        _, y = next(generator.flow(IMAGES, LABELS, shuffle=False, subset=subset))
        assert y.tolist() == wanted


@pytest.fixture
def folder(tmp_path):
    """Two folders of five images."""
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for i in range(5):
            Image.fromarray(IMAGES[i].astype("uint8")).save(tmp_path / name / f"{i}.png")
    return tmp_path


@pytest.mark.parametrize(
    ("mode", "shape"), [("categorical", (4, 2)), ("binary", (4,)), ("sparse", (4,))]
)
def test_folders_are_classes(folder, mode, shape):
    flow = ImageDataGenerator().flow_from_directory(
        folder, target_size=(4, 5), class_mode=mode, batch_size=4
    )
    x, y = next(flow)
    assert (x.shape, y.shape) == ((4, 4, 5, 3), shape)
    assert flow.class_indices == {"cats": 0, "dogs": 1}
    assert (flow.n, len(flow), flow.num_classes, flow.image_shape) == (10, 3, 2, (4, 5, 3))


def test_folders_are_split_class_by_class(folder):
    generator = ImageDataGenerator(validation_split=0.4)
    names = [
        generator.flow_from_directory(folder, subset=subset, shuffle=False).filenames
        for subset in ("validation", "training")
    ]
    assert names[0] == ["cats/0.png", "cats/1.png", "dogs/0.png", "dogs/1.png"]
    assert len(names[1]) == 6


def test_changed_images_can_be_kept(folder, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    next(ImageDataGenerator().flow(IMAGES, save_to_dir=kept, save_prefix="a", batch_size=3))
    assert len(list(kept.glob("a_*.png"))) == 3


@pytest.mark.parametrize("steps", [None, 2])
def test_fit_trains_on_it_for_several_epochs(steps):
    layers = trimtab.layers
    model = trimtab.Sequential([trimtab.Input((6, 8, 3)), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    flow = ImageDataGenerator(rescale=1 / 255, rotation_range=10).flow(IMAGES, LABELS, batch_size=4)
    history = model.fit(flow, steps_per_epoch=steps, epochs=3, validation_data=flow, verbose=0)
    assert len(history.history["val_loss"]) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fill_mode": "x"}, "`fill_mode`"),
        ({"zoom_range": (1, 2, 3)}, "`zoom_range`"),
        ({"validation_split": 2}, "`validation_split`"),
        ({"data_format": "x"}, "data_format"),
    ],
)
def test_what_does_not_do_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ImageDataGenerator(**arguments)
