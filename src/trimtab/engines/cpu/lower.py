"""A graph lowered to a plan: steps over slots and one arena."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from trimtab.engines.cpu.elementwise import ElementwiseProgram, Opcodes
from trimtab.engines.cpu.fusion import find_fusions
from trimtab.engines.cpu.grouping import Grouping, Unit
from trimtab.engines.cpu.kernels import EMITTERS, Step, Temporary, copy_step
from trimtab.engines.cpu.memory import Lifetime, place
from trimtab.engines.cpu.updates import UPDATES
from trimtab.engines.cpu.values import has_kernel_types, operand, root
from trimtab.ir.graph import (
    Graph,
    Node,
    Primitive,
    Spec,
    Value,
    constant_of,
    topological_order,
)

Operand = tuple[int, int]
PlanStep = tuple[str, list[Operand], list[int], list[float]]

_ARENA, _ABSENT = 0, -1
# Kernels that read each element before they write it, so that an output may lie over an input.
_IN_PLACE = frozenset({"elementwise", "sgd", "adam", "lamb", "adafactor"})

_FLOAT_ONLY = frozenset({"matmul", "softmax", "softmax_gradient", "dropout"}) | UPDATES


class HostCall(NamedTuple):
    """A node that no kernel runs: NumPy evaluates it on the plan's memory."""

    primitive: Primitive
    attrs: dict[str, Any]
    specs: list[Spec]
    outputs: int
    operands: list[Operand]


class Plan(NamedTuple):
    """What C++ needs of a graph.

    Attributes:
        steps: (kernel, operands as (slot, byte offset), integers, floats).
        arena_bytes: Size of slot 0.
        slot_count: Slots in all: arena, states, inputs, outputs, constants.
        constants: Contents of the last slots.
        hosts: Calls of the steps named "host".
    """

    steps: list[PlanStep]
    arena_bytes: int
    slot_count: int
    constants: list[np.ndarray[Any, Any]]
    hosts: list[HostCall]


def nbytes(value: Value) -> int:
    """Bytes of a value's memory."""
    return value.size * np.dtype(value.dtype).itemsize  # type: ignore[no-any-return]


class _Lowering:
    def __init__(self, graph: Graph, opcodes: Opcodes) -> None:
        self.graph = graph
        self.opcodes = opcodes
        order = topological_order(graph.results)
        self.units = Grouping(graph, order, find_fusions(graph, order)).units()
        self.places: dict[int, Operand] = {}
        self.buffers: list[Lifetime] = []
        self.buffer_of: dict[int, int] = {}
        self.constants: list[np.ndarray[Any, Any]] = []
        self.first_constant = 1 + len(graph.states) + len(graph.inputs) + len(graph.outputs)
        for number, value in enumerate((*graph.states, *graph.inputs)):
            self.places[id(value)] = (1 + number, 0)
        self.steps: list[list[Step]] = []
        self.written: list[list[Value]] = []
        self.keep_alive: list[Any] = []
        self.first_copies: list[Step] = []

    def run(self) -> Plan:
        """The plan."""
        last_use = self._emit_units()
        copies = self._place_results(last_use)
        self.steps.append(copies)
        self._assign_buffers(last_use)
        offsets, arena = place(self.buffers)
        resolved: list[PlanStep] = []
        hosts: list[HostCall] = []
        for steps in self.steps:
            for step in steps:
                operands = [self._resolve(o, offsets) for o in step.operands]
                ints = step.ints
                if step.kernel == "host":
                    ints = [len(hosts)]
                    node = self.keep_alive[step.ints[0]]
                    specs = [v.spec for v in (*node.inputs, *node.outputs)]
                    hosts.append(
                        HostCall(node.primitive, node.attrs, specs, len(node.outputs), operands)
                    )
                resolved.append((step.kernel, operands, ints, step.floats))
        count = self.first_constant + len(self.constants)
        return Plan(resolved, arena, count, self.constants, hosts)

    def _reads(self, unit: Unit) -> list[Value]:
        """Memory that a unit reads from outside itself."""
        if unit.fusion is not None:
            return unit.fusion.reads
        inside = {id(v) for n in unit.nodes for v in n.outputs}
        found = []
        for node in unit.nodes:
            for value in node.inputs:
                source = operand(value).value if unit.is_elementwise else root(value)
                if source is not None and id(source) not in inside:
                    found.append(source)
        return found

    def _emit_units(self) -> dict[int, int]:
        """Emits all units; returns the last unit that reads each value."""
        reads = [self._reads(unit) for unit in self.units]
        last_use: dict[int, int] = {}
        finally_read = [root(v) for v in self.graph.results]
        for position, values in enumerate([*reads, finally_read]):
            for value in values:
                for source in _with_sources(value):
                    last_use[id(source)] = position
        results = {id(root(v)) for v in self.graph.results}
        materialised: set[int] = set()
        for unit, values in zip(self.units, reads, strict=True):
            steps: list[Step] = []
            written: list[Value] = []
            for value in values:
                self._materialise(value, steps, written, materialised)
            self._emit(unit, steps, written, lambda v: id(v) in last_use or id(v) in results)
            self.steps.append(steps)
            self.written.append(written)
        tail: list[Step] = []
        written = []
        for value in self.graph.results:
            self._materialise(root(value), tail, written, materialised)
        self.steps.append(tail)
        self.written.append(written)
        return last_use

    def _materialise(
        self,
        value: Value,
        steps: list[Step],
        written: list[Value],
        done: set[int],
    ) -> None:
        """Gives a broadcast that a kernel reads as a whole memory of its own."""
        if value.node.primitive.name != "broadcast_to" or id(value) in done:
            return
        done.add(id(value))
        self._materialise(root(value.node.inputs[0]), steps, written, done)
        steps += _with_roots(self._emit_node(value.node))
        written.append(value)

    def _emit(
        self, unit: Unit, steps: list[Step], written: list[Value], is_read: Callable[[Value], bool]
    ) -> None:
        if unit.is_elementwise:
            kept = [n.outputs[0] for n in unit.nodes if is_read(n.outputs[0])]
            program = ElementwiseProgram(unit.nodes, kept, self.opcodes)
            operands: list[Value | Temporary | None] = [*program.inputs, *program.outputs]
            steps.append(Step("elementwise", operands, program.ints, program.floats))
            written += kept
            return
        if unit.fusion is not None:
            written += unit.fusion.written
            steps += _with_roots(unit.fusion.steps)
            return
        node = unit.nodes[-1]
        written += node.outputs
        steps += _with_roots(self._emit_node(node))

    def _emit_node(self, node: Node) -> list[Step]:
        emit = EMITTERS.get(node.primitive.name)
        if emit is None or not has_kernel_types(node) or not _suits(node):
            self.keep_alive.append(node)
            return [Step("host", [*node.inputs, *node.outputs], [len(self.keep_alive) - 1], [])]
        return emit(node)

    def _place_results(self, last_use: dict[int, int]) -> list[Step]:
        """Places results in their slots where that is safe.

        Returns the copies needed for the others.
        """
        graph, end = self.graph, len(self.units) + 1
        made_at = {id(v): i for i, values in enumerate(self.written) for v in values}
        outputs = {id(root(v)) for v in graph.outputs}
        copies_out: list[Step] = []
        copies_in: list[Step] = []
        for index, value in graph.updates:
            source, state = root(value), graph.states[index]
            when = made_at.get(id(source))
            free = when is not None and id(source) not in self.places and id(state) not in outputs
            if free and self._may_overwrite(state, source, when or 0, last_use):
                self.places[id(source)] = self.places[id(state)]
            elif source is not state:
                copies_in += self._copy_in(source, state)
                last_use[id(source)] = end
        first = 1 + len(graph.states) + len(graph.inputs)
        for number, value in enumerate(graph.outputs):
            source = root(value)
            if id(source) in made_at and id(source) not in self.places:
                self.places[id(source)] = (first + number, 0)
            else:
                slot = _Slot(value, (first + number, 0))
                self.places[id(slot.value)] = slot.place
                self.keep_alive.append(slot.value)
                copies_out.append(_copy_whole(source, slot.value))
                last_use[id(source)] = end
        return copies_out + self.first_copies + copies_in

    def _copy_in(self, source: Value, state: Value) -> list[Step]:
        if not any(source is other for other in self.graph.states):
            return [_copy_whole(source, state)]
        # Another variable's old content, which its own update may overwrite: both reads come first.
        between = Temporary(nbytes(source))
        dims, one = (source.size,), (1,)
        itemsize = np.dtype(source.dtype).itemsize
        self.first_copies.append(copy_step(source, between, itemsize, dims, one, one))
        return [copy_step(between, state, itemsize, dims, one, one)]

    def _may_overwrite(
        self, state: Value, source: Value, when: int, last_use: dict[int, int]
    ) -> bool:
        """Whether nobody reads the old content after the new one is written over it."""
        last = last_use.get(id(state), -1)
        if last < when:
            return True
        if last > when:
            return False
        steps = self.steps[when]
        return (
            len(steps) == 1 and steps[0].kernel in _IN_PLACE and self._is_aligned(steps[0], state)
        )

    def _is_aligned(self, step: Step, state: Value) -> bool:
        """Whether the step reads the old content element for element where it writes the new."""
        if step.kernel != "elementwise":
            return sum(o is state for o in step.operands) == 1
        ndim, count = step.ints[0], step.ints[1 + step.ints[0]]
        base = 3 + ndim
        dims = step.ints[1 : 1 + ndim]
        for number in range(count):
            if step.operands[number] is state:
                strides = step.ints[
                    base + number * (ndim + 1) + 1 : base + (number + 1) * (ndim + 1)
                ]
                expected, size = [], 1
                for dim in reversed(dims):
                    expected.append(size)
                    size *= dim
                if strides != expected[::-1] or size != state.size:
                    return False
        return True

    def _assign_buffers(self, last_use: dict[int, int]) -> None:
        for position, values in enumerate(self.written):
            for value in values:
                if id(value) in self.places:
                    continue
                self.buffer_of[id(value)] = len(self.buffers)
                last = max(last_use.get(id(value), position), position)
                self.buffers.append(Lifetime(nbytes(value), position, last))
        for position, steps in enumerate(self.steps):
            for step in steps:
                for item in step.operands:
                    if isinstance(item, Temporary) and id(item) not in self.buffer_of:
                        self.buffer_of[id(item)] = len(self.buffers)
                        self.buffers.append(Lifetime(item.nbytes, position, position))

    def _resolve(self, item: Value | Temporary | None, offsets: Sequence[int]) -> Operand:
        if item is None:
            return (_ABSENT, 0)
        found = self.places.get(id(item))
        if found is not None:
            return found
        buffer = self.buffer_of.get(id(item))
        if buffer is not None:
            return (_ARENA, offsets[buffer])
        array = constant_of(item) if isinstance(item, Value) else None
        if array is None:
            raise RuntimeError(f"lowering: {item!r} has no memory; this is a bug in trimtab")
        self.places[id(item)] = (self.first_constant + len(self.constants), 0)
        self.constants.append(np.ascontiguousarray(array))
        return self.places[id(item)]


class _Slot:
    """A stand-in for an output slot that a copy fills."""

    def __init__(self, like: Value, place_: Operand) -> None:
        self.value = Value(like.node, like.index, like.spec)
        self.place = place_


def _with_sources(value: Value) -> list[Value]:
    """`value` and, if it is a broadcast that will be given memory, what that is copied from."""
    found = [value]
    while found[-1].node.primitive.name == "broadcast_to":
        found.append(root(found[-1].node.inputs[0]))
    return found


def _suits(node: Node) -> bool:
    return node.primitive.name not in _FLOAT_ONLY or node.inputs[0].dtype in ("float32", "float64")


def _with_roots(steps: list[Step]) -> list[Step]:
    return [
        step._replace(operands=[root(o) if isinstance(o, Value) else o for o in step.operands])
        for step in steps
    ]


def _copy_whole(source: Value, target: Value) -> Step:
    itemsize = np.dtype(source.dtype).itemsize
    return copy_step(source, target, itemsize, (source.size,), (1,), (1,))


def lower(graph: Graph, opcodes: Opcodes) -> Plan:
    """The plan of `graph` for kernels that know `opcodes`."""
    return _Lowering(graph, opcodes).run()
