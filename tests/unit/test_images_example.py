"""The example of convolutions on images."""

import gzip
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

import images

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "images.py"
NAMES = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE), *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def idx(array):
    """An array of bytes as an IDX file."""
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(head + array.astype("uint8").tobytes())


@pytest.fixture
def home(tmp_path):
    """A folder of fetched data with Fashion-MNIST's four files, of random images."""
    folder = tmp_path / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in NAMES:
        count = 64 if name.startswith("train") else 16
        shape = (count, 28, 28) if "images" in name else (count,)
        array = rng.integers(0, 256 if "images" in name else 10, shape)
        (folder / f"{name}-ubyte.gz").write_bytes(idx(array))
    return tmp_path


def test_digits_are_told_apart_after_a_few_epochs():
    done = run("--data", "digits", "--epochs", 3)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(re.findall(r"^epoch +\d: +[\d.]+ s, accuracy", done.stdout, re.MULTILINE)) == 3
    (accuracy,) = re.findall(r"([\d.]+) % of the test images are told right", done.stdout)
    assert float(accuracy) > 90


def test_fashion_mnist_is_taken_where_it_is_on_the_machine(home):
    done = run("--epochs", 1, "--norm-position", "after", KERAS_HOME=str(home))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Fashion-MNIST: 64 images to train on, 16 to test with" in done.stdout
    assert "Batch Normalization after the ReLU" in done.stdout


def test_images_lie_between_0_and_1_with_a_channel(home, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(home))
    data = images.fashion_mnist()
    assert data.x_train.shape == (64, 28, 28, 1)
    assert data.x_train.dtype == "float32"
    assert 0 <= data.x_train.min() < data.x_train.max() <= 1
