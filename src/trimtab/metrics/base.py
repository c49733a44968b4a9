"""Base of the metrics: named variables that updates accumulate into."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from trimtab import initializers, ops
from trimtab.core import dtype_policy, settings, tree
from trimtab.core.config import Configurable, keras_export
from trimtab.core.naming import auto_name
from trimtab.core.stateless import call_with_values
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor


@keras_export("keras.metrics.Metric")
class Metric(Configurable):
    """Base of the metrics: state that `update_state` changes and `result` reads.

    A subclass makes its variables with `add_variable` and overrides `update_state` and `result`.
    These run inside a traced step: they may use `trimtab.ops` and `Variable.assign`, and no Python
    control flow that depends on values. A metric assigned to an attribute, alone or in a list or
    dictionary, lends its variables to this one; a variable becomes one of its own.

    Args:
        dtype: Type of the result, or a dtype policy; `floatx()` if None.
        name: Name; made from the class's if None.

    Source: Keras 3 `keras.metrics.Metric`.
    """

    # Which way is better, "up" or "down"; None if the metric does not say. Callbacks read it.
    _direction: str | None = None

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self._variables: list[Variable] = []
        self._metrics: list[Metric] = []
        # Attributes that are lists and dictionaries: what they hold may come later.
        self._containers: dict[str, Any] = {}
        self.name = name or auto_name(type(self).__name__)
        self._dtype = dtype_policy.get(dtype or settings.floatx()).compute_dtype

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Metric):
            self._metrics.append(value)
        elif isinstance(value, Variable):
            if all(value is not variable for variable in self._variables):
                self._variables.append(value)
        elif isinstance(value, (list, tuple, dict)) and "_containers" in self.__dict__:
            self._containers[name] = value
        super().__setattr__(name, value)

    @property
    def dtype(self) -> str:
        """The type of the result."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """The state: own variables in the order of their making, then those of inner metrics."""
        held = [x for container in self._containers.values() for x in tree.flatten(container)]
        own = self._variables + [x for x in held if isinstance(x, Variable)]
        inner = self._metrics + [x for x in held if isinstance(x, Metric)]
        found = own + [v for metric in inner for v in metric.variables]
        return list({id(v): v for v in found}.values())

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """A new state variable.

        Args:
            shape: Its shape.
            initializer: Its value at first; `reset_state` sets 0, whatever this is.
            dtype: Its type; `floatx()` if None.
            aggregation: How devices' values join.
            name: Its name.

        Raises:
            RuntimeError: If the subclass did not call `super().__init__()` first.
        """
        if not hasattr(self, "_variables"):
            raise RuntimeError(
                f"{type(self).__name__}: `super().__init__()` must be called before `add_variable`"
            )
        variable = Variable(
            initializers.get("zeros" if initializer is None else initializer),
            shape=tuple(shape),
            dtype=dtype,
            trainable=False,
            aggregation=aggregation,
            synchronization="on_read",
            name=name,
        )
        variable.path = f"{self.name}/{variable.name}"
        self._variables.append(variable)
        return variable

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: Any = None,
        dtype: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new state variable; see `add_variable`."""
        return self.add_variable(shape, initializer, dtype=dtype, name=name)

    def reset_state(self) -> None:
        """Sets every variable to 0."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Accumulates a batch.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(f"{type(self).__name__}: a metric must override `update_state`")

    def result(self) -> Any:
        """The metric of all batches since the last reset.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(f"{type(self).__name__}: a metric must override `result`")

    def stateless_update_state(
        self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any
    ) -> list[Tensor]:
        """The values that `update_state` would leave; the metric's own state stays as it is.

        Args:
            metric_variables: Values to start from, one a variable.
            *args: Arguments of `update_state`.
            **kwargs: Arguments of `update_state`.

        Raises:
            ValueError: If there are too few or too many values.
        """
        self._require_one_each(metric_variables)
        update = functools.partial(self.update_state, *args, **kwargs)
        return call_with_values(update, self.variables, metric_variables)[1]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The result that the values `metric_variables` would give.

        Raises:
            ValueError: If there are too few or too many values.
        """
        self._require_one_each(metric_variables)
        return call_with_values(self.result, self.variables, metric_variables)[0]

    def stateless_reset_state(self) -> list[Tensor]:
        """The values that `reset_state` would leave."""
        variables = self.variables
        return call_with_values(self.reset_state, variables, variables)[1]

    def _require_one_each(self, values: Sequence[Any]) -> None:
        if len(values) != len(self.variables):
            raise ValueError(
                f"{type(self).__name__}: `metric_variables` must hold one value for each of the "
                f"{len(self.variables)} variables; got {len(values)}"
            )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with the name and type in use."""
        config = super().get_config()
        used = {"name": self.name, "dtype": self.dtype}
        return config | {key: value for key, value in used.items() if key in config}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Accumulates a batch and returns the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
