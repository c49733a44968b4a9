"""Class weights as weights of samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from trimtab.core import settings


def class_numbers(y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The class of each target: the largest column of one-hot rows, else the nearest integer."""
    if y.ndim > 1:
        y = y.argmax(axis=-1) if y.shape[-1] != 1 else y[..., 0]
    return np.round(y).astype(np.int64)


def weights_of_samples(
    owner: str, y: np.ndarray[Any, Any], class_weight: Mapping[int, float]
) -> np.ndarray[Any, Any]:
    """One weight a sample, `(samples,)`, from one a class; a class that is not named weighs 1.

    Args:
        owner: The method that was called, for errors.
        y: Targets: class numbers `(samples,)` or `(samples, 1)`, or one-hot `(samples, classes)`.
        class_weight: Class number -> weight.

    Raises:
        ValueError: If `class_weight` is no mapping, or the targets name more than one class a
            sample.
    """
    if not isinstance(class_weight, Mapping):
        raise ValueError(
            f"{owner}: `class_weight` must be a dict from class number to weight; got "
            f"{class_weight!r}"
        )
    classes = class_numbers(y)
    if classes.ndim != 1:
        raise ValueError(
            f"{owner}: `class_weight` needs one class a sample; got targets of shape {y.shape}. "
            "Use `sample_weight`"
        )
    values, inverse = np.unique(classes, return_inverse=True)
    weights = [float(class_weight.get(int(value), 1.0)) for value in values]
    return np.array(weights, settings.floatx())[inverse]
