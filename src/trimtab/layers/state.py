"""The state of a layer: its variables by role, their values, what trains and what is frozen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from trimtab import constraints, dtypes, initializers, regularizers
from trimtab.core import naming
from trimtab.core.host import is_user_class
from trimtab.core.scope import autocast_scope, trace_scope
from trimtab.core.variable import VALUES, Variable
from trimtab.layers.tracking import Tracker
from trimtab.metrics.base import Metric


def _distinct(variables: Iterable[Variable]) -> list[Variable]:
    return list({id(v): v for v in variables}.values())


class StateOwner:
    """What layers have by owning variables and other layers.

    Attributes:
        name: Its name, the last part of its variables' paths before theirs.
    """

    name: str
    variable_dtype: str
    built: bool
    _tracker: Tracker
    _trainable: bool = True

    # -----------------------------------------------------------

    @property
    def _trainable_variables(self) -> list[Variable]:
        return self._tracker.trainable_variables

    @property
    def _non_trainable_variables(self) -> list[Variable]:
        return self._tracker.non_trainable_variables

    @property
    def _layers(self) -> list[Any]:
        return self._tracker.layers

    @property
    def _metrics(self) -> list[Metric]:
        return self._tracker.metrics

    @property
    def _seed_generators(self) -> list[Any]:
        return self._tracker.seed_generators

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        """This layer if `include_self`, then sublayers, each once, before theirs if `recursive`."""
        found = {id(layer): layer for layer in self._walk(recursive)}
        found.pop(id(self), None)
        return [self, *found.values()] if include_self else list(found.values())

    def _walk(self, recursive: bool) -> Iterator[Any]:
        for layer in self._layers:
            yield layer
            if recursive:
                yield from layer._walk(True)

    # -----------------------------------------------------------------------------

    def add_weight(
        self,
        shape: Sequence[int] | None = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str | None = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """A new variable of this layer.

        Args:
            shape: Its shape, `()` if None.
            initializer: Its first value: an initializer or its name; for None "glorot_uniform" if
                the type is floating, else "zeros".
            dtype: Its type; the variable type of the layer's policy if None.
            trainable: Whether optimizers update it.
            autocast: Whether it is read in the layer's compute type.
            regularizer: Adds a loss while the variable is trainable.
            constraint: Applied to the value after each update.
            aggregation: How replicas would join their values.
            overwrite_with_gradient: Whether an optimizer sets it to its gradient.
            name: Its name, the last part of its path.

        Raises:
            ValueError: If the shape is not fully known or the layer is built already.
        """
        if isinstance(shape, str):
            raise ValueError(
                f"{self.name}: add_weight() takes the shape first, and `name` as a keyword "
                f"argument; got shape={shape!r}"
            )
        kind = self.variable_dtype if dtype is None else dtypes.standardize(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtypes.is_float(kind) else "zeros"
        first = initializers.get(initializer)
        # Drawing numbers that a file replaces would take longer than reading them.
        is_drawn = not VALUES.are_expected or is_user_class(type(self))
        # Values of variables are numbers even if the layer is built inside a trace.
        with naming.name_scope(self.name, self), trace_scope(None), autocast_scope(None):
            variable = Variable(
                first if is_drawn else initializers.get("zeros"),
                shape=() if shape is None else tuple(shape),
                dtype=kind,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.initializer = first
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._tracker.track(variable)
        return variable

    def _untrack_variable(self, variable: Variable) -> None:
        # Layers of users drop a variable with this, as they do in Keras.
        self._tracker.untrack(variable)

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new variable of this layer; see `add_weight`."""
        return self.add_weight(
            shape=shape,
            initializer=initializer,
            dtype=dtype,
            trainable=trainable,
            autocast=autocast,
            regularizer=regularizer,
            constraint=constraint,
            name=name,
        )

    # ----------------------------------------------------------------------------

    @property
    def trainable(self) -> bool:
        """Whether the variables train; setting it sets all sublayers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self._trainable_variables:
            variable.trainable = self._trainable
        for layer in self._layers:
            layer.trainable = self._trainable

    @property
    def variables(self) -> list[Variable]:
        """All state, sublayers' included: weights and seed generators' states; metrics' not."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        seeds = [generator.state for generator in self._seed_generators]
        return _distinct([*own, *seeds, *(v for layer in self._layers for v in layer.variables)])

    @property
    def weights(self) -> list[Variable]:
        """Variables but for seed generators' states; their order does not depend on `trainable`."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        return _distinct([*own, *(v for layer in self._layers for v in layer.weights)])

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that optimizers update; none if the layer is frozen."""
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that optimizers leave alone; all if the layer is frozen."""
        return [v for v in self.variables if not v.trainable] if self.trainable else self.variables

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that optimizers update; none if the layer is frozen."""
        return [v for v in self.weights if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that optimizers leave alone; all if the layer is frozen."""
        return [v for v in self.weights if not v.trainable] if self.trainable else self.weights

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of this layer and its sublayers."""
        return [*self._metrics, *(m for layer in self._layers for m in layer.metrics)]

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of the metrics."""
        return [v for metric in self.metrics for v in metric.variables]

    # ---------------------------------------------------------------------------------------

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """The values of `weights`, as arrays of their own."""
        return [np.array(v.numpy()) for v in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets the values of `weights`; none is set if one does not fit.

        Raises:
            ValueError: If the number of values or a shape differs.
        """
        variables = self.weights
        if len(variables) != len(weights):
            raise ValueError(
                f"{self.name}: `weights` must hold {len(variables)} arrays, one a weight; got "
                f"{len(weights)}"
            )
        arrays = [np.asarray(value) for value in weights]
        for variable, array in zip(variables, arrays, strict=True):
            if array.shape != variable.shape:
                raise ValueError(
                    f"{self.name}: the weight {variable.path} has shape {variable.shape}; got an "
                    f"array of shape {array.shape}"
                )
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)

    def count_params(self) -> int:
        """Number of elements of the weights.

        Raises:
            ValueError: If the layer is not built.
        """
        if not self.built:
            raise ValueError(
                f"{self.name}: is not built, so its weights are not known; call build(input_shape)"
            )
        return sum(v.size for v in self.weights)

    def save_own_variables(self, store: Any) -> None:
        """Writes this layer's own variables into `store` under "0", "1", ..."""
        for index, variable in enumerate(
            [*self._trainable_variables, *self._non_trainable_variables]
        ):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Takes this layer's own variables from `store`, as `save_own_variables` wrote them.

        Raises:
            ValueError: If their number differs.
        """
        variables = [*self._trainable_variables, *self._non_trainable_variables]
        if len(store.keys()) != len(variables):
            hint = "" if self.built else "; the layer is not built: build it before loading"
            raise ValueError(
                f"{self.name}: has {len(variables)} variables {[v.name for v in variables]}; the "
                f"file holds {len(store.keys())}{hint}"
            )
        for index, variable in enumerate(variables):
            variable.assign(store[str(index)])
