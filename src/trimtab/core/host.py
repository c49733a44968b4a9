"""Users' functions written with NumPy, inside a traced step: engines call them on numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.core import settings, tree
from trimtab.core.notices import user_stack_level
from trimtab.core.scope import THREAD, RecordingScope, autocast_scope, trace_scope
from trimtab.core.variable import Variable
from trimtab.ir.graph import Spec, recorded
from trimtab.ir.protocols import NeedsNumbers
from trimtab.ir.tensor import Array, Tensor, name_of
from trimtab.ops.dispatch import convert
from trimtab.primitives.host import HostFunction, host_call

_TOLD: set[str] = set()


def is_user_class(cls: type) -> bool:
    """Whether a class comes from outside of this library."""
    return not cls.__module__.startswith("trimtab.")


def or_on_host(
    owner: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """`function(*args, **kwargs)`, traced; if it asks tensors for numbers, a call in the plan.

    Gradients of such a call are made by central differences. The first time, a warning says that
    it is slower.

    Args:
        owner: Whose function it is, for the warning.
        function: May read and assign variables.
        args: Tensors among them become inputs of the call.
        kwargs: As `args`.
    """
    trace = THREAD.trace
    if trace is None or isinstance(trace, RecordingScope):
        return function(*args, **kwargs)
    kept = trace.kept()
    try:
        return function(*args, **kwargs)
    except NeedsNumbers as error:
        trace.restore(kept)
        _tell(owner, error)
    return _Call(owner, function, args, kwargs).run()


def _tell(owner: str, error: Exception) -> None:
    if owner in _TOLD:
        return
    _TOLD.add(owner)
    what = str(error).partition(" needs")[0].removeprefix("Tensor: ")
    warnings.warn(
        f"{owner}: needs numbers ({what}), which a compiled step has only while it runs. So the "
        "engine calls it on NumPy at each step, and makes gradients through it of differences; "
        "the same with trimtab.ops is faster",
        stacklevel=user_stack_level(),
    )


class _HostScope(RecordingScope):
    """A recorded trace whose variables have the values given, or else their own."""

    def __init__(self, values: dict[int, np.ndarray[Any, Any]]) -> None:
        super().__init__()
        self._values = values

    def position(self, variable: Variable) -> int:
        """Index of `variable` in the trace; it is added with its value if new."""
        is_new = id(variable) not in self._position
        index = super().position(variable)
        if is_new and id(variable) in self._values:
            self.initial[index] = recorded(self._values[id(variable)])
        return index


class _Call:
    """One call of a user's function as a part of a trace."""

    def __init__(
        self,
        owner: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self._owner = owner
        self._function = function
        self._arguments = (args, kwargs)
        self._autocast = THREAD.autocast
        # Variables are read where the function reads them.
        self._tensors = [
            x
            for x in tree.flatten([args, kwargs])
            if isinstance(x, Tensor) and not isinstance(x, Variable)
        ]
        self._masks = [getattr(x, "_keras_mask", None) for x in self._tensors]
        self._variables: list[Variable] = []
        self._written: list[int] = []
        self._result: Any = None

    def run(self) -> Any:
        """The result, as tensors of the trace; what is assigned becomes the trace's."""
        trace = THREAD.trace
        if trace is None:
            raise RuntimeError("host call: there is no trace; this is a bug in trimtab")
        inputs = [x.as_tensor() for x in (*self._tensors, *self._masks) if x is not None]
        # Ones stand for numbers that nobody knows yet: only shapes are of interest.
        probes = [np.ones(x.shape, x.dtype) for x in inputs]
        results = self._numbers(probes, is_probe=True)
        is_wide = any(x.dtype == "float64" for x in inputs)
        leaves = [leaf for leaf in tree.flatten(self._result) if leaf is not None]
        specs = [
            Spec(r.shape, name_of(r.dtype) if is_wide else _narrow(name_of(r.dtype)))
            for r in results[: len(leaves)]
        ]
        written = [self._variables[i] for i in self._written]
        specs += [Spec(v.shape, v.dtype) for v in written]
        states = [trace.read(v) for v in self._variables]
        function = HostFunction(self._numbers, specs, self._owner)
        values = host_call(*map(convert, (*inputs, *states)), function=function)
        for variable, value in zip(written, values[len(leaves) :], strict=True):
            trace.write(variable, value)
        rest = iter(values)
        flat = [None if leaf is None else next(rest) for leaf in tree.flatten(self._result)]
        return tree.pack_sequence_as(self._result, flat)

    def _numbers(
        self, arrays: list[np.ndarray[Any, Any]], is_probe: bool = False
    ) -> list[np.ndarray[Any, Any]]:
        """The function's results, then the new values of the variables it assigns."""
        rest = iter(arrays)
        made: dict[int, Any] = {id(x): Array(next(rest)) for x in self._tensors}
        for x, mask in zip(self._tensors, self._masks, strict=True):
            if mask is not None:
                made[id(x)]._keras_mask = Array(next(rest))
        values = {id(v): next(rest) for v in self._variables}
        args, kwargs = tree.map_structure(
            lambda x: made.get(id(x), x) if isinstance(x, Tensor) else x, self._arguments
        )
        scope = _HostScope(values)
        with trace_scope(scope), autocast_scope(self._autocast), np.errstate(all="ignore"):
            result = self._function(*args, **kwargs)
        if is_probe:
            self._result = result
            self._variables = list(scope.variables)
            self._written = sorted(scope.updated)
        leaves = [np.asarray(leaf) for leaf in tree.flatten(result) if leaf is not None]
        for index in self._written:
            new = scope.updated.get(index)
            leaves.append(np.asarray(scope.initial[index] if new is None else new))
        return leaves


def _narrow(dtype: str) -> str:
    return settings.floatx() if dtype == "float64" else dtype
