"""The example of convolutions on images."""

import gzip
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

import images

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "images.py"
NAMES = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE), *map(str, arguments)],
        capture_output=True,
        text=True,
    )


def idx(array):
    """An array of bytes as an IDX file."""
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(head + array.astype("uint8").tobytes())


@pytest.fixture
def folder(tmp_path):
    """Fashion-MNIST's four files, with random images."""
    rng = np.random.default_rng(0)
    for name in NAMES:
        count = 64 if name.startswith("train") else 16
        shape = (count, 28, 28) if "images" in name else (count,)
        array = rng.integers(0, 256 if "images" in name else 10, shape)
        (tmp_path / f"{name}-ubyte.gz").write_bytes(idx(array))
    return tmp_path


def test_digits_are_told_apart_after_a_few_epochs():
    done = run("--data", "digits", "--epochs", 3)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(re.findall(r"^epoch +\d: +[\d.]+ s, accuracy", done.stdout, re.MULTILINE)) == 3
    (accuracy,) = re.findall(r"([\d.]+) % of the test images are told right", done.stdout)
    assert float(accuracy) > 90


def test_fashion_mnist_is_read_from_its_folder(folder):
    done = run("--folder", folder, "--epochs", 1, "--norm-position", "after")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Fashion-MNIST: 64 images to train on, 16 to test with" in done.stdout
    assert "Batch Normalization after the ReLU" in done.stdout


def test_images_lie_between_0_and_1_with_a_channel(folder):
    data = images.fashion_mnist(folder)
    assert data.x_train.shape == (64, 28, 28, 1)
    assert data.x_train.dtype == "float32"
    assert 0 <= data.x_train.min() < data.x_train.max() <= 1


def test_a_file_of_something_else_is_refused(folder):
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"something else"))
    with pytest.raises(SystemExit, match="train-images-idx3-ubyte.gz is no IDX file"):
        images.fashion_mnist(folder)


def test_missing_files_are_told_of_with_the_package_that_has_them(tmp_path):
    done = run("--data", "fashion", "--folder", tmp_path)
    assert done.returncode == 2
    assert "install Debian's package dataset-fashion-mnist" in done.stderr.replace("\n", " ")
