"""Python functions of tensors, traced to graphs and compiled, once per shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from trimtab import engines
from trimtab.core import settings, tree
from trimtab.core.scope import TraceScope, autocast_scope, trace_scope
from trimtab.core.variable import CONTENT_VERSION, STORAGE_VERSION, Variable
from trimtab.engines import Batches
from trimtab.ir.graph import Graph, Spec, Value, constant, placeholder
from trimtab.ir.tensor import Tensor
from trimtab.ops.dispatch import convert
from trimtab.passes import fold_scales

_ENGINE = ["cpu"]


def engine_name() -> str:
    """The engine that new steps are compiled for: "cpu" unless set."""
    return _ENGINE[0]


def set_engine(name: str) -> None:
    """Chooses the engine that new steps are compiled for: "cpu" or "reference"."""
    engines.get(name)
    _ENGINE[0] = name


class Traced(NamedTuple):
    """A traced function: its graph, the variables behind its states, the form of its result."""

    graph: Graph
    variables: list[Variable]
    structure: Any


def as_value(x: Any) -> Value:
    """`x` as a value of a graph; numbers become a constant."""
    tensor = convert(x)
    return tensor if isinstance(tensor, Value) else constant(np.asarray(tensor, order="C"))


def trace(function: Callable[..., Any], specs: Sequence[Spec]) -> Traced:
    """Runs `function` once on symbolic tensors of `specs` and records what it computes.

    Args:
        function: Takes one tensor per spec; returns tensors in lists, tuples or dicts;
            None stays None.
        specs: Shape and type of each argument.

    Returns:
        The graph with its variables. The variables themselves are unchanged.
    """
    scope = TraceScope()
    inputs = [placeholder(spec.shape, spec.dtype) for spec in specs]
    with trace_scope(scope), autocast_scope(None):
        result = function(*inputs)
    leaves = [as_value(leaf) for leaf in tree.flatten(result) if leaf is not None]
    updates = tuple((index, as_value(value)) for index, value in scope.updated.items())
    graph = Graph(tuple(inputs), tuple(scope.initial), tuple(leaves), updates)
    return Traced(graph, scope.variables, result)


class Variant:
    """One compiled shape of a step."""

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        self.variables = traced.variables
        graph = fold_scales(traced.graph) if settings.inference_folding() else traced.graph
        self.executable = engines.get(_ENGINE[0]).compile(graph)
        self._written = [traced.variables[index] for index, _ in traced.graph.updates]
        self._version: object = None
        self._states: list[np.ndarray[Any, Any]] = []

    def states(self) -> list[np.ndarray[Any, Any]]:
        """The variables' memory, free to be written where the graph writes."""
        for variable in self._written:
            variable.prepare_write()
        version = STORAGE_VERSION[0]
        if self._version is not version:
            self._states = [v._array for v in self.variables]
            self._version = version
        return self._states

    def run(self, inputs: Sequence[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
        """The flat outputs for `inputs`, which must have the traced shapes and types."""
        states = self.states()
        if not self._written:
            return self.executable.run(inputs, states, CONTENT_VERSION[0])
        try:
            return self.executable.run(inputs, states)
        finally:
            # Whoever computed from the variables meanwhile must compute again.
            CONTENT_VERSION[0] = object()

    def run_batches(self, batches: Batches, first_row: int, count: int, seconds: float) -> int:
        """As `Executable.run_batches`, on the variables' memory."""
        states = self.states()
        version = CONTENT_VERSION[0]
        try:
            return self.executable.run_batches(batches, states, first_row, count, seconds, version)
        finally:
            if self._written:
                CONTENT_VERSION[0] = object()

    def pack(self, outputs: Sequence[Any]) -> Any:
        """Flat outputs in the form that the traced function returned."""
        structure, rest = self.traced.structure, iter(outputs)
        leaves = [None if leaf is None else next(rest) for leaf in tree.flatten(structure)]
        return tree.pack_sequence_as(structure, leaves)


class CompiledStep:
    """A function of tensors that runs on the engine, traced anew for each shape it meets.

    Args:
        function: As for `trace`.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._variants: dict[tuple[Spec, ...], Variant] = {}

    def variant(self, specs: Sequence[Spec]) -> Variant:
        """The compiled form for inputs of `specs`."""
        key = tuple(specs)
        found = self._variants.get(key)
        if found is None:
            found = self._variants[key] = Variant(trace(self.function, key))
        return found

    def __call__(self, *inputs: np.ndarray[Any, Any]) -> Any:
        """The function's result for arrays, its tensors as NumPy arrays."""
        variant = self.variant([Spec(a.shape, a.dtype.name) for a in inputs])
        return variant.pack(variant.run(inputs))

    def run_batches(
        self,
        sources: Sequence[np.ndarray[Any, Any]],
        types: Sequence[str],
        batch_size: int,
        *,
        order: np.ndarray[Any, Any] | None = None,
        results: Sequence[np.ndarray[Any, Any]] = (),
        first_row: int = 0,
        count: int,
        seconds: float = 0.0,
    ) -> int:
        """Runs up to `count` batches of `batch_size` rows from `first_row` of the order on.

        Args:
            sources: One array per argument of the function, rows along the first axis.
            types: The type in which the function gets each; rows are converted as
                they are gathered.
            batch_size: Rows a batch; a smaller last batch is a call of its own.
            order: int64 row numbers in the order of their use; None for the natural order.
            results: Arrays that take the first outputs' rows, in the epoch's order.
            first_row: Position in the order at which the first batch begins.
            count: Batches to run.
            seconds: Time after which to stop, 0 for never.

        Returns:
            The number of batches run.

        Raises:
            KeyboardInterrupt: Between two batches, if the user asked for it.
        """
        specs = [Spec((batch_size, *a.shape[1:]), t) for a, t in zip(sources, types, strict=True)]
        variant = self.variant(specs)
        batches = Batches(sources, order, results, batch_size)
        return variant.run_batches(batches, first_row, count, seconds)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor of any kind."""
    return isinstance(x, Tensor)
