"""Every op gives real Keras's numbers and types: at once, traced, and in its gradients."""

import inspect
from operator import attrgetter

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from ops_cases import CASES

from trimtab import engines, ops
from trimtab.autodiff import gradients
from trimtab.core import tree
from trimtab.core.tracing import trace
from trimtab.ir.graph import Spec
from trimtab.ir.tensor import KerasTensor

# Their results are no tensors, or have no numbers to compare; tests/unit/ops knows them.
ELSEWHERE = {
    "argpartition",
    "convert_to_numpy",
    "custom_gradient",
    "dtype",
    "empty",
    "empty_like",
    "is_tensor",
    "ndim",
    "shape",
    "size",
    # Keras 3.15.1 sums partial sums of the scores: its sparsemax of two equal scores is (0, 0).
    "sparsemax",
}
# Keras's names, those of its modules with the module's: "image.resize".
NAMES = [*ops.__all__, *(f"image.{name}" for name in ops.image.__all__)]
# ops.linalg has the same functions as ops.
# Real Keras compiles anew for every shape: only `make test` waits for all cases of an op.
PARAMS = [
    pytest.param(case, id=f"{name}-{i}", marks=[pytest.mark.slow] if i else [])
    for name, made in CASES.items()
    for i, case in enumerate(made)
]


def flat(result):
    return tree.flatten(list(result) if isinstance(result, tuple) else result)


def is_float(leaf):
    return np.dtype(leaf.dtype).kind == "f"


def weights(leaf):
    """The cotangent that a float result is given."""
    shape = np.shape(leaf)
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape).astype(leaf.dtype)


def compare(actual, expected, rtol):
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    actual, expected = actual.astype("float64"), expected.astype("float64")
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=rtol)


def kerass(case):
    """(results, gradients) of real Keras."""

    def function(*varied):
        arrays = [jnp.asarray(a) for a in case.arrays]
        for position, x in zip(case.wrt, varied, strict=True):
            arrays[position] = x
        leaves = [jnp.asarray(leaf) for leaf in flat(case.call(keras.ops, *arrays))]
        return [leaf for leaf in leaves if is_float(leaf)], leaves

    def both(*varied):
        floats, pull_back, leaves = jax.vjp(function, *varied, has_aux=True)
        return leaves, list(pull_back([weights(leaf) for leaf in floats]))

    varied = [jnp.asarray(case.arrays[i]) for i in case.wrt]
    if not varied:
        return function()[1], []
    return jax.jit(both)(*varied) if case.traceable else both(*varied)


def traced(case):
    """(results, gradients) of ours in one graph, run by the CPU engine."""

    def function(*xs):
        leaves = [ops.convert_to_tensor(leaf) for leaf in flat(case.call(ops, *xs))]
        parts = [
            ops.sum(ops.cast(leaf * weights(leaf), "float32")) for leaf in leaves if is_float(leaf)
        ]
        if not case.wrt or not parts:
            return leaves, [ops.zeros_like(xs[i]) for i in case.wrt]
        found = gradients(sum(parts[1:], parts[0]), [xs[i] for i in case.wrt])
        return leaves, [
            ops.zeros_like(xs[i]) if g is None else g for i, g in zip(case.wrt, found, strict=True)
        ]

    made = trace(function, [Spec(a.shape, a.dtype.name) for a in case.arrays])
    executable = engines.get("cpu").compile(made.graph)
    results = executable.run([np.asarray(a, order="C") for a in case.arrays], [])
    count = len(results) - len(case.wrt)
    return results[:count], results[count:]


def test_every_op_has_a_case():
    assert sorted({*CASES, *ELSEWHERE}) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_kerass(name):
    ours, theirs = (inspect.signature(attrgetter(name)(module)) for module in (ops, keras.ops))
    assert [(p.name, p.default) for p in ours.parameters.values()] == [
        (p.name, p.default) for p in theirs.parameters.values()
    ]


@pytest.mark.parametrize("case", PARAMS)
def test_numbers_and_gradients_are_kerass(case):
    results, slopes = kerass(case)
    for actual, expected in zip(flat(case.call(ops, *case.arrays)), results, strict=True):
        compare(actual, expected, case.rtol)
    if not case.traceable:
        return
    own_results, own_slopes = traced(case)
    for actual, expected in zip(own_results, results, strict=True):
        compare(actual, expected, case.rtol)
    for actual, expected in zip(own_slopes, slopes, strict=True):
        compare(actual, expected, 20 * case.rtol)


@pytest.mark.parametrize("case", [p for p in PARAMS if not p.values[0].traceable])
def test_an_op_of_unknown_size_says_so_in_a_trace(case):
    with pytest.raises(ValueError, match="must be known when a step is traced"):
        traced(case)


@pytest.mark.parametrize(
    "case",
    [p for p in PARAMS if p.values[0].traceable and p.values[0].arrays],
)
def test_a_functional_model_knows_shapes_and_types(case):
    symbolic = case.call(ops, *[KerasTensor(a.shape, a.dtype.name) for a in case.arrays])
    known = [(tuple(leaf.shape), leaf.dtype) for leaf in flat(symbolic)]
    results = [np.asarray(leaf) for leaf in flat(case.call(ops, *case.arrays))]
    assert known == [(leaf.shape, leaf.dtype.name) for leaf in results]
