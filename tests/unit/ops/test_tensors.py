"""Ops whose results are no numbers to compare with Keras's."""

import subprocess
import sys

import numpy as np
import pytest

from trimtab import ops
from trimtab.autodiff import gradients
from trimtab.core.tracing import CompiledStep
from trimtab.ir.graph import placeholder
from trimtab.ir.tensor import KerasTensor

OPEN = KerasTensor((None, 3), "int32")


def test_shape_keeps_open_axes():
    assert ops.shape(OPEN) == (None, 3)


def test_shape_of_an_array_is_its_shape():
    assert (ops.shape(np.ones((2, 3))), ops.ndim([[1]]), ops.size(np.ones((2, 3)))) == (
        (2, 3),
        2,
        6,
    )


def test_size_of_an_open_shape_is_unknown():
    assert ops.size(OPEN) is None


def test_dtype_is_a_name():
    assert (ops.dtype(OPEN), ops.dtype(1.5)) == ("int32", "float32")


def test_only_tensors_are_tensors():
    assert [ops.is_tensor(x) for x in (OPEN, ops.ones(2), np.ones(2), 1.0)] == [1, 1, 0, 0]


def test_convert_to_numpy_gives_memory_of_its_own():
    tensor = ops.ones(2)
    array = ops.convert_to_numpy(tensor)
    array[0] = 5
    np.testing.assert_array_equal(tensor, [1, 1])


def test_empty_tensors_are_set():
    np.testing.assert_array_equal(ops.empty((2, 1)), [[0], [0]])
    np.testing.assert_array_equal(ops.empty_like(np.ones(2, "int8")), [0, 0])


def test_argpartition_puts_the_kth_element_in_its_place():
    x = np.array([5, 1, 4, 2, 3])
    order = ops.convert_to_numpy(ops.argpartition(x, 2))
    assert x[order[2]] == 3
    assert max(x[order[:2]]) < 3


@pytest.mark.parametrize("option", ["sparse", "ragged"])
def test_sparse_and_ragged_tensors_are_refused(option):
    with pytest.raises(ValueError, match="sparse and ragged tensors are not supported"):
        ops.convert_to_tensor([1.0], **{option: True})


def test_sparsemax_of_equal_scores_is_even():
    np.testing.assert_allclose(ops.sparsemax([[2.0, 2.0, -1.0]]), [[0.5, 0.5, 0]])


@ops.custom_gradient
def clipped(x, scale):
    def gradient(upstream):
        return ops.clip(upstream, -1.0, 1.0) * scale, None

    return x * scale, gradient


def test_custom_gradient_keeps_the_value():
    np.testing.assert_array_equal(clipped(np.array([1.0, 2.0], "float32"), 3.0), [3, 6])


def test_custom_gradient_replaces_the_slope():
    step = CompiledStep(lambda x: gradients(ops.sum(clipped(x, 3.0) * 5.0), [x])[0])
    np.testing.assert_array_equal(step(np.ones(2, "float32")), [3, 3])


def test_custom_gradient_of_structures():
    @ops.custom_gradient
    def both(pair):
        def gradient(upstream):
            return [upstream["sum"], -upstream["sum"]]

        return {"sum": pair[0] + pair[1], "difference": pair[0] - pair[1]}, gradient

    def slopes(a, b):
        return gradients(ops.sum(both((a, b))["sum"]), [a, b])

    first, second = CompiledStep(slopes)(np.ones(2, "float32"), np.ones(2, "float32"))
    np.testing.assert_array_equal([first, second], [[1, 1], [-1, -1]])


def test_custom_gradient_with_too_few_cotangents_is_refused():
    @ops.custom_gradient
    def wrong(a, b):
        return a + b, lambda upstream: upstream

    x, y = placeholder((2,), "float32"), placeholder((2,), "float32")
    with pytest.raises(ValueError, match="must return 2 cotangents"):
        gradients(ops.sum(wrong(x, y)), [x, y])


def test_an_array_of_bfloat16_may_be_the_first_that_is_heard_of_it():
    code = (
        "import ml_dtypes, numpy as np, trimtab\n"
        "x = trimtab.ops.array(np.ones(2, ml_dtypes.bfloat16))\n"
        "assert x.dtype == 'bfloat16', x.dtype\n"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (run.returncode, run.stderr) == (0, "")
