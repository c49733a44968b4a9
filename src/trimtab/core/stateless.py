"""Running a function of variables on given values, its writes kept apart from the variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trimtab.core.scope import TraceScope, trace_scope
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.ops.dispatch import convert


def call_with_values(
    function: Callable[[], Any], variables: Sequence[Variable], values: Sequence[Any]
) -> tuple[Any, list[Tensor]]:
    """(result, new values) of `function` if the variables held `values`; they keep what they hold.

    Args:
        function: Reads and assigns no other variables than these.
        variables: The variables.
        values: One a variable, of its shape.
    """
    scope = TraceScope()
    for variable, value in zip(variables, values, strict=True):
        scope.write(variable, convert(value, variable.dtype))
    with trace_scope(scope):
        result = function()
    return result, [scope.read(variable) for variable in variables]
