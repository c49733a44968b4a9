"""bfloat16 on kernels of float32: each result is rounded, what only moves numbers is not."""

import numpy as np
import pytest

import trimtab
from trimtab import ops
from trimtab.core.tracing import CompiledStep, trace
from trimtab.ir.graph import Spec, topological_order
from trimtab.passes import widen_bfloat16

ml_dtypes = pytest.importorskip("ml_dtypes")
X = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")


def _product_and_sum(x):
    half = ops.cast(x, "bfloat16")
    return ops.relu(half * half - half), ops.sum(half, axis=0)


def test_no_bfloat16_is_left():
    trimtab.dtype_policies.get("mixed_bfloat16")
    graph = widen_bfloat16(trace(_product_and_sum, [Spec((6, 5), "float32")]).graph)
    nodes = topological_order(graph.results)
    assert {v.dtype for n in nodes for v in n.outputs} == {"float32"}
    # The cast, the product, the difference and the sum; relu only chooses.
    assert [n.primitive.name for n in nodes].count("round_bfloat16") == 4


def test_a_graph_without_it_stays():
    trimtab.dtype_policies.get("mixed_bfloat16")
    assert widen_bfloat16(trace(lambda x: x * 2.0, [Spec((6, 5), "float32")]).graph) is None


def test_each_operation_rounds_as_ml_dtypes_does():
    half = X.astype(ml_dtypes.bfloat16)
    wide = half.astype("float32")
    square = (wide * wide).astype(ml_dtypes.bfloat16).astype("float32")
    want = np.maximum((square - wide).astype(ml_dtypes.bfloat16), 0)
    got, total = CompiledStep(_product_and_sum)(X)
    assert got.dtype == total.dtype == ml_dtypes.bfloat16
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(total, wide.sum(axis=0).astype(ml_dtypes.bfloat16))


def test_eager_calls_round_alike():
    eager = _product_and_sum(ops.convert_to_tensor(X))
    for one, other in zip(eager, CompiledStep(_product_and_sum)(X), strict=True):
        np.testing.assert_array_equal(np.asarray(one), other)


def test_rounding_keeps_infinities_and_nan():
    numbers = np.array([np.inf, -np.inf, np.nan, 3.4e38, 1e-40, -0.0], np.float32)

    def rounded(x):
        return ops.cast(ops.cast(x, "bfloat16"), "float32")

    want = numbers.astype(ml_dtypes.bfloat16).astype("float32")
    np.testing.assert_array_equal(CompiledStep(rounded)(numbers), want)
