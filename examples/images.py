"""A small convolutional network with Batch Normalization on images.

Trains on Fashion-MNIST where it is on the machine (Debian's package dataset-fashion-mnist brings
it, and `--data fashion` fetches it), on scikit-learn's digits otherwise. Prints after each epoch
how long it took and what part of images never trained on is told right.
"""

import argparse
import dataclasses
import os
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


def has_fashion_mnist() -> bool:
    """Whether Fashion-MNIST is on this machine: from Debian's package, or fetched before."""
    home = pathlib.Path(os.environ.get("KERAS_HOME", pathlib.Path.home() / ".keras"))
    folders = (DEBIAN_FOLDER, home / "datasets" / "fashion-mnist")
    return any((folder / "train-images-idx3-ubyte.gz").exists() for folder in folders)


def fashion_mnist() -> Images:
    """70,000 images of clothes, 28 by 28, ten kinds (Xiao et al. 2017)."""
    (x, y), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
    return Images("Fashion-MNIST", FASHION, as_images(x, 255), y, as_images(x_test, 255), y_test)


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
    parser.add_argument(
        "--data", choices=["fashion", "digits"], help="fashion if it is on this machine"
    )
    parser.add_argument("--epochs", type=int, help="4, of the digits 8")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--norm-position", choices=["before", "after", "none"], default="before")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    is_fashion = (arguments.data or ("fashion" if has_fashion_mnist() else "digits")) == "fashion"
    keras.utils.set_random_seed(arguments.seed)
    train(
        fashion_mnist() if is_fashion else digits(),
        arguments.epochs or (4 if is_fashion else 8),
        arguments.batch_size,
        None if arguments.norm_position == "none" else arguments.norm_position,
    )


if __name__ == "__main__":
    main()
