"""Loaders of known data sets, on small files of their formats."""

import gzip
import pathlib
import pickle
import urllib.error

import numpy as np
import pytest

from trimtab import config, datasets
from trimtab.data import downloading
from trimtab.datasets import cifar, fashion_mnist

RNG = np.random.default_rng(7)


def cached(monkeypatch, tmp_path):
    """An empty cache, without a network."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(fashion_mnist, "_DEBIAN", tmp_path / "debian")

    def urlopen(_):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(downloading.urllib_request, "urlopen", urlopen, raising=False)
    folder = tmp_path / "datasets"
    folder.mkdir()
    return folder


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """The folder in which files of data sets are looked for; whatever their hashes."""
    monkeypatch.setattr(downloading, "_differs", lambda *_: False)
    return cached(monkeypatch, tmp_path)


def idx(array):
    sizes = b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    return b"\0\0\x08" + bytes([array.ndim]) + sizes + array.tobytes()


FASHION = {
    "train-images-idx3-ubyte.gz": RNG.integers(0, 255, (5, 28, 28)).astype("uint8"),
    "train-labels-idx1-ubyte.gz": RNG.integers(0, 9, 5).astype("uint8"),
    "t10k-images-idx3-ubyte.gz": RNG.integers(0, 255, (2, 28, 28)).astype("uint8"),
    "t10k-labels-idx1-ubyte.gz": RNG.integers(0, 9, 2).astype("uint8"),
}


def write_fashion(folder):
    folder.mkdir(parents=True)
    for name, array in FASHION.items():
        (folder / name).write_bytes(gzip.compress(idx(array)))


def test_mnist_is_read_from_the_cache(cache):
    arrays = {
        name: RNG.integers(0, 9, (3, 2)).astype("uint8")
        for name in ("x_train", "y_train", "x_test", "y_test")
    }
    np.savez(cache / "mnist.npz", **arrays)
    (x, y), (test_x, test_y) = datasets.mnist.load_data()
    for found, name in ((x, "x_train"), (y, "y_train"), (test_x, "x_test"), (test_y, "y_test")):
        np.testing.assert_array_equal(found, arrays[name])


@pytest.mark.parametrize("place", ["datasets/fashion-mnist", "debian"])
def test_fashion_mnist_is_found_in_the_cache_and_in_debians_package(cache, tmp_path, place):
    write_fashion(tmp_path / place)
    (x, y), (test_x, test_y) = datasets.fashion_mnist.load_data()
    for found, wanted in zip((x, y, test_x, test_y), FASHION.values(), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_a_file_of_fashion_mnist_that_is_cut_short_is_refused(cache, tmp_path):
    write_fashion(tmp_path / "debian")
    name = "train-images-idx3-ubyte.gz"
    (tmp_path / "debian" / name).write_bytes(gzip.compress(idx(FASHION[name])[:-9]))
    with pytest.raises(ValueError, match=name):
        datasets.fashion_mnist.load_data()


def write_cifar(folder, label_key, names):
    folder.mkdir(parents=True)
    for name in names:
        batch = {b"data": RNG.integers(0, 255, (4, 3072)).astype("uint8"), label_key: [1, 2, 3, 4]}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))


@pytest.mark.parametrize(
    ("data_format", "shape"),
    [("channels_last", (20, 32, 32, 3)), ("channels_first", (20, 3, 32, 32))],
)
def test_cifar10_is_found_where_keras_unpacks_it(cache, data_format, shape):
    (cache / "cifar-10-batches-py-target").write_bytes(b"an archive")
    inside = cache / "cifar-10-batches-py-target_extracted" / "cifar-10-batches-py"
    write_cifar(inside, b"labels", [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"])
    before = config.image_data_format()
    config.set_image_data_format(data_format)
    try:
        (x, y), (_, test_y) = datasets.cifar10.load_data()
    finally:
        config.set_image_data_format(before)
    assert (x.shape, x.dtype, y.shape, test_y.shape) == (shape, "uint8", (20, 1), (4, 1))


@pytest.mark.parametrize("mode", ["fine", "coarse"])
def test_cifar100_has_two_kinds_of_labels(cache, mode):
    (cache / "cifar-100-python-target").write_bytes(b"an archive")
    inside = cache / "cifar-100-python-target_extracted" / "cifar-100-python"
    write_cifar(inside, f"{mode}_labels".encode(), ["train", "test"])
    (x, y), _ = datasets.cifar100.load_data(mode)
    assert (x.shape, y.ravel().tolist()) == ((4, 32, 32, 3), [1, 2, 3, 4])


def test_cifar100_knows_no_other_labels():
    with pytest.raises(ValueError, match="label_mode"):
        datasets.cifar100.load_data("x")


def test_code_in_a_file_of_images_is_not_run(tmp_path):
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps({b"data": pathlib.PurePath("x")}))
    with pytest.raises(ValueError, match="must not name"):
        cifar.read_batch(path, "labels")


@pytest.mark.parametrize("name", ["boston_housing", "california_housing"])
def test_tables_are_drawn_as_keras_draws_them(cache, name):
    x = np.arange(1000.0).reshape(500, 2)
    np.savez(cache / f"{name}.npz", x=x, y=x[:, 0])
    (train_x, train_y), (test_x, _) = getattr(datasets, name).load_data()
    order = np.arange(500)
    np.random.RandomState(113).shuffle(order)
    np.testing.assert_array_equal(train_x, x[order[:400]])
    np.testing.assert_array_equal(train_y, x[order[:400], 0])
    assert len(test_x) == 100


def test_the_small_version_has_600_districts(cache):
    np.savez(cache / "california_housing.npz", x=np.ones((700, 8)), y=np.ones(700))
    (x, _), (test_x, _) = datasets.california_housing.load_data(version="small")
    assert len(x) + len(test_x) == 600


@pytest.mark.parametrize(
    ("load", "name"),
    [
        (datasets.mnist.load_data, "mnist.npz"),
        (datasets.fashion_mnist.load_data, "dataset-fashion-mnist"),
        (datasets.cifar10.load_data, "cifar-10-batches-py-target"),
        (datasets.cifar100.load_data, "cifar-100-python-target"),
        (datasets.boston_housing.load_data, "boston_housing.npz"),
        (datasets.california_housing.load_data, "california_housing.npz"),
    ],
)
def test_without_a_network_the_message_says_what_to_put_where(cache, load, name):
    with pytest.raises(ConnectionError, match=f"put it at .*{name}"):
        load()


def test_a_cached_file_of_another_hash_is_not_taken(monkeypatch, tmp_path):
    folder = cached(monkeypatch, tmp_path)
    (folder / "mnist.npz").write_bytes(b"something else")
    with pytest.raises(ConnectionError):
        datasets.mnist.load_data()
    assert (folder / "mnist.npz").read_bytes() == b"something else"
