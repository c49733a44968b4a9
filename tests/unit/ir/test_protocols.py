"""NumPy's functions on tensors."""

import numpy as np
import pytest

from trimtab import ops
from trimtab.core.tracing import CompiledStep
from trimtab.ir.tensor import KerasTensor, Tensor

X = np.array([[1.0, -4.0], [9.0, 16.0]], "float32")


def traced(function, *arrays):
    return CompiledStep(function)(*arrays)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sqrt(np.abs(x)),
        lambda x: np.maximum(x, 0.0) / np.sum(x, axis=0, keepdims=True),
        lambda x: np.concatenate([x, np.ones((2, 1), "float32")], axis=1),
        lambda x: np.where(x > 0, x, -x) + np.arange(2, dtype="float32"),
        lambda x: (
            np.clip(x, -1, 10).mean() if isinstance(x, np.ndarray) else np.mean(ops.clip(x, -1, 10))
        ),
    ],
)
def test_functions_of_numpy_are_traced(function):
    np.testing.assert_allclose(traced(function, X), function(X), rtol=1e-6)


def test_an_operator_between_array_and_tensor_gives_a_tensor():
    assert isinstance(X + ops.ones(2), Tensor)
    assert isinstance(np.add(X, ops.ones(2)), Tensor)


def test_a_function_of_a_tensor_with_numbers_gives_an_array():
    found = np.exp(ops.zeros(2))
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, [1, 1])


def test_an_array_can_be_added_to_in_place():
    x = X.copy()
    x += ops.ones(2)
    np.testing.assert_array_equal(x, X + 1)


def test_what_there_is_not_asks_for_numbers():
    with pytest.raises(TypeError, match="needs its numbers"):
        traced(lambda x: np.fft.fft(x), X)


def test_a_future_output_is_refused():
    with pytest.raises(ValueError, match="use trimtab.ops or a layer"):
        np.fft.fft(KerasTensor((None, 2)))
