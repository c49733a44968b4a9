"""Random networks train, are saved and predict as in Keras, with normalization anywhere in them."""

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import trimtab

# One width and one batch size: Keras compiles each operation once a shape.
WIDTH, ROWS, STEPS = 4, 8, 3
NETWORKS = 200

ACTIVATIONS = ["relu", "tanh", "sigmoid", "elu", "softplus", "swish", "linear", "softmax"]
MERGES = ["Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Concatenate"]

dense = st.tuples(st.just("dense"), st.sampled_from(ACTIVATIONS), st.booleans())
norm = st.tuples(st.just("norm"), st.sampled_from([0.9, 0.5, 0.0]), st.booleans(), st.booleans())
plain = st.tuples(
    st.just("plain"), st.sampled_from(["layer", "unit", "rms", "prelu", "leaky", "relu", "reshape"])
)
merge = st.tuples(st.just("merge"), st.sampled_from(MERGES), st.integers(0, 9))
networks = st.tuples(
    st.lists(st.one_of(dense, norm, plain, merge), min_size=1, max_size=7),
    st.sampled_from(["sgd", "momentum", "adam", "rmsprop"]),
    st.integers(0, 2**16),
)


def optimizer(k, name):
    return {
        "sgd": lambda: k.optimizers.SGD(0.05),
        "momentum": lambda: k.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        "adam": lambda: k.optimizers.Adam(0.01, epsilon=1e-3),
        "rmsprop": lambda: k.optimizers.RMSprop(0.01, epsilon=1e-3),
    }[name]()


def added(k, step, x, earlier):
    """The tensor after one more step of the plan."""
    kind, *rest = step
    if kind == "dense":
        return k.layers.Dense(WIDTH, activation=rest[0], use_bias=rest[1])(x)
    if kind == "norm":
        momentum, center, scale = rest
        return k.layers.BatchNormalization(
            momentum=momentum, epsilon=0.1, center=center, scale=scale
        )(x)
    if kind == "merge":
        joined = getattr(k.layers, rest[0])()([x, earlier[rest[1] % len(earlier)]])
        return k.layers.Dense(WIDTH)(joined) if rest[0] == "Concatenate" else joined
    if rest[0] == "reshape":
        return k.layers.Flatten()(k.layers.Reshape((2, WIDTH // 2))(x))
    make = {
        "layer": k.layers.LayerNormalization,
        "unit": k.layers.UnitNormalization,
        "rms": k.layers.RMSNormalization,
        "prelu": k.layers.PReLU,
        "leaky": k.layers.LeakyReLU,
        "relu": k.layers.ReLU,
    }[rest[0]]
    return make()(x)


def built(k, plan, how):
    inputs = k.Input((WIDTH,))
    tensors = [inputs]
    for step in plan:
        tensors.append(added(k, step, tensors[-1], tensors))
    model = k.Model(inputs, k.layers.Dense(2)(tensors[-1]))
    model.compile(optimizer(k, how), "mse", run_eagerly=k is keras)
    return model


def drawn(rng, weight):
    """A value for a weight; positive for variances and scales.

    Kernels have either sign: products of positive ones only grow, and rounding with them.
    """
    value = rng.normal(0.0, 0.5, weight.shape).astype("float32")
    is_positive = weight.name in ("gamma", "scale", "moving_variance")
    return np.abs(value) + 0.5 if is_positive else value


def close(found, expected, tolerance):
    expected = np.asarray(expected)
    size = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(np.asarray(found), expected, rtol=0, atol=tolerance * size)


@pytest.mark.slow
@settings(
    max_examples=NETWORKS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(networks)
def test_a_random_network_does_as_in_keras(tmp_path_factory, network):
    plan, how, seed = network
    rng = np.random.default_rng(seed)
    theirs, ours = built(keras, plan, how), built(trimtab, plan, how)
    values = [drawn(rng, w) for w in theirs.weights]
    for model in (theirs, ours):
        model.set_weights(values)
    x = rng.normal(size=(STEPS, ROWS, WIDTH)).astype("float32")
    y = rng.normal(size=(STEPS, ROWS, 2)).astype("float32")
    for step in range(STEPS):
        expected = theirs.train_on_batch(x[step], y[step])
        close(ours.train_on_batch(x[step], y[step]), expected, 1e-4)
    for own, their in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        close(own, their, 1e-3)
    path = tmp_path_factory.getbasetemp() / "network.keras"
    ours.save(path)
    own = ours.predict(x[0], verbose=0)
    close(own, theirs.predict_on_batch(x[0]), 1e-3)
    close(keras.models.load_model(path).predict_on_batch(x[0]), own, 1e-5)
    close(trimtab.models.load_model(path).predict(x[0], verbose=0), own, 1e-6)
