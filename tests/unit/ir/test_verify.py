import numpy as np
import pytest

from trimtab.ir.graph import Graph, Node, Spec, constant, placeholder
from trimtab.ir.verify import verify
from trimtab.primitives import elementwise

X = placeholder((2,), "float32")


def test_a_legal_graph_passes():
    state = placeholder((2,), "float32")
    result = elementwise.add(X, state)
    verify(Graph((X,), (state,), (result, constant(np.zeros(3))), ((0, result),)))


def test_an_output_that_its_primitive_does_not_infer_is_found():
    wrong = Node(elementwise.tanh, (X,), {}, [Spec((3,), "float32")]).outputs[0]
    with pytest.raises(ValueError, match=r"outputs must be float32\[2\]; got tanh"):
        verify(Graph((X,), (), (wrong,), ()))


def test_a_placeholder_from_elsewhere_is_found():
    with pytest.raises(ValueError, match="a placeholder must be an input or a state"):
        verify(Graph((), (), (elementwise.tanh(X),), ()))


def test_a_placeholder_given_twice_is_found():
    with pytest.raises(ValueError, match="must be different placeholders"):
        verify(Graph((X,), (X,), (), ()))


def test_an_input_that_is_computed_is_found():
    with pytest.raises(ValueError, match="must be placeholders"):
        verify(Graph((elementwise.tanh(X),), (), (), ()))


def test_a_constant_of_another_spec_is_found():
    wrong = Node(constant(np.zeros(2)).node.primitive, (), {"array": np.zeros(3)}, [X.spec])
    with pytest.raises(ValueError, match="a constant must have its array's spec"):
        verify(Graph((), (), wrong.outputs, ()))


@pytest.mark.parametrize(
    ("updates", "rule"),
    [
        (((0, X), (0, X)), "one update at most"),
        (((1, X),), "must name one of 1 states; got 1"),
        (((0, placeholder((3,), "float32")),), r"must be float32\[2\]; got float32\[3\]"),
    ],
)
def test_an_update_that_fits_no_state_is_found(updates, rule):
    inputs = tuple({id(v): v for _, v in updates}.values())
    with pytest.raises(ValueError, match=rule):
        verify(Graph(inputs, (placeholder((2,), "float32"),), (), updates))
