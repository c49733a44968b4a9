"""Different optimizers for different weights of one model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trimtab import ops
from trimtab.core.config import deserialize_keras_object, keras_export, serialize_keras_object
from trimtab.core.path_map import PathMap
from trimtab.core.variable import Variable
from trimtab.optimizers.base import Optimizer
from trimtab.optimizers.loss_scale import LossScaleOptimizer


@keras_export("keras.optimizers.OptimizerMap")
class OptimizerMap(PathMap[Any]):
    """Optimizers by the paths of weights, for `MultiOptimizer`.

    A key is a path, or a regular expression that a whole path has to match; a path that is a key
    itself comes before all expressions. Every other path has the default optimizer.

    Args:
        default_optimizer: The optimizer of the paths that no key matches.
        optimizer_map: Dictionary from keys to optimizers; empty if None.

    Raises:
        TypeError: If an argument is of another type.
        ValueError: If an entry is no optimizer that another may hold.

    Example:
        >>> from trimtab import optimizers
        >>> chosen = optimizers.OptimizerMap(optimizers.SGD(), {"encoder/.*": optimizers.Adam()})
        >>> type(chosen["encoder/dense/kernel"]).__name__
        'Adam'
        >>> type(chosen["head/kernel"]).__name__
        'SGD'

    Source: Keras 3 `keras.optimizers.OptimizerMap`.
    """

    def __init__(
        self, default_optimizer: Any, optimizer_map: Mapping[str, Any] | None = None
    ) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                "OptimizerMap: `default_optimizer` must be an Optimizer; got "
                f"{default_optimizer!r}. Give an object such as SGD(), not a name."
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(
                f"OptimizerMap: `optimizer_map` must be a dictionary or None; got {optimizer_map!r}"
            )
        super().__init__(default_optimizer)
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    @property
    def default_optimizer(self) -> Any:
        """The optimizer of the paths that no key matches."""
        return self._default

    def __setitem__(self, key: str, optimizer: Any) -> None:
        """Adds an entry; ValueError if the key has one already or the optimizer cannot be held."""
        if not isinstance(key, str):
            raise ValueError(f"OptimizerMap: a key must be a string; got {key!r}")
        if key in self._entries:
            raise ValueError(
                f"OptimizerMap: '{key}' has the optimizer {self._entries[key].name} already; "
                "delete it first"
            )
        _require_single(optimizer, "OptimizerMap", f"the optimizer of '{key}'")
        self._entries[key] = optimizer

    def __call__(self, variable: Variable) -> Any:
        """The optimizer of a weight, by its path."""
        return self[variable.path]

    def get_config(self) -> dict[str, Any]:
        """The arguments, each optimizer as its configuration."""
        return {
            "default_optimizer": serialize_keras_object(self._default),
            "optimizer_map": serialize_keras_object(self._entries),
        }

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> OptimizerMap:
        """The map that `get_config` described, of new optimizers without state."""
        entries = config["optimizer_map"] or {}
        return cls(
            deserialize_keras_object(config["default_optimizer"], custom_objects),
            {key: deserialize_keras_object(entries[key], custom_objects) for key in entries},
        )


@keras_export("keras.optimizers.MultiOptimizer")
class MultiOptimizer(Optimizer):
    """Gives each weight to one of several optimizers.

    It has no learning rate of its own: each of `optimizers` has one, with its schedule, weight
    decay, clipping and accumulation. A norm over all gradients is that of its own weights.

    Args:
        optimizer_map: An `OptimizerMap`, or a function from a weight to its optimizer, the same
            object for all weights that share one.
        loss_scale_factor: Factor of the loss, in place of those of the optimizers.
        name: Name; made from the class's if None.

    Raises:
        ValueError: On building, if a weight's optimizer is none, or one that holds others.

    Source: Keras 3 `keras.optimizers.MultiOptimizer`.
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Variable], Any],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        self._inner_optimizers: list[Any] = []
        self._scale_factor = loss_scale_factor
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        self._owner: dict[int, Any] = {}
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (*optimizer_map.values(), optimizer_map.default_optimizer):
                self._hold(optimizer)

    def _hold(self, optimizer: Any) -> None:
        if not any(optimizer is held for held in self._inner_optimizers):
            optimizer.loss_scale_factor = self.loss_scale_factor
            self._inner_optimizers.append(optimizer)

    @property
    def optimizers(self) -> list[Any]:
        """The optimizers at work."""
        return self._inner_optimizers

    def build(self, variables: Sequence[Variable]) -> None:
        """Chooses the optimizer of each weight, and builds them for theirs."""
        if self.built:
            return
        chosen = [self._optimizer_map(variable) for variable in variables]
        for variable, optimizer in zip(variables, chosen, strict=True):
            _require_single(optimizer, self.name, f"the optimizer of '{variable.path}'")
        for optimizer in chosen:
            self._hold(optimizer)
        self._owner = {id(v): optimizer for v, optimizer in zip(variables, chosen, strict=True)}
        for optimizer, group in self._grouped(variables):
            optimizer.build(group)
        super().build(variables)

    def _grouped(self, variables: Sequence[Variable]) -> list[tuple[Any, list[Variable]]]:
        """Each optimizer that has weights among `variables`, with these."""
        groups = [
            (optimizer, [v for v in variables if self._owner[id(v)] is optimizer])
            for optimizer in self._inner_optimizers
        ]
        return [(optimizer, group) for optimizer, group in groups if group]

    @property
    def variables(self) -> list[Variable]:
        """The own variables, then those of the optimizers in turn."""
        return [*self._variables, *(v for held in self._inner_optimizers for v in held.variables)]

    @property
    def iterations(self) -> Any:
        """Number of steps; the optimizers count their updates."""
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """There is none: AttributeError, as each of `optimizers` has its own."""
        raise AttributeError(self._no_rate())

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        raise AttributeError(f"{self._no_rate()}; got {learning_rate!r}")

    def _no_rate(self) -> str:
        return (
            f"{self.name}: a MultiOptimizer has no learning rate; read or set that of each of its "
            "`optimizers`"
        )

    @property
    def loss_scale_factor(self) -> float | None:
        """Factor of the loss, and of all optimizers."""
        return self._scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, factor: float | None) -> None:
        self._scale_factor = factor
        for optimizer in self._inner_optimizers:
            optimizer.loss_scale_factor = factor

    def is_update_due(self) -> Any:
        """Whether the next step updates any weight."""
        due = [held.is_update_due() for held in self._inner_optimizers if held.built]
        return ops.any(ops.stack(due)) if due else ops.convert_to_tensor(True)

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None
    ) -> None:
        """One step of each optimizer with its weights' gradients.

        Args:
            grads: One gradient a weight; a weight with None stays as it is.
            trainable_variables: The weights; those that the optimizer was built for if None.

        Raises:
            ValueError: If gradients and weights do not match, or an optimizer gets none at all.
        """
        if len(grads) == 0:
            return
        variables = self._variables_for(grads, trainable_variables)
        gradient_of = {id(v): g for v, g in zip(variables, grads, strict=True)}
        for optimizer, group in self._grouped(variables):
            optimizer.apply([gradient_of[id(v)] for v in group], group)
        self._iterations.assign_add(1)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Gives the weights their moving averages, where their optimizer keeps them."""
        for optimizer, group in self._grouped(var_list):
            optimizer.finalize_variable_values(group)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, the map as its configuration."""
        return {
            "optimizer_map": serialize_keras_object(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """The optimizer that `get_config` described, without its state."""
        given = dict(config)
        optimizer_map = deserialize_keras_object(given.pop("optimizer_map"), custom_objects)
        return cls(optimizer_map, **given)


def _require_single(optimizer: Any, owner: str, what: str) -> None:
    """Raises ValueError for what is no optimizer, or one that holds others."""
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"{owner}: {what} must be an Optimizer; got {optimizer!r}")
    if isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise ValueError(
            f"{owner}: {what} cannot be a {type(optimizer).__name__}, which holds others; put it "
            "around the MultiOptimizer, or its optimizers into the map"
        )
