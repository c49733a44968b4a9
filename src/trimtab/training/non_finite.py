"""Where a training's first value that is not finite arose: the last batches, gone through again."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from trimtab.core import tree
from trimtab.core.scope import RecordingScope, autocast_scope, trace_scope
from trimtab.core.variable import Variable
from trimtab.data import Form
from trimtab.ir.graph import recorded
from trimtab.ir.tensor import Array
from trimtab.training.step import batch_method

# The value may be there before the step whose loss shows it: its update came a batch earlier.
_KEPT_BATCHES = 2


class Found(NamedTuple):
    """Where the value arose.

    Attributes:
        layer: Name of the layer, empty if none made it.
        tensor: What it is part of, in words.
        batch: Number of the batch in its epoch, from 0.
    """

    layer: str
    tensor: str
    batch: int

    def __str__(self) -> str:
        where = f" of layer '{self.layer}'" if self.layer else ""
        return f"{self.tensor}{where}, in batch {self.batch}"


class _Kept(NamedTuple):
    batch: int
    form: Form
    arrays: list[np.ndarray[Any, Any]]
    values: dict[int, np.ndarray[Any, Any]]


class _Replay(RecordingScope):
    """A recorded trace whose variables start with values of an earlier time."""

    def __init__(self, values: dict[int, np.ndarray[Any, Any]]) -> None:
        super().__init__()
        self._values = values

    def position(self, variable: Variable) -> int:
        """Index of `variable` in the trace; it is added with its kept value if new."""
        known = id(variable) in self._position
        index = super().position(variable)
        if not known and id(variable) in self._values:
            self.initial[index] = recorded(self._values[id(variable)].copy())
        return index


class BatchKeeper:
    """Keeps what the last batches of a training began with, so that they can be gone through again.

    Args:
        model: The model that is trained.
        feed: Its batches.
    """

    def __init__(self, model: Any, feed: Any) -> None:
        self._model = model
        self._feed = feed
        self._kept: deque[_Kept] = deque(maxlen=_KEPT_BATCHES)

    def keep(self, batch: int) -> None:
        """Keeps the batch that comes next, and the values of all variables."""
        model = self._model
        optimizer = [] if model.optimizer is None else model.optimizer.variables
        metrics = [v for metric in model.metrics for v in metric.variables]
        values = {id(v): v.numpy().copy() for v in [*model.variables, *optimizer, *metrics]}
        form, arrays = self._feed.upcoming()
        self._kept.append(_Kept(batch, form, arrays, values))

    def find(self) -> Found | None:
        """Where in the batches kept a value first was not finite; None if nowhere."""
        for kept in self._kept:
            found = _search(self._model, kept)
            if found is not None:
                return Found(*found, kept.batch)
        return None


def _search(model: Any, kept: _Kept) -> tuple[str, str] | None:
    owners = {
        id(v): layer
        for layer in model._flatten_layers()
        for v in (*layer._trainable_variables, *layer._non_trainable_variables)
    }
    for variable in model.variables:
        value = kept.values.get(id(variable))
        if value is not None and not _is_finite(value):
            return _owner(owners, variable), f"weight '{variable.name}', before the step"
    if not all(map(_is_finite, kept.arrays)):
        return "", "the data"
    return _replay(model, kept, owners)


def _replay(model: Any, kept: _Kept, owners: dict[int, Any]) -> tuple[str, str] | None:
    seen: list[tuple[str, str]] = []
    scope = _Replay(kept.values)
    batch = kept.form.pack([Array(array) for array in kept.arrays])
    optimizer = model.optimizer
    layers = [layer for layer in model._flatten_layers() if layer is not model]
    try:
        for layer in layers:
            layer.__dict__["call"] = _watched(layer.call, layer.name, "output", seen)
        model.__dict__["compute_loss"] = _watched(model.compute_loss, "", "the loss", seen)
        model.optimizer = _WatchedOptimizer(optimizer, owners, seen)
        with trace_scope(scope), autocast_scope(None):
            batch_method(model, "train")(batch)
    finally:
        model.optimizer = optimizer
        for layer in (*layers, model):
            layer.__dict__.pop("call" if layer is not model else "compute_loss", None)
    if not seen:
        for index, value in scope.updated.items():
            variable = scope.variables[index]
            if id(variable) in owners and not _is_finite(np.asarray(value)):
                return _owner(owners, variable), f"weight '{variable.name}', by the step's update"
    return seen[0] if seen else None


def _owner(owners: dict[int, Any], variable: Variable) -> str:
    return str(getattr(owners.get(id(variable)), "name", ""))


def _is_finite(array: np.ndarray[Any, Any]) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _all_finite(values: Any) -> bool:
    leaves = [leaf for leaf in tree.flatten(values) if leaf is not None]
    return all(_is_finite(np.asarray(leaf)) for leaf in leaves)


def _watched(
    function: Callable[..., Any], layer: str, tensor: str, seen: list[tuple[str, str]]
) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if not _all_finite(result):
            seen.append((layer, tensor))
        return result

    return call


class _WatchedOptimizer:
    """An optimizer whose gradients are looked at before it gets them."""

    def __init__(self, optimizer: Any, owners: dict[int, Any], seen: list[tuple[str, str]]) -> None:
        self._optimizer = optimizer
        self._owners = owners
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._optimizer, name)

    def apply(self, grads: Iterable[Any], trainable_variables: Any = None) -> None:
        """Looks at the gradients from the last layer on, as they are computed; then hands on."""
        grads = list(grads)
        variables = trainable_variables or self._optimizer._trainable_variables
        for gradient, variable in reversed(list(zip(grads, variables, strict=False))):
            if gradient is not None and not _is_finite(np.asarray(gradient)):
                layer = _owner(self._owners, variable)
                self._seen.append((layer, f"gradient of '{variable.name}'"))
        self._optimizer.apply(grads, trainable_variables)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> Any:
        """As `apply`, from pairs."""
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, variables)
        return self._optimizer.iterations
