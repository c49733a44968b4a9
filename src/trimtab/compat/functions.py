"""Functions beside layers and models: utilities, preprocessing, initializers of Keras 0 to 2."""

from __future__ import annotations

from typing import Any

import numpy as np

import trimtab
from trimtab import losses, metrics
from trimtab.compat import files, sequences
from trimtab.compat.dialect import Dialect
from trimtab.compat.tables.rows import KERAS_2
from trimtab.compat.tables.values import INITIALIZERS, meaning
from trimtab.compat.values import hard_sigmoid_of_old as hard_sigmoid_of_old
from trimtab.compat.values import initializer, mean_cosine_proximity, root_mean_squared_error

MISSING: Any = None

load_model = files.load_model


def to_categorical(x: Any, num_classes: int | None = None, dtype: Any = None) -> Any:
    """Class numbers as rows of zeros with a single 1.

    Args:
        x: Class numbers of any shape; one axis of length 1 at the end is dropped.
        num_classes: Length of the rows; the largest number plus 1 if None.
        dtype: Type of the result.
    """
    numbers = np.asarray(x).astype("int64")
    encoded = np.asarray(trimtab.utils.to_categorical(numbers, num_classes))
    return encoded if dtype is None else encoded.astype(dtype)


def categorical_probas_to_classes(p: Any) -> Any:
    """Numbers of the likeliest classes."""
    return np.argmax(p, axis=1)


def probas_to_classes(y_pred: Any) -> Any:
    """Numbers of the likeliest classes; of one column, whether it passes 0.5."""
    if len(y_pred.shape) > 1 and y_pred.shape[1] > 1:
        return categorical_probas_to_classes(y_pred)
    return np.array([1 if p > 0.5 else 0 for p in np.ravel(y_pred)])


def accuracy(p: Any, y: Any) -> float:
    """The part of class numbers that are equal."""
    return float(np.mean(np.asarray(p) == np.asarray(y)))


def binary_logloss(p: Any, y: Any) -> float:
    """The mean binary crossentropy of probabilities."""
    p = np.clip(np.asarray(p, "float64"), 1e-15, 1 - 1e-15)
    y = np.asarray(y)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def multiclass_logloss(p: Any, y: Any) -> float:
    """The mean categorical crossentropy of probabilities and rows of zeros with a single 1."""
    p = np.clip(np.asarray(p, "float64"), 1e-15, 1 - 1e-15)
    return float(-np.mean(np.sum(np.asarray(y) * np.log(p), axis=1)))


def multi_gpu_model(model: Any, gpus: Any = None, **_: Any) -> Any:
    """The model itself: there is one device."""
    del gpus
    return model


UTILITIES: dict[str, Any] = {
    "categorical_probas_to_classes": categorical_probas_to_classes,
    "probas_to_classes": probas_to_classes,
    "multi_gpu_model": multi_gpu_model,
    "accuracy": accuracy,
    "binary_logloss": binary_logloss,
    "multiclass_logloss": multiclass_logloss,
}

LOSSES: dict[str, Any] = {
    "cosine_proximity": mean_cosine_proximity,
    "root_mean_squared_error": root_mean_squared_error,
    "kullback_leibler_divergence": losses.kl_divergence,
    "mse": losses.mean_squared_error,
    "MSE": losses.mean_squared_error,
    "mae": losses.mean_absolute_error,
    "MAE": losses.mean_absolute_error,
    "mape": losses.mean_absolute_percentage_error,
    "MAPE": losses.mean_absolute_percentage_error,
    "msle": losses.mean_squared_logarithmic_error,
    "MSLE": losses.mean_squared_logarithmic_error,
    "binary_accuracy": metrics.binary_accuracy,
    "categorical_accuracy": metrics.categorical_accuracy,
}


def find_initializer(dialect: Dialect, name: str, found: Any) -> Any:
    """An initializer; before Keras 2 it was a function of a shape, as in `init=he_normal`."""
    if not dialect.is_old or meaning(INITIALIZERS, name, dialect.version) is None:
        return found
    if dialect.version >= KERAS_2:
        if name in ("uniform", "normal", "zero", "one", "orthogonal"):
            return found
        return lambda seed=None: initializer(dialect, name)

    def make(shape: Any, scale: float | None = None, **_: Any) -> Any:
        if scale is not None and name in ("uniform", "normal"):
            return _scaled(name, scale)(shape)
        given = trimtab.initializers.get(initializer(dialect, name, len(shape)))
        return given(shape, dtype=trimtab.config.floatx())

    make.__name__ = name
    return make


def _scaled(name: str, scale: float) -> Any:
    if name == "uniform":
        return trimtab.initializers.RandomUniform(-scale, scale)
    return trimtab.initializers.RandomNormal(0.0, scale)


def find_sequence(dialect: Dialect, name: str) -> Any:
    """A name of `keras.preprocessing.sequence`."""
    return {"pad_sequences": trimtab.utils.pad_sequences, **sequences.NAMES}.get(name)
