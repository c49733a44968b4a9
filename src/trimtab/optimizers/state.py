"""The variables of an optimizer: its counters and slots, their making, saving and loading."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from trimtab import initializers
from trimtab.core.config import Configurable
from trimtab.core.naming import auto_name
from trimtab.core.variable import Variable


class OptimizerState(Configurable):
    """What an optimizer remembers between steps.

    Args:
        name: Name; made from the class's if None. Paths of the variables begin with it.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self.built = False
        self._variables: list[Variable] = []
        self._trainable_variables: list[Variable] = []
        self._positions: dict[int, int] = {}

    @property
    def variables(self) -> list[Variable]:
        """Iteration, learning rate, then the slots in the order of their making."""
        return list(self._variables)

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: None = None,
        name: str | None = None,
    ) -> Variable:
        """A new variable of the optimizer.

        Args:
            shape: Its shape.
            initializer: Its value at first.
            dtype: Its type; `floatx()` if None.
            aggregation: How devices' values join.
            layout: Must be None: variables are not divided over devices.
            name: Its name.

        Raises:
            ValueError: If a layout is given.
        """
        if layout is not None:
            raise ValueError(f"{type(self).__name__}: `layout` must be None; got {layout!r}")
        made = initializers.get(initializer)
        variable = Variable(
            made,
            shape=tuple(shape),
            dtype=dtype,
            trainable=False,
            aggregation=aggregation,
            name=name,
        )
        return self._track(variable)

    def _track(self, variable: Variable) -> Variable:
        variable.path = f"{self.name}/{variable.name}"
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A slot: a variable of the shape and type of a weight.

        Args:
            reference_variable: The weight.
            name: Last part of the slot's name; the first is the weight's path. "var" if None.
            initializer: The slot's value at first.
        """
        path = reference_variable.path.replace("/", "_")
        return self.add_variable(
            reference_variable.shape,
            initializer,
            dtype=reference_variable.dtype,
            name=f"{path}_{name or 'var'}",
        )

    def add_optimizer_variables(
        self, trainable_variables: Iterable[Variable], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """One or several slots for each weight; several for one weight follow each other.

        Args:
            trainable_variables: The weights.
            name: Name of the slot, or a list of names.
            initializer: The slots' value at first, or a list of one for each name.

        Returns:
            A list of one slot a weight; for a list of names a tuple of such lists. The slot is None
            where the weight takes its gradient as its new value.

        Raises:
            ValueError: If there is not one initializer a name.
        """
        names = [name] if isinstance(name, str) else list(name)
        given = isinstance(initializer, (list, tuple))
        values = list(initializer) if given else [initializer] * len(names)
        if len(names) != len(values):
            raise ValueError(
                f"{type(self).__name__}: there must be one initializer for each of the names "
                f"{names}; got {len(values)}"
            )
        slots: tuple[list[Variable | None], ...] = tuple([] for _ in names)
        for weight in trainable_variables:
            for made, slot_name, value in zip(slots, names, values, strict=True):
                made.append(
                    None
                    if weight.overwrite_with_gradient
                    else self.add_variable_from_reference(weight, slot_name, value)
                )
        return slots[0] if isinstance(name, str) else slots

    def _get_variable_index(self, variable: Variable) -> int:
        """Position of a weight among those that the optimizer was built for."""
        return self._positions[id(variable)]

    def _remember(self, variables: Sequence[Variable]) -> None:
        self._trainable_variables = list(variables)
        self._positions = {id(v): i for i, v in enumerate(self._trainable_variables)}

    def _require_known(self, variables: Iterable[Variable]) -> None:
        for variable in variables:
            if id(variable) not in self._positions:
                raise ValueError(
                    f"{type(self).__name__}: unknown variable {variable.path}: the optimizer was "
                    "built for other variables; make a new one, or call compile() again after "
                    "changing `trainable`"
                )

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """Copies of the variables' values, in their order."""
        return [np.array(variable.numpy()) for variable in self.variables]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets the variables.

        Args:
            weights: Values in the order of `variables`.

        Raises:
            ValueError: If the optimizer is not built, or number or shapes do not match.
        """
        variables = self.variables
        if not self.built:
            raise ValueError(
                f"{type(self).__name__}: must be built before set_weights(); call "
                "`optimizer.build(trainable_variables)`"
            )
        if len(weights) != len(variables):
            raise ValueError(
                f"{type(self).__name__}: has {len(variables)} variables; got {len(weights)} weights"
            )
        for variable, weight in zip(variables, weights, strict=True):
            if variable.shape != tuple(np.shape(weight)):
                raise ValueError(
                    f"{type(self).__name__}: variable {variable.path} has shape {variable.shape}; "
                    f"got a weight of shape {tuple(np.shape(weight))}"
                )
            variable.assign(weight)

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Writes the variables into `store` under "0", "1" and so on."""
        for index, variable in enumerate(self.variables):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Reads the variables from `store`; warns and reads nothing if their number differs."""
        variables = self.variables
        if self.built and len(store.keys()) + 1 == len(variables):
            # tf.keras 2.11 to 2.15 did not count the learning rate.
            variables = [variables[0], *variables[2:]]
        if len(store.keys()) != len(variables):
            warnings.warn(
                f"{type(self).__name__}: the state is not loaded, as the file has "
                f"{len(store.keys())} variables and the optimizer {len(variables)}"
                + ("" if self.built else "; it is not built yet"),
                stacklevel=2,
            )
            return
        for index, variable in enumerate(variables):
            variable.assign(store[str(index)])
