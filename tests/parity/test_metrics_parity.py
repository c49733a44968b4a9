"""Every metric beside Keras 3's, on the same batches."""

import functools

import keras
import numpy as np
import pytest

from trimtab import metrics
from trimtab.core import tracing
from trimtab.core.tracing import CompiledStep

# Keras asks JAX for int64 in its confusion matrix, and JAX says that it has none.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")

RNG = np.random.default_rng(7)
N = 12
WEIGHTS = RNG.integers(0, 4, size=N).astype("float32")
CELL_WEIGHTS = RNG.integers(0, 4, size=(N, 4)).astype("float32")


def real(*shape):
    return RNG.normal(size=shape).astype("float32")


def binary(*shape):
    return RNG.integers(0, 2, size=shape).astype("float32")


def unit(*shape):
    # Multiples of 1/16 hit thresholds exactly now and then; 0 and 1 are among them.
    return (RNG.integers(0, 17, size=shape) / 16).astype("float32")


def one_hot(count, classes):
    return np.eye(classes, dtype="float32")[RNG.integers(0, classes, size=count)]


def classes(*shape, number=4):
    return RNG.integers(0, number, size=shape).astype("int32")


def distributions(count, number=4):
    return RNG.dirichlet(np.ones(number), size=count).astype("float32")


def twice(make, weights=(None, WEIGHTS)):
    """Two batches, the second one weighted."""
    return [(*make(), weight) for weight in weights]


REGRESSION = twice(lambda: (real(N, 4), real(N, 4)))
PROBABILITY = twice(lambda: (binary(N, 4), unit(N, 4)))
FLAT = twice(lambda: (binary(N), unit(N)))
CELLS = twice(lambda: (binary(N, 4), unit(N, 4)), (None, CELL_WEIGHTS))
ONE_HOT = twice(lambda: (one_hot(N, 4), distributions(N)))
SPARSE = twice(lambda: (classes(N), distributions(N)))
COLUMN = twice(lambda: (classes(N, 1), distributions(N)))
WHOLE_WEIGHTS = WEIGHTS.astype("int32")
SEGMENTS = twice(lambda: (classes(N, number=5), classes(N, number=5)), (None, WHOLE_WEIGHTS))
IMAGES = twice(
    lambda: (one_hot(N * 3, 4).reshape(N, 3, 4), distributions(N * 3).reshape(N, 3, 4)),
    (None, None),
)
STEPS = twice(lambda: (classes(N, 3), distributions(N * 3).reshape(N, 3, 4)))

# Name -> (batches, arguments).
CASES = {
    "AUC": [
        (FLAT, {}),
        (CELLS, {"num_thresholds": 17}),
        (FLAT, {"curve": "PR"}),
        (FLAT, {"curve": "PR", "summation_method": "majoring", "num_thresholds": 9}),
        (FLAT, {"curve": "PRGAIN", "summation_method": "minoring"}),
        (FLAT, {"curve": "PRGAIN", "num_thresholds": 5}),
        (FLAT, {"thresholds": [0.1, 0.7, 0.4]}),
        (PROBABILITY, {"multi_label": True}),
        (
            PROBABILITY,
            {"multi_label": True, "num_labels": 4, "label_weights": [1.0, 2.0, 0.5, 0.0]},
        ),
        (PROBABILITY, {"multi_label": True, "curve": "PR", "thresholds": [0.2, 0.3]}),
        (PROBABILITY, {"label_weights": [1.0, 2.0, 0.5, 0.0]}),
        (PROBABILITY, {"label_weights": [1.0, 2.0, 0.5, 0.0], "thresholds": [0.3]}),
        (twice(lambda: (binary(N), real(N))), {"from_logits": True}),
    ],
    "Accuracy": [(SEGMENTS, {})],
    "BinaryAccuracy": [(PROBABILITY, {}), (FLAT, {"threshold": 0.25}), (CELLS, {})],
    "BinaryCrossentropy": [
        (PROBABILITY, {"label_smoothing": 0.1}),
        (REGRESSION, {"from_logits": True}),
    ],
    "BinaryIoU": [
        (twice(lambda: (classes(N, number=2), unit(N)), (None, WHOLE_WEIGHTS)), {}),
        (
            twice(lambda: (classes(N, number=2), unit(N)), (None, None)),
            {"threshold": 0.3, "target_class_ids": [1]},
        ),
    ],
    "CategoricalAccuracy": [(ONE_HOT, {}), (IMAGES, {})],
    "CategoricalCrossentropy": [
        (ONE_HOT, {"label_smoothing": 0.1}),
        (REGRESSION, {"from_logits": True}),
    ],
    "CategoricalHinge": [(ONE_HOT, {})],
    "ConcordanceCorrelation": [(REGRESSION, {}), (REGRESSION[:1], {"axis": 0})],
    "CosineSimilarity": [(REGRESSION, {}), (IMAGES, {"axis": 1})],
    "F1Score": [(ONE_HOT, {}), (PROBABILITY, {"average": "micro", "threshold": 0.4})],
    "FBetaScore": [
        (ONE_HOT, {"beta": 2.0}),
        (PROBABILITY, {"average": "macro", "threshold": 0.4, "beta": 0.5}),
        (PROBABILITY, {"average": "weighted", "threshold": 0.4}),
    ],
    "FalseNegatives": [(FLAT, {}), (PROBABILITY, {"thresholds": [0.3, 0.9]})],
    "FalsePositives": [(FLAT, {}), (CELLS, {"thresholds": 0.2})],
    "Hinge": [(twice(lambda: (binary(N, 4), real(N, 4))), {})],
    "IoU": [
        (SEGMENTS, {"num_classes": 5, "target_class_ids": [0, 2]}),
        (
            SEGMENTS,
            {"num_classes": 5, "target_class_ids": [1], "ignore_class": 2, "dtype": "float32"},
        ),
        (SEGMENTS, {"num_classes": 4, "target_class_ids": [0, 3]}),
        (
            IMAGES,
            {
                "num_classes": 4,
                "target_class_ids": [1],
                "sparse_y_true": False,
                "sparse_y_pred": False,
            },
        ),
    ],
    "KLDivergence": [(twice(lambda: (distributions(N), distributions(N))), {})],
    "LogCoshError": [(REGRESSION, {})],
    "Mean": [
        ([(real(N, 3), None), (real(N, 3), WEIGHTS), (real(N, 3), CELL_WEIGHTS[:, :3])], {}),
        ([(2.0, None), (4.0, 3.0)], {}),
    ],
    "MeanAbsoluteError": [(REGRESSION, {})],
    "MeanAbsolutePercentageError": [(REGRESSION, {})],
    "MeanIoU": [(SEGMENTS, {"num_classes": 5})],
    "MeanSquaredError": [(REGRESSION, {}), (twice(lambda: (real(N), real(N, 1))), {})],
    "MeanSquaredLogarithmicError": [(twice(lambda: (unit(N, 4), unit(N, 4))), {})],
    "OneHotIoU": [(IMAGES, {"num_classes": 4, "target_class_ids": [0, 1]})],
    "OneHotMeanIoU": [(IMAGES, {"num_classes": 4, "ignore_class": 0})],
    "PearsonCorrelation": [(REGRESSION, {}), (REGRESSION[:1], {"axis": 0})],
    "Poisson": [(twice(lambda: (unit(N, 4), unit(N, 4))), {})],
    "Precision": [
        (FLAT, {}),
        (PROBABILITY, {"thresholds": [0.2, 0.8]}),
        (PROBABILITY, {"thresholds": [0.0, 0.5, 1.0]}),
        (PROBABILITY, {"class_id": 2}),
        (ONE_HOT, {"top_k": 2}),
        (ONE_HOT, {"top_k": 2, "class_id": 1}),
    ],
    "PrecisionAtRecall": [(FLAT, {"recall": 0.6}), (PROBABILITY, {"recall": 0.3, "class_id": 1})],
    "R2Score": [
        (REGRESSION, {}),
        (REGRESSION, {"class_aggregation": "variance_weighted_average", "num_regressors": 3}),
        (REGRESSION, {"class_aggregation": None}),
    ],
    "Recall": [(FLAT, {}), (PROBABILITY, {"thresholds": [0.2, 0.8]}), (ONE_HOT, {"top_k": 1})],
    "RecallAtPrecision": [(FLAT, {"precision": 0.6})],
    "RootMeanSquaredError": [(REGRESSION, {}), (twice(lambda: (real(N), real(N, 1))), {})],
    "SensitivityAtSpecificity": [
        (FLAT, {"specificity": 0.4}),
        (FLAT, {"specificity": 0.4, "num_thresholds": 1}),
    ],
    "SparseCategoricalAccuracy": [(SPARSE, {}), (COLUMN, {}), (STEPS, {})],
    "SparseCategoricalCrossentropy": [
        (SPARSE, {}),
        (SPARSE, {"ignore_class": 2}),
        (SPARSE, {"from_logits": True}),
    ],
    "SparseTopKCategoricalAccuracy": [
        (SPARSE, {"k": 2}),
        (STEPS, {"k": 3}),
        (
            twice(lambda: (classes(N), classes(N, 4).astype("float32"))),
            {"k": 2, "from_sorted_ids": True},
        ),
    ],
    "SpecificityAtSensitivity": [(FLAT, {"sensitivity": 0.5})],
    "SquaredHinge": [(twice(lambda: (binary(N, 4), real(N, 4))), {})],
    "Sum": [([(real(N, 3), None), (real(N, 3), WEIGHTS)], {})],
    "TopKCategoricalAccuracy": [(ONE_HOT, {"k": 2}), (IMAGES, {"k": 1}), (PROBABILITY, {"k": 2})],
    "TrueNegatives": [(FLAT, {}), (PROBABILITY, {"thresholds": [0.0, 0.5, 1.0]})],
    "TruePositives": [(FLAT, {}), (PROBABILITY, {"thresholds": [0.3, 0.9]})],
}
NAMES = sorted(
    cls.__name__
    for cls in metrics._CLASSES
    if cls not in (metrics.Metric, metrics.MeanMetricWrapper)
)
ALL = [(name, *case) for name in NAMES for case in CASES.get(name, [])]
every_case = pytest.mark.parametrize(
    "case", range(len(ALL)), ids=[f"{name}{arguments}" for name, _, arguments in ALL]
)


@functools.cache
def run_of_keras(case):
    """Results after each batch, and the variables at the end: Keras is slow, and asked once."""
    name, batches, arguments = ALL[case]
    metric = getattr(keras.metrics, name)(**{"name": "m", **arguments})
    results = []
    for *values, weight in batches:
        metric.update_state(*values, sample_weight=weight)
        results.append(np.asarray(metric.result()))
    return results, [(v.path, tuple(v.shape), v.dtype) for v in metric.variables]


@pytest.fixture
def reference_engine():
    """Steps run on the engine that defines what primitives mean."""
    before = tracing.engine_name()
    tracing.set_engine("reference")
    yield
    tracing.set_engine(before)


def close(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=2e-5, atol=2e-6)


def test_every_metric_has_a_case():
    assert sorted(CASES) == NAMES


@every_case
def test_results_equal_keras(case):
    name, batches, arguments = ALL[case]
    ours = getattr(metrics, name)(**arguments)
    for (*values, weight), expected in zip(batches, run_of_keras(case)[0], strict=True):
        ours.update_state(*values, sample_weight=weight)
        close(ours.result(), expected)


@every_case
def test_variables_are_those_of_keras(case):
    name, batches, arguments = ALL[case]
    ours = getattr(metrics, name)(**{"name": "m", **arguments})
    *values, weight = batches[0]
    ours.update_state(*values, sample_weight=weight)
    assert [(v.path, v.shape, v.dtype) for v in ours.variables] == run_of_keras(case)[1]


@every_case
def test_traced_update_equals_eager(case, reference_engine):
    name, batches, arguments = ALL[case]
    eager, traced = getattr(metrics, name)(**arguments), getattr(metrics, name)(**arguments)
    *values, weight = batches[-1]
    arrays = [np.asarray(v) for v in (*values, *([] if weight is None else [weight]))]
    eager.update_state(*arrays)
    CompiledStep(lambda *tensors: traced.update_state(*tensors))(*arrays)
    close(traced.result(), eager.result())


@every_case
def test_keras_rebuilds_our_configuration(case):
    name, _, arguments = ALL[case]
    ours = getattr(metrics, name)(**arguments)
    theirs = keras.metrics.deserialize(metrics.serialize(ours))
    expected = getattr(keras.metrics, name)(**{"name": ours.name, **arguments})
    assert str(theirs.get_config()) == str(expected.get_config())


@every_case
def test_we_rebuild_keras_configuration(case):
    name, _, arguments = ALL[case]
    theirs = getattr(keras.metrics, name)(**arguments)
    ours = metrics.deserialize(keras.metrics.serialize(theirs))
    assert (ours.name, ours.dtype) == (theirs.name, theirs.dtype)


@pytest.mark.parametrize("name", NAMES)
def test_direction_is_that_of_keras(name):
    arguments = CASES[name][0][1]
    theirs = getattr(keras.metrics, name)(**arguments)
    ours = getattr(metrics, name)(**arguments)
    assert ours._direction == getattr(theirs, "_direction", None)


def test_names_are_those_of_keras():
    assert set(keras.src.metrics.ALL_OBJECTS_DICT) <= set(metrics._IDENTIFIERS.names)
