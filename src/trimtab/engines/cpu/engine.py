"""The CPU engine: a graph's plan in C++, run on arrays or on the rows of whole epochs."""

from __future__ import annotations

import ctypes
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.engines.base import Arrays, Batches
from trimtab.engines.cpu import _engine
from trimtab.engines.cpu.bfloat16 import WidenedExecutable
from trimtab.engines.cpu.lower import HostCall, Plan, lower
from trimtab.engines.cpu.prologue import split_prologue
from trimtab.engines.cpu.structure import structure
from trimtab.engines.cpu.values import SOURCE_CODES
from trimtab.ir.graph import Graph, Spec
from trimtab.passes import narrow_bfloat16, optimize, widen_bfloat16

_OPCODES = {name: number for number, (name, _) in enumerate(_engine.opcodes())}


def _address(array: np.ndarray[Any, Any]) -> int:
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]


class CpuExecutable:
    """A graph as a C++ program, with the memory that it works on.

    What depends on unchanged variables alone is a program of its own, run when they change. One run
    at a time: a lock makes concurrent calls wait, since they would share the arena.
    """

    def __init__(self, graph: Graph, has_prologue: bool = True) -> None:
        split = split_prologue(graph) if has_prologue else None
        self._prologue = None if split is None else CpuExecutable(split.prologue, False)
        self._version: object = None
        self._first_prepared = 1 + len(graph.states)
        if split is not None:
            graph = split.main
        plan = plan_of(graph)
        self._constants = plan.constants
        self._hosts = plan.hosts
        self._lock = threading.Lock()
        self._states: Arrays | None = None
        self._first_input = 1 + len(graph.states)
        self._first_output = self._first_input + len(graph.inputs)
        self._input_types = [(v.shape, np.dtype(v.dtype)) for v in graph.inputs]
        self._output_types = [(v.shape, np.dtype(v.dtype)) for v in graph.outputs]
        self._addresses = [0] * plan.slot_count
        functions: list[Callable[[], None]] = [self._host_function(call) for call in plan.hosts]
        self._program = _engine.Program(plan.steps, plan.arena_bytes, plan.slot_count, functions)
        self._addresses[0] = self._program.arena_address
        first_constant = self._first_output + len(graph.outputs)
        for number, array in enumerate(plan.constants):
            self._bind(first_constant + number, array)
        self._staging: list[np.ndarray[Any, Any]] | None = None

    def _bind(self, slot: int, array: np.ndarray[Any, Any]) -> None:
        address = _address(array)
        if self._addresses[slot] != address:
            self._addresses[slot] = address
            self._program.bind(slot, address)

    def _bind_states(self, states: Arrays) -> None:
        if states is not self._states:
            for number, array in enumerate(states):
                self._bind(1 + number, array)
            self._states = states

    def _prepare_states(self, states: Arrays, version: object) -> None:
        """Computes anew what depends on the variables, unless `version` says that it need not."""
        if version is not None and version is self._version:
            return
        self._version = version
        if self._prologue is not None:
            self._prepared = self._prologue.run((), states)
            for number, array in enumerate(self._prepared):
                self._bind(self._first_prepared + number, array)
        self._program.refresh()

    def _host_function(self, call: HostCall) -> Callable[[], None]:
        def view(spec: Spec, operand: tuple[int, int]) -> np.ndarray[Any, Any]:
            dtype, size = np.dtype(spec.dtype), math.prod(spec.shape)
            address = self._addresses[operand[0]] + operand[1]
            memory: Any = (ctypes.c_char * (size * dtype.itemsize)).from_address(address)
            return np.ndarray(spec.shape, dtype, memory)

        def run() -> None:
            views = [view(s, o) for s, o in zip(call.specs, call.operands, strict=True)]
            count = len(views) - call.outputs
            with np.errstate(all="ignore"):
                result = call.primitive.evaluate(np, *views[:count], **call.attrs)
            results = result if call.primitive.multiple else (result,)
            for target, array in zip(views[count:], results, strict=True):
                np.copyto(target, array)

        return run

    def run(
        self, inputs: Arrays, states: Arrays, version: object = None
    ) -> list[np.ndarray[Any, Any]]:
        """Outputs for `inputs`; updates `states` in place."""
        outputs = [np.empty(shape, dtype) for shape, dtype in self._output_types]
        with self._lock:
            if states is not self._states:
                self._bind_states(states)
            if version is None or version is not self._version:
                self._prepare_states(states, version)
            slot = self._first_input
            held = []
            for array, (_, dtype) in zip(inputs, self._input_types, strict=True):
                if array.dtype != dtype or not array.flags.c_contiguous:
                    array = np.ascontiguousarray(array, dtype)
                    held.append(array)
                self._bind(slot, array)
                slot += 1
            for array in outputs:
                self._bind(slot, array)
                slot += 1
            self._program.run()
        return outputs

    def _bind_staging(self) -> None:
        if self._staging is None:
            kinds = [*self._input_types, *self._output_types]
            self._staging = [np.empty(shape, dtype) for shape, dtype in kinds]
        for number, array in enumerate(self._staging):
            self._bind(self._first_input + number, array)

    def run_batches(
        self,
        batches: Batches,
        states: Arrays,
        first_row: int,
        count: int,
        seconds: float,
        version: object = None,
    ) -> int:
        """Runs up to `count` batches; see `Executable.run_batches`."""
        held = []
        sources = []
        for number, (array, (shape, dtype)) in enumerate(
            zip(batches.sources, self._input_types, strict=True)
        ):
            if array.dtype.name not in SOURCE_CODES or not _has_plain_rows(array):
                array = np.ascontiguousarray(array, dtype)
            held.append(array)
            row = int(np.prod(shape[1:]))
            stride = array.strides[0] if array.ndim else 0
            slot = self._first_input + number
            source = (
                _address(array),
                SOURCE_CODES[array.dtype.name],
                row,
                stride,
                slot,
                0,
                SOURCE_CODES[dtype.name],
            )
            sources.append(source)
        sinks = []
        for number, result in enumerate(batches.results):
            row_bytes = result.nbytes // len(result) if len(result) else 0
            sinks.append((_address(result), row_bytes, self._first_output + number, 0))
        order = 0 if batches.order is None else _address(batches.order)
        with self._lock:
            self._bind_states(states)
            self._prepare_states(states, version)
            self._bind_staging()
            loop = _engine.Loop(self._program, sources, sinks, batches.batch_size)
            return int(loop.run(order, first_row, count, seconds))


def _has_plain_rows(array: np.ndarray[Any, Any]) -> bool:
    """Whether each row is contiguous, whatever lies between rows."""
    expected = array.itemsize
    for dim, stride in zip(array.shape[:0:-1], array.strides[:0:-1], strict=True):
        if dim != 1 and stride != expected:
            return False
        expected *= dim
    return bool(array.dtype.isnative)


# Plans by structure: models of one architecture, as in a study over seeds, are lowered once.
_PLANS: OrderedDict[object, Plan] = OrderedDict()
_PLANS_LOCK = threading.Lock()
_MOST_PLANS = 32


def plan_of(graph: Graph) -> Plan:
    """The plan of `graph`, taken from the last ones made if one had the same structure."""
    key = structure(graph)
    if key is None:
        return lower(narrow_bfloat16(optimize(graph)), _OPCODES)
    with _PLANS_LOCK:
        found = _PLANS.get(key)
        if found is not None:
            _PLANS.move_to_end(key)
            return found
    plan = lower(narrow_bfloat16(optimize(graph)), _OPCODES)
    with _PLANS_LOCK:
        _PLANS[key] = plan
        while len(_PLANS) > _MOST_PLANS:
            _PLANS.popitem(last=False)
    return plan


def set_num_threads(count: int) -> None:
    """Sets how many threads all programs work with; 0 restores the number of physical cores."""
    _engine.set_num_threads(count)


def describe() -> dict[str, str]:
    """Instruction set, threads, who computes convolutions, and how those of bfloat16."""
    return {
        "instruction set": _engine.instruction_set(),
        "threads": str(num_threads()),
        "convolutions": _engine.convolutions(),
        "bfloat16": _engine.bfloat16(),
    }


def num_threads() -> int:
    """How many threads all programs work with."""
    return int(_engine.num_threads())


class CpuEngine:
    """Runs graphs on the processor's cores."""

    name = "cpu"

    def compile(self, graph: Graph) -> CpuExecutable | WidenedExecutable:
        """The program of a graph."""
        widened = widen_bfloat16(graph)
        if widened is None:
            return CpuExecutable(graph)
        return WidenedExecutable(graph, CpuExecutable(widened))


ENGINE = CpuEngine()
