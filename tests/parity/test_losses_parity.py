"""Every loss beside Keras 3's, on the same numbers."""

import jax
import keras
import numpy as np
import pytest

from trimtab import losses
from trimtab.autodiff import gradients
from trimtab.core import tracing
from trimtab.core.tracing import CompiledStep

RNG = np.random.default_rng(5)
TARGETS = RNG.normal(size=(6, 4)).astype("float32")
PREDICTIONS = RNG.normal(size=(6, 4)).astype("float32")
BINARY = RNG.integers(0, 2, size=(6, 4)).astype("float32")
PROBABILITIES = RNG.uniform(0.02, 0.98, size=(6, 4)).astype("float32")
DISTRIBUTIONS = RNG.dirichlet(np.ones(4), size=6).astype("float32")
ONE_HOT = np.eye(4, dtype="float32")[RNG.integers(0, 4, size=6)]
CLASSES = RNG.integers(0, 4, size=6).astype("int32")
EMBEDDINGS = RNG.normal(size=(8, 3)).astype("float32")
EMBEDDINGS /= np.linalg.norm(EMBEDDINGS, axis=-1, keepdims=True)
LABELS = np.array([0, 1, 0, 2, 1, 2, 0, 1], "int32")
WEIGHTS = np.array([1.0, 0.0, 2.0, 0.5, 1.0, 3.0], "float32")

# Name -> (targets, predictions, arguments) for each class, and for the function of the same loss.
CASES = {
    "BinaryCrossentropy": [
        (BINARY, PROBABILITIES, {}),
        (BINARY, PREDICTIONS, {"from_logits": True, "label_smoothing": 0.1}),
        (BINARY, BINARY, {}),
        (BINARY, PROBABILITIES, {"axis": 0}),
    ],
    "BinaryFocalCrossentropy": [
        (BINARY, PROBABILITIES, {"apply_class_balancing": True, "alpha": 0.3}),
        (BINARY, PREDICTIONS, {"from_logits": True, "gamma": 1.5, "label_smoothing": 0.1}),
    ],
    "CategoricalCrossentropy": [
        (ONE_HOT, PROBABILITIES, {}),
        (ONE_HOT, PREDICTIONS, {"from_logits": True, "label_smoothing": 0.2}),
        (ONE_HOT, ONE_HOT, {}),
    ],
    "CategoricalFocalCrossentropy": [
        (ONE_HOT, DISTRIBUTIONS, {"label_smoothing": 0.1}),
        (ONE_HOT, PREDICTIONS, {"from_logits": True, "alpha": [0.1, 0.2, 0.3, 0.4], "gamma": 1.0}),
    ],
    "CategoricalGeneralizedCrossEntropy": [(CLASSES, DISTRIBUTIONS, {"q": 0.3})],
    "CategoricalHinge": [(ONE_HOT, PREDICTIONS, {})],
    "Circle": [(LABELS, EMBEDDINGS, {"gamma": 16.0, "margin": 0.3})],
    "CosineSimilarity": [(TARGETS, PREDICTIONS, {}), (TARGETS, PREDICTIONS, {"axis": 0})],
    "Dice": [(BINARY, PROBABILITIES, {}), (BINARY, PROBABILITIES, {"axis": (1,)})],
    "Hinge": [(BINARY, PREDICTIONS, {}), (2 * BINARY - 1, PREDICTIONS, {})],
    "Huber": [(TARGETS, PREDICTIONS, {"delta": 0.7})],
    "KLDivergence": [(DISTRIBUTIONS, PROBABILITIES, {})],
    "LogCosh": [(TARGETS, 20 * PREDICTIONS, {})],
    "MeanAbsoluteError": [(TARGETS, PREDICTIONS, {})],
    "MeanAbsolutePercentageError": [(TARGETS, PREDICTIONS, {})],
    "MeanSquaredError": [(TARGETS, PREDICTIONS, {}), (TARGETS[:, 0], PREDICTIONS[:, :1], {})],
    "MeanSquaredLogarithmicError": [(PROBABILITIES, DISTRIBUTIONS, {})],
    "Poisson": [(BINARY, PROBABILITIES, {})],
    "SparseCategoricalCrossentropy": [
        (CLASSES, PROBABILITIES, {}),
        (CLASSES[:, None], PREDICTIONS, {"from_logits": True}),
        (CLASSES, PREDICTIONS, {"from_logits": True, "ignore_class": 1}),
    ],
    "SquaredHinge": [(BINARY, PREDICTIONS, {})],
    "Tversky": [(BINARY, PROBABILITIES, {"alpha": 0.3, "beta": 0.8})],
}
NAMES = sorted(
    thing.__name__
    for thing in losses._OBJECTS
    if isinstance(thing, type) and thing not in (losses.Loss, losses.LossFunctionWrapper)
)
ALL = [(name, *case) for name in NAMES for case in CASES.get(name, [None])]
REDUCTIONS = ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"]


@pytest.fixture
def reference_engine():
    """Steps run on the engine that defines what primitives mean."""
    before = tracing.engine_name()
    tracing.set_engine("reference")
    yield
    tracing.set_engine(before)


def close(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=2e-5, atol=2e-6)


def test_every_loss_has_a_case():
    assert sorted(CASES) == NAMES


@pytest.mark.parametrize(("name", "y_true", "y_pred", "arguments"), ALL)
def test_class_equals_keras(name, y_true, y_pred, arguments):
    ours = getattr(losses, name)(**arguments)
    theirs = getattr(keras.losses, name)(**arguments)
    close(ours(y_true, y_pred), theirs(y_true, y_pred))


WEIGHTED = [case for case in ALL if len(case[1]) == 6 and case[3].get("axis") != 0]


@pytest.mark.parametrize(("name", "y_true", "y_pred", "arguments"), WEIGHTED)
def test_weighted_class_equals_keras(name, y_true, y_pred, arguments):
    ours = getattr(losses, name)(**arguments)
    theirs = getattr(keras.losses, name)(**arguments)
    close(ours(y_true, y_pred, WEIGHTS), theirs(y_true, y_pred, WEIGHTS))


# A loss of its own mask, and one without.
@pytest.mark.parametrize(
    ("name", "y_true", "y_pred", "arguments"),
    [
        ("SparseCategoricalCrossentropy", CLASSES, PREDICTIONS, {"ignore_class": 1}),
        ("MeanSquaredError", TARGETS, PREDICTIONS, {}),
    ],
)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_reduction_equals_keras(name, y_true, y_pred, arguments, weights, reduction):
    arguments = {**arguments, "reduction": reduction}
    ours = getattr(losses, name)(**arguments)
    theirs = getattr(keras.losses, name)(**arguments)
    close(ours(y_true, y_pred, weights), theirs(y_true, y_pred, weights))


@pytest.mark.parametrize(("name", "y_true", "y_pred", "arguments"), ALL)
def test_function_equals_keras(name, y_true, y_pred, arguments):
    ours = getattr(losses, name)(**arguments)
    theirs = getattr(keras.losses, name)(**arguments)
    close(
        ours.fn(y_true, y_pred, **ours._arguments), theirs.fn(y_true, y_pred, **theirs._fn_kwargs)
    )


@pytest.mark.parametrize(("name", "y_true", "y_pred", "arguments"), ALL)
def test_gradient_equals_that_of_jax(name, y_true, y_pred, arguments, reference_engine):
    ours = getattr(losses, name)(reduction="sum", **arguments)
    theirs = getattr(keras.losses, name)(reduction="sum", **arguments)
    step = CompiledStep(lambda true, predicted: gradients(ours(true, predicted), [predicted])[0])
    expected = jax.grad(lambda predicted: theirs(y_true, predicted))(jax.numpy.asarray(y_pred))
    close(step(y_true, y_pred), expected)


# Keras leaves this class out of the names that it can load.
@pytest.mark.parametrize("name", sorted(set(NAMES) - {"CategoricalGeneralizedCrossEntropy"}))
def test_keras_rebuilds_our_configuration(name):
    y_true, y_pred, arguments = CASES[name][-1]
    ours = getattr(losses, name)(reduction="sum", **arguments)
    theirs = keras.losses.deserialize(losses.serialize(ours))
    close(ours(y_true, y_pred), theirs(y_true, y_pred))


@pytest.mark.parametrize("name", NAMES)
def test_we_rebuild_keras_configuration(name):
    theirs = getattr(keras.losses, name)(name="mine")
    ours = losses.deserialize(keras.losses.serialize(theirs))
    assert (type(ours).__name__, ours.name, ours.reduction) == (name, "mine", theirs.reduction)


def test_names_are_those_of_keras():
    accepted = set(keras.src.losses.ALL_OBJECTS_DICT) - {"ctc", "CTC"}
    assert accepted <= set(losses._IDENTIFIERS.names)
