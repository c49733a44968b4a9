"""What a thread is inside of: a trace, an autocast type, name scopes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.ir.graph import Value, placeholder, recorded
from trimtab.ir.tensor import Tensor
from trimtab.ops.control_flow import GUARDS

if TYPE_CHECKING:
    from trimtab.core.variable import Variable


class TraceScope:
    """The variables that a trace reads and writes, each with its present value."""

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.initial: list[Value] = []
        self.updated: dict[int, Tensor] = {}
        self._position: dict[int, int] = {}

    def position(self, variable: Variable) -> int:
        """Index of `variable` among those of the trace; it is added if new."""
        key = id(variable)
        found = self._position.get(key)
        if found is None:
            found = self._position[key] = len(self.variables)
            self.variables.append(variable)
            self.initial.append(placeholder(variable.shape, variable.dtype))
        return found

    def read(self, variable: Variable) -> Tensor:
        """The present value of `variable` in the trace."""
        index = self.position(variable)
        updated = self.updated.get(index)
        return self.initial[index] if updated is None else updated

    def write(self, variable: Variable, value: Tensor) -> None:
        """Makes `value` the present value of `variable`."""
        self.updated[self.position(variable)] = value

    def kept(self) -> Any:
        """What has been written so far, for `restore`."""
        return dict(self.updated)

    def restore(self, kept: Any) -> None:
        """Takes back what was written since `kept` returned its value."""
        self.updated = kept


class RecordingScope(TraceScope):
    """A trace whose values hold numbers, so that user code can look at them."""

    def position(self, variable: Variable) -> int:
        """Index of `variable` in the trace; it is added with a copy of its content if new."""
        key = id(variable)
        found = self._position.get(key)
        if found is None:
            found = self._position[key] = len(self.variables)
            self.variables.append(variable)
            self.initial.append(recorded(variable._array.copy()))
        return found

    def commit(self) -> None:
        """Gives the variables their new values."""
        for index, value in self.updated.items():
            self.variables[index].assign(np.asarray(value))


class _Thread(threading.local):
    def __init__(self) -> None:
        self.trace: TraceScope | None = None
        self.autocast: str | None = None


THREAD = _Thread()


class trace_scope:
    """Makes `scope` the trace of this thread while the block runs; None means eager."""

    def __init__(self, scope: TraceScope | None) -> None:
        self.scope = scope

    def __enter__(self) -> TraceScope | None:
        self._outer, THREAD.trace = THREAD.trace, self.scope
        return self.scope

    def __exit__(self, *_: object) -> None:
        THREAD.trace = self._outer


class autocast_scope:
    """Reads float variables as `dtype` while the block runs, if they allow it.

    None reads them as they are.
    """

    def __init__(self, dtype: str | None) -> None:
        self.dtype = dtype

    def __enter__(self) -> None:
        self._outer, THREAD.autocast = THREAD.autocast, self.dtype

    def __exit__(self, *_: object) -> None:
        THREAD.autocast = self._outer


def _without_writes(branch: Callable[[], Any], owner: str) -> Any:
    """The result of a branch that is computed whether its condition holds or not."""
    trace = THREAD.trace
    if trace is None:
        return branch()
    before = {index: id(value) for index, value in trace.updated.items()}
    result = branch()
    if {index: id(value) for index, value in trace.updated.items()} != before:
        raise ValueError(
            f"{owner}: a branch under a traced condition must not assign variables, since every "
            "branch is computed; got one that does. Assign what the op returns."
        )
    return result


GUARDS.append(_without_writes)
