"""Functions of variables, run on given values."""

import numpy as np

from trimtab.core.stateless import call_with_values
from trimtab.core.tracing import trace
from trimtab.core.variable import Variable
from trimtab.ir.graph import Spec


def test_writes_are_returned_and_kept_from_the_variable():
    variable = Variable(np.float32(1.0), name="v")

    def grow():
        variable.assign_add(2.0)
        return variable * 10.0

    result, (new,) = call_with_values(grow, [variable], [5.0])
    assert (float(result), float(new), float(variable)) == (70.0, 7.0, 1.0)


def test_unwritten_variable_keeps_the_given_value():
    variable = Variable(np.float32(1.0), name="v")
    _, (new,) = call_with_values(lambda: None, [variable], [5.0])
    assert float(new) == 5.0


def test_inside_a_trace_nothing_is_written():
    variable = Variable(np.float32(1.0), name="v")

    def function(x):
        return call_with_values(lambda: variable.assign(variable + x), [variable], [x])[1][0]

    traced = trace(function, [Spec((), "float32")])
    assert traced.graph.updates == ()
    assert traced.graph.outputs[0].shape == ()
