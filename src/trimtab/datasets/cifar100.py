"""Small colour images of a hundred kinds of things."""

from __future__ import annotations

import pathlib

from trimtab import checks
from trimtab.data import get_file
from trimtab.datasets.cifar import in_format, read_batch
from trimtab.datasets.origin import Arrays


def load_data(label_mode: str = "fine") -> tuple[Arrays, Arrays]:
    """50,000 colour images of a hundred kinds of things to train on, and 10,000 to test with.

    Args:
        label_mode: "fine" for the hundred kinds, "coarse" for the twenty groups of them.

    Returns:
        ((x, y), (x, y)), uint8: x of shape (images, 32, 32, 3), or channels first by the global
        setting, from 0 to 255; y of shape (images, 1).

    Raises:
        ValueError: If the mode is neither.

    Source: Keras 3 `keras.datasets.cifar100`; Krizhevsky 2009.
    """
    checks.choice("cifar100", "label_mode", label_mode, ("fine", "coarse"))
    folder = pathlib.Path(
        get_file(
            "cifar-100-python-target",
            origin="https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
            extract=True,
            file_hash="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        )
    )
    inside = folder / "cifar-100-python"
    (x, y), (test_x, test_y) = (
        read_batch(inside / name, f"{label_mode}_labels") for name in ("train", "test")
    )
    return (in_format(x), y), (in_format(test_x), test_y)
