"""Metrics, as classes and as functions."""

from __future__ import annotations

from typing import Any

from trimtab.core.config import serialize_keras_object
from trimtab.core.identifiers import Identifiers, class_names
from trimtab.losses import binary_crossentropy as binary_crossentropy
from trimtab.losses import binary_focal_crossentropy as binary_focal_crossentropy
from trimtab.losses import categorical_crossentropy as categorical_crossentropy
from trimtab.losses import categorical_focal_crossentropy as categorical_focal_crossentropy
from trimtab.losses import categorical_hinge as categorical_hinge
from trimtab.losses import hinge as hinge
from trimtab.losses import huber as huber
from trimtab.losses import kl_divergence as kl_divergence
from trimtab.losses import log_cosh as log_cosh
from trimtab.losses import mean_absolute_error as mean_absolute_error
from trimtab.losses import mean_absolute_percentage_error as mean_absolute_percentage_error
from trimtab.losses import mean_squared_error as mean_squared_error
from trimtab.losses import mean_squared_logarithmic_error as mean_squared_logarithmic_error
from trimtab.losses import poisson as poisson
from trimtab.losses import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from trimtab.losses import squared_hinge as squared_hinge
from trimtab.metrics.accuracy import Accuracy as Accuracy
from trimtab.metrics.accuracy import BinaryAccuracy as BinaryAccuracy
from trimtab.metrics.accuracy import CategoricalAccuracy as CategoricalAccuracy
from trimtab.metrics.accuracy import SparseCategoricalAccuracy as SparseCategoricalAccuracy
from trimtab.metrics.accuracy import SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy
from trimtab.metrics.accuracy import TopKCategoricalAccuracy as TopKCategoricalAccuracy
from trimtab.metrics.accuracy import binary_accuracy as binary_accuracy
from trimtab.metrics.accuracy import categorical_accuracy as categorical_accuracy
from trimtab.metrics.accuracy import sparse_categorical_accuracy as sparse_categorical_accuracy
from trimtab.metrics.accuracy import (
    sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy,
)
from trimtab.metrics.accuracy import top_k_categorical_accuracy as top_k_categorical_accuracy
from trimtab.metrics.base import Metric as Metric
from trimtab.metrics.confusion import FalseNegatives as FalseNegatives
from trimtab.metrics.confusion import FalsePositives as FalsePositives
from trimtab.metrics.confusion import Precision as Precision
from trimtab.metrics.confusion import Recall as Recall
from trimtab.metrics.confusion import TrueNegatives as TrueNegatives
from trimtab.metrics.confusion import TruePositives as TruePositives
from trimtab.metrics.correlation import ConcordanceCorrelation as ConcordanceCorrelation
from trimtab.metrics.correlation import PearsonCorrelation as PearsonCorrelation
from trimtab.metrics.correlation import concordance_correlation as concordance_correlation
from trimtab.metrics.correlation import pearson_correlation as pearson_correlation
from trimtab.metrics.curve import AUC as AUC
from trimtab.metrics.curve import PrecisionAtRecall as PrecisionAtRecall
from trimtab.metrics.curve import RecallAtPrecision as RecallAtPrecision
from trimtab.metrics.curve import SensitivityAtSpecificity as SensitivityAtSpecificity
from trimtab.metrics.curve import SpecificityAtSensitivity as SpecificityAtSensitivity
from trimtab.metrics.f_score import F1Score as F1Score
from trimtab.metrics.f_score import FBetaScore as FBetaScore
from trimtab.metrics.iou import BinaryIoU as BinaryIoU
from trimtab.metrics.iou import IoU as IoU
from trimtab.metrics.iou import MeanIoU as MeanIoU
from trimtab.metrics.iou import OneHotIoU as OneHotIoU
from trimtab.metrics.iou import OneHotMeanIoU as OneHotMeanIoU
from trimtab.metrics.margin import CategoricalHinge as CategoricalHinge
from trimtab.metrics.margin import Hinge as Hinge
from trimtab.metrics.margin import SquaredHinge as SquaredHinge
from trimtab.metrics.probabilistic import BinaryCrossentropy as BinaryCrossentropy
from trimtab.metrics.probabilistic import CategoricalCrossentropy as CategoricalCrossentropy
from trimtab.metrics.probabilistic import KLDivergence as KLDivergence
from trimtab.metrics.probabilistic import Poisson as Poisson
from trimtab.metrics.probabilistic import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from trimtab.metrics.reduction import Mean as Mean
from trimtab.metrics.reduction import MeanMetricWrapper as MeanMetricWrapper
from trimtab.metrics.reduction import Sum as Sum
from trimtab.metrics.regression import CosineSimilarity as CosineSimilarity
from trimtab.metrics.regression import LogCoshError as LogCoshError
from trimtab.metrics.regression import MeanAbsoluteError as MeanAbsoluteError
from trimtab.metrics.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from trimtab.metrics.regression import MeanSquaredError as MeanSquaredError
from trimtab.metrics.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from trimtab.metrics.regression import R2Score as R2Score
from trimtab.metrics.regression import RootMeanSquaredError as RootMeanSquaredError

_CLASSES = (
    AUC,
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    BinaryIoU,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    CategoricalHinge,
    ConcordanceCorrelation,
    CosineSimilarity,
    F1Score,
    FBetaScore,
    FalseNegatives,
    FalsePositives,
    Hinge,
    IoU,
    KLDivergence,
    LogCoshError,
    Mean,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanIoU,
    MeanMetricWrapper,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Metric,
    OneHotIoU,
    OneHotMeanIoU,
    PearsonCorrelation,
    Poisson,
    Precision,
    PrecisionAtRecall,
    R2Score,
    Recall,
    RecallAtPrecision,
    RootMeanSquaredError,
    SensitivityAtSpecificity,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy,
    SpecificityAtSensitivity,
    SquaredHinge,
    Sum,
    TopKCategoricalAccuracy,
    TrueNegatives,
    TruePositives,
)
_SHORT_NAMES = {
    "bce": BinaryCrossentropy,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}
_IDENTIFIERS = Identifiers(
    "metric",
    class_names(_CLASSES)
    | _SHORT_NAMES
    | {name.upper(): metric for name, metric in _SHORT_NAMES.items()},
)


def get(identifier: Any) -> Any:
    """The metric meant by a name, configuration, class or callable; None stays None.

    "accuracy" gives exact equality here; `compile` chooses the accuracy that fits the model's
    output.

    Raises:
        ValueError: If the name is unknown or the identifier is not callable.

    Source: Keras 3 `keras.metrics.get`.
    """
    return _IDENTIFIERS.get(identifier)


def serialize(metric: Any) -> Any:
    """The configuration of a metric, for `deserialize`."""
    return serialize_keras_object(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The metric that a name or configuration describes.

    Raises:
        ValueError: If its class is unknown.
    """
    return _IDENTIFIERS.deserialize(config, custom_objects)
