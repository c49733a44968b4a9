"""Image files and arrays, and names and signatures of data functions, against Keras."""

import inspect

import keras
import numpy as np
import pytest
from PIL import Image

import trimtab

RNG = np.random.default_rng(3)
PICTURE = RNG.uniform(-3, 5, (6, 9, 3))
MODULES = [
    ("utils", trimtab.utils, keras.utils),
    ("preprocessing", trimtab.preprocessing, keras.preprocessing),
    ("preprocessing.image", trimtab.preprocessing.image, keras.preprocessing.image),
    ("preprocessing.sequence", trimtab.preprocessing.sequence, keras.preprocessing.sequence),
    *(
        (f"datasets.{name}", getattr(trimtab.datasets, name), getattr(keras.datasets, name))
        for name in (
            "mnist",
            "fashion_mnist",
            "cifar10",
            "cifar100",
            "boston_housing",
            "california_housing",
        )
    ),
]
# What draws models has its own tests.
DRAWN = {"model_to_dot", "plot_model"}
SHARED = [
    pytest.param(ours, theirs, name, id=f"{module}.{name}")
    for module, ours, theirs in MODULES
    for name in dir(theirs)
    if name in dir(ours) and inspect.isfunction(getattr(theirs, name)) and name not in DRAWN
]


@pytest.mark.parametrize(("ours", "theirs", "name"), SHARED)
def test_signatures_are_kerass(ours, theirs, name):
    mine, other = (inspect.signature(getattr(m, name)).parameters for m in (ours, theirs))
    known = {p.name: p.default for p in mine.values() if p.kind is not p.VAR_KEYWORD}
    wanted = {p.name: p.default for p in other.values() if p.kind is not p.VAR_KEYWORD}
    assert {key: known.get(key, "missing") for key in wanted} == wanted


@pytest.mark.parametrize(
    ("x", "arguments"),
    [
        (PICTURE, {}),
        (np.clip(PICTURE * 50, 0, 255), {"scale": False}),
        (PICTURE[..., :1], {}),
        (RNG.integers(0, 9999, (3, 3, 1)), {"scale": False}),
        (RNG.uniform(0, 1, (3, 3, 4)), {}),
        (PICTURE.transpose(2, 0, 1), {"data_format": "channels_first"}),
        (np.ones((2, 2, 3)), {}),
        (PICTURE, {"dtype": "float64"}),
    ],
)
def test_arrays_become_kerass_images(x, arguments):
    theirs, ours = (m.utils.array_to_img(x, **arguments) for m in (keras, trimtab))
    assert ours.mode == theirs.mode
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize("x", [PICTURE[0], PICTURE[..., :2]])
def test_arrays_that_are_no_images_are_refused(x):
    with pytest.raises(ValueError, match="array_to_img"):
        trimtab.utils.array_to_img(x)


@pytest.mark.parametrize(
    ("mode", "arguments"),
    [
        ("L", {}),
        ("RGB", {}),
        ("RGB", {"data_format": "channels_first"}),
        ("L", {"data_format": "channels_first", "dtype": "uint8"}),
    ],
)
def test_images_become_kerass_arrays(mode, arguments):
    image = Image.effect_noise((9, 6), 40).convert(mode)
    theirs, ours = (m.utils.img_to_array(image, **arguments) for m in (keras, trimtab))
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"color_mode": "grayscale"},
        {"color_mode": "rgba"},
        {"target_size": (4, 5)},
        {"target_size": (4, 5), "interpolation": "bilinear"},
        {"target_size": (4, 4), "keep_aspect_ratio": True},
        {"target_size": (3, 7), "interpolation": "lanczos", "keep_aspect_ratio": True},
    ],
)
def test_files_are_read_as_keras_reads_them(arguments, tmp_path):
    path = tmp_path / "picture.png"
    trimtab.utils.save_img(path, PICTURE)
    theirs, ours = (m.utils.load_img(path, **arguments) for m in (keras, trimtab))
    assert ours.mode == theirs.mode
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize("arguments", [{"color_mode": "x"}, {"interpolation": "x"}])
def test_unknown_modes_are_refused(arguments, tmp_path):
    with pytest.raises(ValueError, match="must be one of"):
        trimtab.utils.load_img(tmp_path / "none.png", target_size=(2, 2), **arguments)


def test_transparency_is_left_out_of_a_jpeg(tmp_path):
    trimtab.utils.save_img(tmp_path / "a.jpg", RNG.uniform(0, 1, (8, 8, 4)))
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.mode == "RGB"


def test_smart_resize_is_kerass():
    x = PICTURE.astype("float32")
    theirs, ours = (m.preprocessing.image.smart_resize(x, (4, 4)) for m in (keras, trimtab))
    assert type(ours) is np.ndarray
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-5, atol=1e-5)
