"""Losses, as classes and as functions."""

from __future__ import annotations

from typing import Any

from trimtab.core.config import serialize_keras_object
from trimtab.core.identifiers import Identifiers
from trimtab.losses.base import Loss as Loss
from trimtab.losses.base import LossFunctionWrapper as LossFunctionWrapper
from trimtab.losses.binary import BinaryCrossentropy as BinaryCrossentropy
from trimtab.losses.binary import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from trimtab.losses.binary import binary_crossentropy as binary_crossentropy
from trimtab.losses.binary import binary_focal_crossentropy as binary_focal_crossentropy
from trimtab.losses.categorical import CategoricalCrossentropy as CategoricalCrossentropy
from trimtab.losses.categorical import (
    CategoricalFocalCrossentropy as CategoricalFocalCrossentropy,
)
from trimtab.losses.categorical import (
    CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy,
)
from trimtab.losses.categorical import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from trimtab.losses.categorical import categorical_crossentropy as categorical_crossentropy
from trimtab.losses.categorical import (
    categorical_focal_crossentropy as categorical_focal_crossentropy,
)
from trimtab.losses.categorical import (
    categorical_generalized_cross_entropy as categorical_generalized_cross_entropy,
)
from trimtab.losses.categorical import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from trimtab.losses.margin import CategoricalHinge as CategoricalHinge
from trimtab.losses.margin import Hinge as Hinge
from trimtab.losses.margin import SquaredHinge as SquaredHinge
from trimtab.losses.margin import categorical_hinge as categorical_hinge
from trimtab.losses.margin import hinge as hinge
from trimtab.losses.margin import squared_hinge as squared_hinge
from trimtab.losses.probabilistic import KLDivergence as KLDivergence
from trimtab.losses.probabilistic import Poisson as Poisson
from trimtab.losses.probabilistic import kl_divergence as kl_divergence
from trimtab.losses.probabilistic import poisson as poisson
from trimtab.losses.regression import CosineSimilarity as CosineSimilarity
from trimtab.losses.regression import Huber as Huber
from trimtab.losses.regression import LogCosh as LogCosh
from trimtab.losses.regression import MeanAbsoluteError as MeanAbsoluteError
from trimtab.losses.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from trimtab.losses.regression import MeanSquaredError as MeanSquaredError
from trimtab.losses.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from trimtab.losses.regression import cosine_similarity as cosine_similarity
from trimtab.losses.regression import huber as huber
from trimtab.losses.regression import log_cosh as log_cosh
from trimtab.losses.regression import mean_absolute_error as mean_absolute_error
from trimtab.losses.regression import (
    mean_absolute_percentage_error as mean_absolute_percentage_error,
)
from trimtab.losses.regression import mean_squared_error as mean_squared_error
from trimtab.losses.regression import (
    mean_squared_logarithmic_error as mean_squared_logarithmic_error,
)
from trimtab.losses.similarity import Circle as Circle
from trimtab.losses.similarity import Dice as Dice
from trimtab.losses.similarity import Tversky as Tversky
from trimtab.losses.similarity import circle as circle
from trimtab.losses.similarity import dice as dice
from trimtab.losses.similarity import tversky as tversky

_OBJECTS: tuple[Any, ...] = (
    Loss,
    LossFunctionWrapper,
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    CategoricalHinge,
    Circle,
    CosineSimilarity,
    Dice,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
    Tversky,
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
    categorical_hinge,
    circle,
    cosine_similarity,
    dice,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
    tversky,
)
_SHORT_NAMES = {
    "bce": binary_crossentropy,
    "kld": kl_divergence,
    "mae": mean_absolute_error,
    "mape": mean_absolute_percentage_error,
    "mse": mean_squared_error,
    "msle": mean_squared_logarithmic_error,
}
_IDENTIFIERS = Identifiers(
    "loss",
    {thing.__name__: thing for thing in _OBJECTS}
    | _SHORT_NAMES
    | {name.upper(): function for name, function in _SHORT_NAMES.items()},
)


def get(identifier: Any) -> Any:
    """The loss meant by a name, configuration, class or callable; None stays None.

    The name of a function ("mse", "mean_squared_error") gives the function, that of a class an
    instance.

    Raises:
        ValueError: If the name is unknown or the identifier is not callable.

    Source: Keras 3 `keras.losses.get`.
    """
    return _IDENTIFIERS.get(identifier)


def serialize(loss: Any) -> Any:
    """The configuration of a loss, for `deserialize`."""
    return serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The loss that a name or configuration describes.

    Args:
        name: A name or a configuration.
        custom_objects: Name -> class or function that the configuration may mention.

    Raises:
        ValueError: If the name is unknown.
    """
    return _IDENTIFIERS.deserialize(name, custom_objects)


def is_known(loss: Any) -> bool:
    """Whether `loss` is one of this module's functions, or an object of one of its classes."""
    return loss in _OBJECTS or type(loss) in _OBJECTS
