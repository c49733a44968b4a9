"""Gradients of layers with windows against Keras's, and networks of them trained beside Keras's."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from layer_cases.windows import CASES

from trimtab import engines, layers, ops
from trimtab.autodiff import gradients
from trimtab.core.tracing import trace
from trimtab.ir.graph import Spec

# Keras compiles anew for every shape: only `make test` waits for all cases of a layer.
PAIRS = [
    pytest.param(name, i, id=f"{name}-{i}", marks=[pytest.mark.slow] if i else [])
    for name, cases in CASES.items()
    for i in range(len(cases))
]


def case_of(name, index):
    """The arguments, an input and Keras's layer with weights that differ from one another."""
    case = CASES[name][index]
    # Its cotangents follow the outputs, which a regularizer of them would change.
    arguments = {k: v for k, v in case.arguments.items() if k != "activity_regularizer"}
    theirs = getattr(keras.layers, name)(**arguments)
    theirs.build(case.shape)
    rng = np.random.default_rng(3)
    theirs.set_weights([rng.normal(size=w.shape).astype("float32") for w in theirs.weights])
    return arguments, rng.normal(size=case.shape).astype("float32"), theirs


def cotangent(shape):
    return np.cos(np.arange(np.prod(shape))).reshape(shape).astype("float32")


@pytest.mark.parametrize(("name", "index"), PAIRS)
def test_gradients_are_those_of_keras(name, index):
    arguments, x, theirs = case_of(name, index)
    weights = [jnp.asarray(w.value) for w in theirs.trainable_variables]

    def total(x, weights):
        y, _ = theirs.stateless_call(weights, [], x)
        return jnp.sum(y * cotangent(y.shape))

    wanted = jax.grad(total, argnums=(0, 1))(jnp.asarray(x), weights)
    ours = getattr(layers, name)(**arguments)
    ours.build(x.shape)

    def slopes(x, *weights):
        y, _ = ours.stateless_call(list(weights), [], x)
        return gradients(ops.sum(y * cotangent(y.shape)), [x, *weights])

    arrays = [x, *[np.array(w) for w in weights]]
    graph = trace(slopes, [Spec(a.shape, "float32") for a in arrays]).graph
    found = engines.get("cpu").compile(graph).run(arrays, [])
    for actual, expected in zip(found, [wanted[0], *wanted[1]], strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=2e-5)
