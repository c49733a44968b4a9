"""Images in folders: which ones, in which order, with which labels; all decoded as they must be."""

import threading

import numpy as np
import pytest
from PIL import Image

import trimtab
from trimtab.utils import image_dataset_from_directory

SMALL = {"batch_size": 4, "image_size": (4, 5), "verbose": False}
# What real Keras does with the same names and seeds.
SHUFFLED_BY_1 = "a4 b2 b1 a2 c0 a3 a1 c4 a0 c3 b3 b4 c2 c1 b0"
TRAINING_BY_3 = "c2 a3 a1 b1 a2 c1 b2 b0 a0 c3 c4"
VALIDATION_BY_3 = "a4 b3 b4 c0"


@pytest.fixture
def folder(tmp_path):
    """Three folders of five images, one of them a folder deeper, and files that are no images."""
    rng = np.random.default_rng(0)
    for name in ("b_cat", "a_dog", "c_owl"):
        (tmp_path / name / "sub").mkdir(parents=True)
        for i in range(5):
            place = tmp_path / name / ("sub" if i == 3 else ".") / f"i{i}.png"
            Image.fromarray(rng.integers(0, 255, (6 + i, 9, 3)).astype("uint8")).save(place)
        (tmp_path / name / "note.txt").write_text("no image")
    return tmp_path


def short(dataset):
    """Each file as its folder's letter and its number."""
    parts = [path.replace("/sub", "").split("/")[-2:] for path in dataset.file_paths]
    return " ".join(f"{folder[0]}{name[1]}" for folder, name in parts)


def labels_of(dataset):
    return np.concatenate([batch[1] for batch in dataset])


def test_files_come_in_order_of_their_names(folder):
    dataset = image_dataset_from_directory(folder, shuffle=False, **SMALL)
    assert short(dataset) == "a0 a1 a2 a4 a3 b0 b1 b2 b4 b3 c0 c1 c2 c4 c3"
    assert dataset.class_names == ["a_dog", "b_cat", "c_owl"]
    assert len(dataset) == 4
    assert labels_of(dataset).tolist() == [0] * 5 + [1] * 5 + [2] * 5


def test_a_seed_orders_the_files_as_in_keras(folder):
    dataset = image_dataset_from_directory(folder, seed=1, **SMALL)
    assert short(dataset) == SHUFFLED_BY_1


def test_the_parts_are_those_of_keras(folder):
    both = image_dataset_from_directory(
        folder, validation_split=0.3, subset="both", seed=3, **SMALL
    )
    assert [short(part) for part in both] == [TRAINING_BY_3, VALIDATION_BY_3]
    for part, subset in zip(both, ("training", "validation"), strict=True):
        single = image_dataset_from_directory(
            folder, validation_split=0.3, subset=subset, seed=3, **SMALL
        )
        assert short(single) == short(part)


def test_each_pass_has_another_order_and_each_image_keeps_its_label(folder):
    dataset = image_dataset_from_directory(folder, seed=1, **{**SMALL, "batch_size": 15})
    plain = image_dataset_from_directory(folder, shuffle=False, **{**SMALL, "batch_size": 15})
    (images, labels), (again, _) = next(iter(dataset)), next(iter(dataset))
    assert not np.array_equal(images, again)
    known = {image.tobytes(): int(label) for image, label in zip(*next(iter(plain)), strict=True)}
    assert [known[image.tobytes()] for image in images] == labels.tolist()


@pytest.mark.parametrize(
    ("arguments", "shape", "dtype"),
    [
        ({}, (4,), "int32"),
        ({"label_mode": "categorical"}, (4, 3), "float32"),
        ({"label_mode": "binary", "class_names": ["b_cat", "a_dog"]}, (4, 1), "float32"),
        ({"labels": list(range(15))}, (4,), "int32"),
    ],
)
def test_labels_have_the_forms_of_keras(folder, arguments, shape, dtype):
    _, labels = next(iter(image_dataset_from_directory(folder, **SMALL, **arguments)))
    assert (labels.shape, labels.dtype) == (shape, dtype)


@pytest.mark.parametrize("arguments", [{"labels": None}, {"label_mode": None}])
def test_without_labels_images_come_alone(folder, arguments):
    dataset = image_dataset_from_directory(folder, **SMALL, **arguments)
    assert next(iter(dataset)).shape == (4, 4, 5, 3)
    assert dataset.class_names is None


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({"color_mode": "grayscale"}, (4, 4, 5, 1)),
        ({"color_mode": "rgba"}, (4, 4, 5, 4)),
        ({"data_format": "channels_first"}, (4, 3, 4, 5)),
        ({"batch_size": None}, (4, 5, 3)),
    ],
)
def test_images_have_the_shapes_of_keras(folder, arguments, shape):
    images, _ = next(iter(image_dataset_from_directory(folder, **{**SMALL, **arguments})))
    assert (images.shape, images.dtype) == (shape, "float32")


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"interpolation": "nearest"},
        {"interpolation": "bicubic"},
        {"interpolation": "lanczos3"},
        {"crop_to_aspect_ratio": True},
        {"pad_to_aspect_ratio": True},
    ],
)
def test_pixels_are_those_of_resize(folder, arguments):
    dataset = image_dataset_from_directory(folder, shuffle=False, **SMALL, **arguments)
    images, _ = next(iter(dataset))
    source = np.asarray(Image.open(dataset.file_paths[0])).astype("float32")
    np.testing.assert_array_equal(images[0], trimtab.ops.image.resize(source, (4, 5), **arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label_mode": "binary"}, "exactly 2 classes"),
        ({"validation_split": 0.3}, "both or not at all"),
        ({"subset": "training"}, "both or not at all"),
        ({"validation_split": 0.3, "subset": "x", "seed": 1}, "`subset`"),
        ({"validation_split": 0.3, "subset": "training"}, "`seed` must be given"),
        ({"validation_split": 1.5, "subset": "training", "seed": 1}, "between 0 and 1"),
        ({"labels": [0, 1]}, "15 files"),
        ({"labels": "x"}, "`labels`"),
        ({"label_mode": "x"}, "`label_mode`"),
        ({"color_mode": "x"}, "`color_mode`"),
        ({"interpolation": "x"}, "`interpolation`"),
        ({"image_size": (4,)}, "`image_size`"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "only one"),
        ({"class_names": ["zz"]}, "`class_names`"),
    ],
)
def test_what_keras_refuses_is_refused(folder, arguments, message):
    with pytest.raises(ValueError, match=message):
        image_dataset_from_directory(folder, **{**SMALL, **arguments})


def test_a_missing_folder_is_told_of(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        image_dataset_from_directory(tmp_path / "nowhere")


def test_a_folder_without_images_is_told_of(tmp_path):
    with pytest.raises(ValueError, match=r"\.png"):
        image_dataset_from_directory(tmp_path)


def test_a_broken_image_is_named_and_no_thread_is_left(folder):
    (folder / "a_dog" / "i2.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    before = set(threading.enumerate())
    with pytest.raises(ValueError, match=r"i2\.png"):
        list(image_dataset_from_directory(folder, shuffle=False, **SMALL))
    assert set(threading.enumerate()) == before


def test_no_thread_is_left_when_a_pass_is_broken_off(folder):
    before = set(threading.enumerate())
    batches = iter(image_dataset_from_directory(folder, **SMALL))
    next(batches)
    batches.close()
    assert set(threading.enumerate()) == before


def test_it_tells_how_many_files_there_are(folder, capsys):
    image_dataset_from_directory(
        folder, **{**SMALL, "verbose": True}, validation_split=0.2, subset="training", seed=1
    )
    wanted = "Found 15 files belonging to 3 classes.\nUsing 12 files for training.\n"
    assert capsys.readouterr().out == wanted


def test_a_network_trains_on_it(folder):
    data = image_dataset_from_directory(folder, seed=1, **SMALL)
    layers = trimtab.layers
    model = trimtab.Sequential(
        [
            trimtab.Input((4, 5, 3)),
            layers.RandomFlip(),
            layers.RandomRotation(0.1),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.BatchNormalization(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(data.cache().prefetch(2), epochs=2, validation_data=data, verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()
