"""A small convolutional network with Batch Normalization on images.

Trains on Fashion-MNIST where Debian's package dataset-fashion-mnist is installed (or `--folder`
names a folder with its four files), on scikit-learn's digits otherwise, and prints after each
epoch how long it took and what part of images never trained on is told right.
"""

import argparse
import dataclasses
import gzip
import pathlib
import time

import numpy as np

import trimtab as keras
from trimtab import layers

DEBIAN_FOLDER = pathlib.Path("/usr/share/datasets/fashion-mnist")
FASHION = [
    *("T-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
]


@dataclasses.dataclass(frozen=True)
class Images:
    """Images `(count, rows, columns, 1)` in [0, 1] with class numbers, for training and testing."""

    source: str
    classes: list[str]
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def read_idx(path: pathlib.Path) -> np.ndarray:
    """The array in a gzipped IDX file: two zeros, type 8 (uint8), rank, sizes, then the bytes."""
    content = gzip.decompress(path.read_bytes())
    if content[:3] != b"\x00\x00\x08":
        raise SystemExit(f"--folder: {path.name} is no IDX file of bytes")
    rank = content[3]
    shape = np.frombuffer(content, ">u4", rank, offset=4)
    return np.frombuffer(content, "uint8", offset=4 + 4 * rank).reshape(shape)


def fashion_mnist(folder: pathlib.Path) -> Images:
    """70,000 images of clothes, 28 by 28, ten kinds (Xiao et al. 2017)."""
    parts = []
    for part in ("train", "t10k"):
        x = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
        parts += [as_images(x, 255), read_idx(folder / f"{part}-labels-idx1-ubyte.gz")]
    return Images("Fashion-MNIST", FASHION, *parts)


def digits() -> Images:
    """Scikit-learn's 1,797 images of handwritten digits, 8 by 8; every fifth for testing."""
    from sklearn.datasets import load_digits  # noqa: PLC0415  Fashion-MNIST does without it.

    data = load_digits()
    x, y = as_images(data.images, 16), data.target
    test = np.arange(len(x)) % 5 == 4
    return Images(
        "digits, from scikit-learn", list("0123456789"), x[~test], y[~test], x[test], y[test]
    )


def as_images(x: np.ndarray, brightest: int) -> np.ndarray:
    """Images with one channel, in [0, 1]."""
    return (x[..., None] / np.float32(brightest)).astype("float32")


def build(shape: tuple[int, ...], classes: int, norm_position: str | None) -> keras.Model:
    """Three convolutions, each with Batch Normalization and ReLU, two poolings between."""

    def block(filters: int) -> keras.Layer:
        # Momentum 0.9: the moving statistics are there after some tens of steps.
        return layers.ConvBlock(
            filters,
            3,
            padding="same",
            norm=layers.BatchNormalization(momentum=0.9),
            norm_position=norm_position,
        )

    return keras.Sequential(
        [
            keras.Input(shape),
            block(16),
            layers.MaxPooling2D(),
            block(32),
            layers.MaxPooling2D(),
            block(64),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(classes, activation="softmax"),
        ]
    )


class EpochLines(keras.callbacks.Callback):
    """A line after each epoch: its time, and the accuracies."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Starts the clock."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Prints the line."""
        seconds = time.perf_counter() - self.start
        print(
            f"epoch {epoch + 1:2}: {seconds:6.2f} s, accuracy in training "
            f"{100 * logs['accuracy']:5.1f} %, on test images {100 * logs['val_accuracy']:5.1f} %",
            flush=True,
        )


def train(images: Images, epochs: int, batch_size: int, norm_position: str | None) -> float:
    """Trains a network and says how it goes; returns the accuracy on the test images."""
    model = build(images.x_train.shape[1:], len(images.classes), norm_position)
    steps = epochs * -(-len(images.x_train) // batch_size)
    # A rate that falls to nothing gives with few epochs what a constant one gives with many.
    rate = keras.optimizers.schedules.CosineDecay(4e-3, steps)
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    print(f"Data     {images.source}: {len(images.x_train):,} images to train on, ", end="")
    print(f"{len(images.x_test):,} to test with, {len(images.classes)} classes")
    place = "no Batch Normalization"
    if norm_position is not None:
        place = f"Batch Normalization {norm_position} the ReLU"
    print(f"Network  3 convolutions, {place}, {model.count_params():,} parameters\n")
    model.fit(
        images.x_train,
        images.y_train,
        batch_size=batch_size,
        epochs=epochs,
        validation_data=(images.x_test, images.y_test),
        callbacks=[EpochLines()],
        verbose=0,
    )
    start = time.perf_counter()
    predicted = model.predict(images.x_test, batch_size=256, verbose=0).argmax(axis=1)
    seconds = time.perf_counter() - start
    accuracy = float((predicted == images.y_test).mean())
    print(f"\n{100 * accuracy:.1f} % of the test images are told right; ", end="")
    print(f"all {len(predicted):,} took {seconds:.2f} s")
    report_worst(images, predicted)
    return accuracy


def report_worst(images: Images, predicted: np.ndarray) -> None:
    """Says which class is taken for which other most often."""
    count = len(images.classes)
    confusion = np.bincount(count * images.y_test + predicted, minlength=count * count)
    confusion = confusion.reshape(count, count) * (1 - np.eye(count, dtype=int))
    true, taken = np.unravel_index(confusion.argmax(), confusion.shape)
    total = (images.y_test == true).sum()
    print(
        f"The commonest mistake: {confusion[true, taken]} of {total} images of class "
        f"{images.classes[true]!r} taken for {images.classes[taken]!r}"
    )


def main() -> None:
    """Reads the arguments and trains."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=["fashion", "digits"], help="fashion where it is there")
    parser.add_argument("--folder", type=pathlib.Path, default=DEBIAN_FOLDER)
    parser.add_argument("--epochs", type=int, help="4, of the digits 8")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--norm-position", choices=["before", "after", "none"], default="before")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    is_there = (arguments.folder / "train-images-idx3-ubyte.gz").exists()
    if arguments.data == "fashion" and not is_there:
        parser.error(
            f"no Fashion-MNIST in {arguments.folder}: install Debian's package "
            "dataset-fashion-mnist, or name the folder of its files by --folder"
        )
    is_fashion = arguments.data == "fashion" or (arguments.data is None and is_there)
    keras.utils.set_random_seed(arguments.seed)
    train(
        fashion_mnist(arguments.folder) if is_fashion else digits(),
        arguments.epochs or (4 if is_fashion else 8),
        arguments.batch_size,
        None if arguments.norm_position == "none" else arguments.norm_position,
    )


if __name__ == "__main__":
    main()
