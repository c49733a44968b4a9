"""The values of all of a model's variables as one nested dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab import checks

_FORMATS = ("backend_tensor", "numpy_array")


class StateTreeOwner:
    """What a model has by holding variables of four kinds."""

    trainable_variables: Any
    non_trainable_variables: Any
    metrics_variables: Any

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """The values of the variables, nested by the parts of their paths.

        Args:
            value_format: "backend_tensor" for tensors, "numpy_array" for arrays.

        Returns:
            {"trainable_variables", "non_trainable_variables", "optimizer_variables",
            "metrics_variables"}, each nested: `tree["trainable_variables"]["dense"]["kernel"]`.

        Raises:
            ValueError: If two variables have one path, or the format is unknown.

        Source: Keras 3 `keras.Model.get_state_tree`.
        """
        checks.choice("get_state_tree", "value_format", value_format, _FORMATS)
        return {
            kind: _nested(variables, value_format)
            for kind, variables in self._state_kinds().items()
        }

    def set_state_tree(self, state_tree: Mapping[str, Any]) -> None:
        """Sets variables to the values of what `get_state_tree` returned, or of a part of it.

        Nothing is set if a value does not fit.

        Args:
            state_tree: Kind of variables -> values, nested by the parts of the variables' paths.

        Raises:
            ValueError: If a kind or path is unknown, or a value has another shape.

        Source: Keras 3 `keras.Model.set_state_tree`, which passes over unknown paths.
        """
        kinds = self._state_kinds()
        wanted: list[tuple[Any, Any]] = []
        for kind, values in state_tree.items():
            checks.choice("set_state_tree", "state_tree", kind, kinds)
            known = {variable.path: variable for variable in kinds[kind]}
            for path, value in _flat(values):
                checks.choice("set_state_tree", kind, path, known)
                wanted.append((known[path], value))
        before = [(variable, variable.numpy().copy()) for variable, _ in wanted]
        try:
            for variable, value in wanted:
                variable.assign(value)
        except Exception:
            for variable, value in before:
                variable.assign(value)
            raise

    def _state_kinds(self) -> dict[str, Sequence[Any]]:
        optimizer = getattr(self, "optimizer", None)
        return {
            "trainable_variables": self.trainable_variables,
            "non_trainable_variables": self.non_trainable_variables,
            "optimizer_variables": [] if optimizer is None else optimizer.variables,
            "metrics_variables": self.metrics_variables,
        }


def _nested(variables: Sequence[Any], value_format: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for variable in variables:
        *groups, last = variable.path.split("/")
        place = tree
        for group in groups:
            place = place.setdefault(group, {})
        if last in place:
            raise ValueError(
                "get_state_tree: The following variable path is found twice in the model: "
                f"'{variable.path}'. Give the layers names of their own"
            )
        place[last] = variable.value if value_format == "backend_tensor" else variable.numpy()
    return tree


def _flat(tree: Any, prefix: str = "") -> list[tuple[str, Any]]:
    if not isinstance(tree, Mapping):
        return [(prefix, tree)]
    return [
        pair
        for key, value in tree.items()
        for pair in _flat(value, f"{prefix}/{key}" if prefix else key)
    ]
