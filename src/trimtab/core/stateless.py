"""Running a function of variables on given values, its writes kept apart from the variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from trimtab.core.config import keras_export
from trimtab.core.scope import THREAD, TraceScope
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor
from trimtab.ops.dispatch import convert


class _Values(TraceScope):
    """Values that stand in for variables; a variable without one answers as it does outside."""

    def __init__(self) -> None:
        super().__init__()
        self.outer: TraceScope | None = None
        self._values: dict[int, tuple[Variable, Tensor]] = {}

    def read(self, variable: Variable) -> Tensor:
        """The value of a variable."""
        found = self._values.get(id(variable))
        if found is not None:
            return found[1]
        THREAD.trace = self.outer
        try:
            return variable.value
        finally:
            THREAD.trace = self

    def write(self, variable: Variable, value: Tensor) -> None:
        """Sets the value of a variable."""
        self._values[id(variable)] = variable, value

    def kept(self) -> Any:
        """What has been written so far, for `restore`."""
        return dict(self._values)

    def restore(self, kept: Any) -> None:
        """Takes back what was written since `kept` returned its value."""
        self._values = kept


@keras_export("keras.StatelessScope")
class StatelessScope:
    """While the block runs, variables have the values given, and keep their own for afterwards.

    Args:
        state_mapping: Pairs of a variable and its value.
        collect_losses: Must be False: `Layer.stateless_call` collects losses.
        initialize_variables: Must be True: variables have their first value when they are made.

    Raises:
        ValueError: If an argument is not as it must be, or a value has another shape.

    Source: Keras 3 `keras.StatelessScope`.
    """

    def __init__(
        self,
        state_mapping: Iterable[tuple[Variable, Any]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        if collect_losses or not initialize_variables:
            raise ValueError(
                "StatelessScope: `collect_losses` must be False and `initialize_variables` True; "
                "use Layer.stateless_call(..., return_losses=True)"
            )
        self._scope = _Values()
        for variable, value in state_mapping or ():
            if not isinstance(variable, Variable):
                raise ValueError(
                    "StatelessScope: the first of each pair of `state_mapping` must be a Variable; "
                    f"got {variable!r}"
                )
            tensor = convert(value, variable.dtype)
            if tensor.shape != variable.shape:
                raise ValueError(
                    f"StatelessScope: the value of {variable.path} must have shape "
                    f"{variable.shape}; got {tensor.shape}"
                )
            self._scope.write(variable, tensor)

    def __enter__(self) -> StatelessScope:
        self._scope.outer, THREAD.trace = THREAD.trace, self._scope
        return self

    def __exit__(self, *_: object) -> None:
        THREAD.trace = self._scope.outer

    def get_current_value(self, variable: Variable) -> Tensor | None:
        """The value that a variable has in the scope; None if it was not given or assigned."""
        found = self._scope._values.get(id(variable))
        return None if found is None else found[1]


def call_with_values(
    function: Callable[[], Any], variables: Sequence[Variable], values: Sequence[Any]
) -> tuple[Any, list[Tensor]]:
    """(result, new values) of `function` if the variables held `values`; they keep what they hold.

    Args:
        function: What it assigns to other variables is thrown away.
        variables: The variables.
        values: One a variable, of its shape.
    """
    scope = StatelessScope(zip(variables, values, strict=True))
    with scope:
        result = function()
    return result, [convert(scope.get_current_value(variable)) for variable in variables]
