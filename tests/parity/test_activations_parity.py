"""Every activation, initializer, regularizer and constraint beside Keras 3's."""

import jax
import keras
import numpy as np
import pytest

from trimtab import activations, constraints, initializers, regularizers
from trimtab.autodiff import gradients
from trimtab.core import tracing
from trimtab.core.tracing import CompiledStep

RNG = np.random.default_rng(3)
# Kinks of the piecewise functions are left out: their slope there is a matter of taste.
POINTS = np.linspace(-7.03, 7.07, 24, dtype="float32").reshape(4, 6)

ACTIVATIONS = {
    "celu": [{}, {"alpha": 0.5}],
    "elu": [{}, {"alpha": 0.5}],
    "exponential": [{}],
    "gelu": [{}, {"approximate": True}],
    "glu": [{}, {"axis": 0}],
    "hard_shrink": [{}, {"threshold": 2.0}],
    "hard_sigmoid": [{}],
    "hard_silu": [{}],
    "hard_tanh": [{}],
    "leaky_relu": [{}, {"negative_slope": 0.4}],
    "linear": [{}],
    "log_sigmoid": [{}],
    "log_softmax": [{}, {"axis": 0}],
    "mish": [{}],
    "relu": [
        {},
        {"negative_slope": 0.1},
        {"max_value": 3.0},
        {"max_value": 6.0},
        {"threshold": 1.5},
        {"threshold": -1.5},
        {"negative_slope": 0.1, "max_value": 3.0, "threshold": 0.5},
    ],
    "relu6": [{}],
    "selu": [{}],
    "sigmoid": [{}],
    "silu": [{}],
    "soft_shrink": [{}, {"threshold": 2.0}],
    "softmax": [{}, {"axis": 0}],
    "softplus": [{}],
    "softsign": [{}],
    "sparse_plus": [{}],
    "sparse_sigmoid": [{}],
    "sparsemax": [{}, {"axis": 0}],
    "squareplus": [{}, {"b": 1.0}],
    "tanh": [{}],
    "tanh_shrink": [{}],
    "threshold": [{"threshold": 0.5, "default_value": -2.0}],
}
NAMES = sorted(function.__name__ for function in activations._FUNCTIONS)
# Keras 3.15.1 sums the partial sums of the scores: its sparsemax of two equal scores is (0, 0).
# Ours is that of the paper; the unit tests have numbers worked by hand.
WRONG_IN_KERAS = ["sparsemax"]
ALL = [
    (name, arguments)
    for name in NAMES
    if name not in WRONG_IN_KERAS
    for arguments in ACTIVATIONS.get(name, [])
]


@pytest.fixture
def reference_engine():
    """Steps run on the engine that defines what primitives mean."""
    before = tracing.engine_name()
    tracing.set_engine("reference")
    yield
    tracing.set_engine(before)


def close(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=2e-5, atol=2e-6)


def test_every_activation_has_a_case():
    assert sorted(ACTIVATIONS) == NAMES


@pytest.mark.parametrize(("name", "arguments"), ALL)
def test_activation_equals_keras(name, arguments):
    ours = getattr(activations, name)(POINTS, **arguments)
    close(ours, getattr(keras.activations, name)(POINTS, **arguments))


@pytest.mark.parametrize(("name", "arguments"), ALL)
def test_slope_equals_that_of_jax(name, arguments, reference_engine):
    weights = RNG.normal(size=POINTS.shape).astype("float32")

    def total(module, x):
        y = getattr(module, name)(x, **arguments)
        return (y * weights[: y.shape[0], : y.shape[1]]).sum()

    def ours(x):
        y = getattr(activations, name)(x, **arguments)
        cotangent = weights[: y.shape[0], : y.shape[1]]
        return gradients(y * cotangent, [x])[0]

    expected = jax.grad(lambda x: total(keras.activations, x))(jax.numpy.asarray(POINTS))
    close(CompiledStep(ours)(POINTS), expected)


@pytest.mark.parametrize("name", NAMES)
def test_activation_is_serialised_as_by_keras(name):
    ours = activations.serialize(activations.get(name))
    assert ours == keras.activations.serialize(keras.activations.get(name))


def test_names_are_those_of_keras():
    assert set(keras.src.activations.ALL_OBJECTS_DICT) == set(activations._IDENTIFIERS.names)


REGULARIZERS = {
    "L1": [{}, {"l1": 0.3}],
    "L1L2": [{}, {"l1": 0.3, "l2": 0.2}],
    "L2": [{}, {"l2": 0.3}],
    "OrthogonalRegularizer": [{}, {"factor": 0.4, "mode": "columns"}],
}
CONSTRAINTS = {
    "MaxNorm": [{}, {"max_value": 0.7, "axis": 1}, {"max_value": 1.0, "axis": [0, 1]}],
    "MinMaxNorm": [{}, {"min_value": 2.0, "max_value": 3.0, "rate": 0.4, "axis": 1}],
    "NonNeg": [{}],
    "UnitNorm": [{}, {"axis": 1}],
}
MATRIX = RNG.normal(size=(4, 3)).astype("float32")


def cases(table):
    return [(name, arguments) for name, listed in table.items() for arguments in listed]


def named(identifiers, base):
    return sorted({thing.__name__ for thing in identifiers.names.values()} - {base})


def test_every_regularizer_and_constraint_has_a_case():
    assert sorted(REGULARIZERS) == named(regularizers._IDENTIFIERS, "Regularizer")
    assert sorted(CONSTRAINTS) == named(constraints._IDENTIFIERS, "Constraint")


@pytest.mark.parametrize(("name", "arguments"), cases(REGULARIZERS))
def test_regularizer_equals_keras(name, arguments):
    ours = getattr(regularizers, name)(**arguments)
    theirs = getattr(keras.regularizers, name)(**arguments)
    close(ours(MATRIX), theirs(keras.ops.convert_to_tensor(MATRIX)))


@pytest.mark.parametrize(("name", "arguments"), cases(REGULARIZERS))
def test_keras_rebuilds_our_regularizer(name, arguments):
    ours = getattr(regularizers, name)(**arguments)
    theirs = keras.regularizers.deserialize(regularizers.serialize(ours))
    close(ours(MATRIX), theirs(keras.ops.convert_to_tensor(MATRIX)))


@pytest.mark.parametrize(("name", "arguments"), cases(CONSTRAINTS))
def test_constraint_equals_keras(name, arguments):
    ours = getattr(constraints, name)(**arguments)
    close(ours(MATRIX), getattr(keras.constraints, name)(**arguments)(MATRIX))


@pytest.mark.parametrize(("name", "arguments"), cases(CONSTRAINTS))
def test_constraint_is_serialised_as_by_keras(name, arguments):
    ours = getattr(constraints, name)(**arguments)
    theirs = getattr(keras.constraints, name)(**arguments)
    assert constraints.serialize(ours) == keras.constraints.serialize(theirs)


def test_names_of_regularizers_and_constraints_are_those_of_keras():
    assert set(keras.src.regularizers.ALL_OBJECTS_DICT) == set(regularizers._IDENTIFIERS.names)
    assert set(keras.src.constraints.ALL_OBJECTS_DICT) == set(constraints._IDENTIFIERS.names)


INITIALIZERS = {
    "Constant": [{}, {"value": 0.3}],
    "GlorotNormal": [{"seed": 1}],
    "GlorotUniform": [{"seed": 1}, {"seed": 1, "input_axes": [0], "output_axes": [1, 2]}],
    "HeNormal": [{"seed": 1}],
    "HeUniform": [{"seed": 1}],
    "LecunNormal": [{"seed": 1}],
    "LecunUniform": [{"seed": 1}],
    "Ones": [{}],
    "RandomNormal": [{"seed": 1}, {"mean": 0.5, "stddev": 2.0, "seed": 1}],
    "RandomUniform": [{"seed": 1}, {"minval": -1.0, "maxval": 3.0, "seed": 1}],
    "TruncatedNormal": [{"seed": 1}, {"mean": 0.5, "stddev": 2.0, "seed": 1}],
    "VarianceScaling": [
        {"seed": 1},
        {"seed": 1, "scale": 3.0, "mode": "fan_out", "distribution": "uniform"},
        {"seed": 1, "mode": "fan_avg", "distribution": "untruncated_normal"},
    ],
    "Zeros": [{}],
}
# These take matrices only, and are compared by hand-worked values in the unit tests.
OF_MATRICES = ["Identity", "Orthogonal"]


def test_every_initializer_has_a_case():
    assert sorted([*INITIALIZERS, *OF_MATRICES]) == named(initializers._IDENTIFIERS, "Initializer")


@pytest.mark.parametrize(("name", "arguments"), cases(INITIALIZERS))
def test_distribution_equals_that_of_keras(name, arguments):
    shape = (20, 30, 40)
    ours = np.asarray(getattr(initializers, name)(**arguments)(shape))
    theirs = np.asarray(getattr(keras.initializers, name)(**arguments)(shape))
    # 24000 values: the quantiles of two draws differ by a few times 1/sqrt(24000) of their spread.
    tolerance = 0.05 * max(float(theirs.std()), 1e-3)
    levels = [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98]
    np.testing.assert_allclose(
        np.quantile(ours, levels), np.quantile(theirs, levels), rtol=0, atol=tolerance
    )
    np.testing.assert_allclose(ours.std(), theirs.std(), rtol=0.02, atol=1e-7)


@pytest.mark.parametrize(("name", "arguments"), cases(INITIALIZERS))
def test_initializer_is_serialised_as_by_keras(name, arguments):
    ours = getattr(initializers, name)(**arguments)
    theirs = getattr(keras.initializers, name)(**arguments)
    assert initializers.serialize(ours) == keras.initializers.serialize(theirs)


def test_names_of_initializers_are_those_of_keras():
    accepted = set(keras.src.initializers.ALL_OBJECTS_DICT) - {"STFT", "stft", "STFTInitializer"}
    assert accepted == set(initializers._IDENTIFIERS.names)
