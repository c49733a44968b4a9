"""Operations of a functional model: what makes one KerasTensor of others, and where it did."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from trimtab.core import naming, tree
from trimtab.core.config import Configurable, keras_export
from trimtab.core.symbolic import infer_output_spec, is_symbolic_call
from trimtab.ir.tensor import KerasTensor


class KerasHistory(NamedTuple):
    """Where a KerasTensor comes from: output `tensor_index` of use `node_index` of `operation`."""

    operation: Any
    node_index: int
    tensor_index: int


def origin(x: KerasTensor) -> Any:
    """What tells a KerasTensor from others: where it comes from, else itself.

    A layer of mixed precision sees a copy of another type; it comes from the same place.
    """
    return id(x) if x._keras_history is None else x._keras_history


class Node:
    """One use of an operation on KerasTensors.

    Attributes:
        operation: What was used.
        args: Its positional arguments, as given.
        kwargs: Its keyword arguments, as given.
        outputs: The KerasTensors that it gave, flat.
        input_tensors: The KerasTensors among its arguments, flat.
    """

    __slots__ = ("_only_input", "args", "input_tensors", "kwargs", "operation", "outputs")

    def __init__(
        self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any
    ) -> None:
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.outputs: list[KerasTensor] = [
            x for x in tree.flatten(outputs) if isinstance(x, KerasTensor)
        ]
        leaves = tree.flatten([list(args), list(kwargs.values())])
        self.input_tensors: list[KerasTensor] = [x for x in leaves if isinstance(x, KerasTensor)]
        is_plain = (
            len(args) == 1 and isinstance(args[0], KerasTensor) and len(self.input_tensors) == 1
        )
        self._only_input = origin(args[0]) if is_plain else None
        index = len(operation._inbound_nodes)
        operation._inbound_nodes.append(self)
        for position, tensor in enumerate(self.outputs):
            tensor._keras_history = KerasHistory(operation, index, position)

    @property
    def is_input(self) -> bool:
        """Whether the node begins a model."""
        return not self.input_tensors

    @property
    def parents(self) -> list[Node]:
        """The nodes that gave the input tensors."""
        histories = [x._keras_history for x in self.input_tensors if x._keras_history is not None]
        return [history.operation._inbound_nodes[history.node_index] for history in histories]

    def fill(self, tensors: dict[Any, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with each KerasTensor replaced by what `tensors` holds for its origin."""
        if self._only_input is not None:
            return (tensors[self._only_input],), dict(self.kwargs)

        def value(x: Any) -> Any:
            return tensors[origin(x)] if isinstance(x, KerasTensor) else x

        return tree.map_structure(value, self.args), tree.map_structure(value, self.kwargs)


@keras_export("keras.Operation")
class Operation(Configurable):
    """A part of a functional model: every layer, and every op used on KerasTensors.

    Args:
        name: Text without "/"; made from the class's name if None.

    Raises:
        ValueError: If the name is no such text.

    Source: Keras 3 `keras.Operation`.
    """

    _inbound_nodes: list[Node]
    name: str

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = naming.auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                f"{type(self).__name__}: `name` must be text without '/'; got {name!r}"
            )
        self.name = name
        self._inbound_nodes = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs on tensors; on KerasTensors records a use and returns KerasTensors."""
        if is_symbolic_call(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What the operation computes.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(f"{type(self).__name__}: must override `call`")

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Records a use on KerasTensors and returns the KerasTensors that it gives."""
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """KerasTensors for what `call` gives on such arguments."""
        return infer_output_spec(self.call, args, kwargs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with the name in use if it is one of them.

        Raises:
            NotImplementedError: If they cannot be written down: an argument that is no plain value
                and has no `get_config`, or arguments without a name.
        """
        kinds = {p.kind for p in self._signature().parameters.values()}
        cls = type(self).__name__
        if inspect.Parameter.VAR_POSITIONAL in kinds:
            raise NotImplementedError(
                f"{cls}: must override `get_config`, since its constructor takes arguments "
                "without names"
            )
        try:
            config = super().get_config()
        except TypeError as error:
            raise NotImplementedError(f"{cls}: must override `get_config`; {error}") from error
        takes_name = (
            "name" in self._signature().parameters or inspect.Parameter.VAR_KEYWORD in kinds
        )
        rest = {key: value for key, value in config.items() if key != "name"}
        return {"name": self.name, **rest} if takes_name else rest

    @property
    def input(self) -> Any:
        """The KerasTensor (or a list) that the operation was first used on.

        Raises:
            AttributeError: If it was not used on KerasTensors yet.
        """
        return self._of_first_use("input", lambda node: node.input_tensors)

    @property
    def output(self) -> Any:
        """The KerasTensor (or a list) that the first use gave.

        Raises:
            AttributeError: If it was not used on KerasTensors yet.
        """
        return self._of_first_use("output", lambda node: node.outputs)

    def _of_first_use(self, what: str, choose: Callable[[Node], list[KerasTensor]]) -> Any:
        if not self._inbound_nodes:
            raise AttributeError(
                f"{self.name}: has no {what} yet; it was never called on the KerasTensors of a "
                "functional model"
            )
        tensors = choose(self._inbound_nodes[0])
        return tensors[0] if len(tensors) == 1 else tensors

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
