"""The gradient of relu reads relu's result, so its operand need not be kept."""

import numpy as np

from trimtab import ops
from trimtab.autodiff import gradients
from trimtab.core.tracing import CompiledStep, trace
from trimtab.ir.graph import Spec, topological_order
from trimtab.passes import optimize


def _slope(x):
    y = ops.relu(ops.tanh(x))
    return y, gradients(ops.sum(y), [x])[0]


def test_the_mask_is_made_of_the_result():
    graph = optimize(trace(_slope, [Spec((5,), "float32")]).graph)
    masks = [n for n in topological_order(graph.results) if n.primitive.name == "greater"]
    assert [m.inputs[0].node.primitive.name for m in masks] == ["maximum"]


def test_nan_passes_no_gradient_as_before():
    x = np.array([-1.0, 0.0, 2.0, np.nan, -0.0], np.float32)
    _, slope = CompiledStep(_slope)(x)
    np.testing.assert_array_equal(slope[:3] > 0, [False, False, True])
    np.testing.assert_array_equal(slope[4], 0)
