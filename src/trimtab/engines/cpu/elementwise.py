"""Elementwise groups as programs of the tile interpreter."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.engines.cpu.values import CODES_WITH_HALF, Operand, operand
from trimtab.ir.graph import Node, Value

_CONSTANT = 1000  # register numbers from here on are constants

Opcodes = dict[str, int]


class ElementwiseProgram:
    """A group's instructions, its inputs (memory with strides) and its outputs.

    Attributes:
        inputs: Values read, in the order of the step's operands.
        outputs: Values written, in the order of the step's operands.
        ints: The step's integers.
        floats: The step's constants.
    """

    def __init__(self, nodes: Sequence[Node], kept: Sequence[Value], opcodes: Opcodes) -> None:
        self._opcodes = opcodes
        self._registers: dict[int, int] = {}
        self._constants: dict[str, int] = {}
        self.floats: list[float] = []
        shape = nodes[0].outputs[0].shape
        operands = {id(v): operand(v) for n in nodes for v in n.inputs}
        inside = {id(n.outputs[0]) for n in nodes}
        reads: dict[tuple[int, tuple[int, ...]], Operand] = {}
        for node in nodes:
            for value in node.inputs:
                read = operands[id(value)]
                if id(value) not in inside and read.value is not None:
                    reads.setdefault((id(read.value), read.strides), read)
        self.inputs = [read.value for read in reads.values() if read.value is not None]
        self._inputs = {key: number for number, key in enumerate(reads)}
        self.outputs = list(kept)
        instructions, count = self._instructions(nodes, operands, inside)
        dims, strides = collapse(shape, [read.strides for read in reads.values()])
        self.ints = [len(dims), *dims, len(reads), len(kept)]
        for value, steps in zip(self.inputs, strides, strict=True):
            self.ints += [CODES_WITH_HALF[value.dtype], *steps]
        self.ints += [CODES_WITH_HALF[v.dtype] for v in kept]
        self.ints += [count, len(instructions) // 6, *instructions]
        self.ints += [self._registers[id(v)] for v in kept]

    def _register(self, value: Value, operands: dict[int, Operand], inside: set[int]) -> int:
        if id(value) in inside:
            return self._registers[id(value)]
        read = operands[id(value)]
        if read.value is None:
            return self._constant(float(read.number))
        return self._inputs[(id(read.value), read.strides)]

    def _constant(self, number: float) -> int:
        # By text: 0.0 and -0.0 are equal but not the same number, NaN is not even equal to itself.
        key = repr(number)
        if key not in self._constants:
            self._constants[key] = _CONSTANT + len(self.floats)
            self.floats.append(number)
        return self._constants[key]

    def _instructions(
        self, nodes: Sequence[Node], operands: dict[int, Operand], inside: set[int]
    ) -> tuple[list[int], int]:
        """Six integers an instruction, and the number of registers.

        Those of dead temporaries are reused.
        """
        last = {id(v): i for i, n in enumerate(nodes) for v in n.inputs if id(v) in inside}
        kept = {id(v) for v in self.outputs}
        free: list[int] = []
        count = len(self._inputs)
        code: list[int] = []
        for position, node in enumerate(nodes):
            output = node.outputs[0]
            registers = [self._register(v, operands, inside) for v in node.inputs]
            if free:
                target = free.pop()
            else:
                target, count = count, count + 1
            self._registers[id(output)] = target
            code += self._encode(node, target, registers)
            for key in {id(v) for v in node.inputs}:
                if last.get(key) == position and key not in kept:
                    free.append(self._registers[key])
        return code, count

    def _encode(self, node: Node, target: int, registers: list[int]) -> list[int]:
        name = node.primitive.name
        dtype = CODES_WITH_HALF[node.inputs[0].dtype]
        if name == "where":
            condition, a, b = registers
            return [
                self._opcodes[name],
                CODES_WITH_HALF[node.inputs[1].dtype],
                target,
                a,
                b,
                condition,
            ]
        if name == "cast":
            return [
                self._opcodes[name],
                dtype,
                target,
                registers[0],
                -1,
                CODES_WITH_HALF[node.attrs["dtype"]],
            ]
        a, b = (*registers, -1)[:2]
        return [self._opcodes[name], dtype, target, a, b, -1]


def collapse(
    shape: tuple[int, ...], strides: Sequence[tuple[int, ...]]
) -> tuple[list[int], list[list[int]]]:
    """`shape` and each operand's strides, axes merged wherever all operands allow it."""
    dims: list[int] = []
    steps: list[list[int]] = [[] for _ in strides]
    for axis, dim in enumerate(shape):
        if dim == 1:
            continue
        now = [s[axis] for s in strides]
        mergeable = bool(dims) and all(
            before[-1] == step * dim for before, step in zip(steps, now, strict=True)
        )
        if mergeable:
            dims[-1] *= dim
            for before, step in zip(steps, now, strict=True):
                before[-1] = step
        else:
            dims.append(dim)
            for before, step in zip(steps, now, strict=True):
                before.append(step)
    if not dims:
        return [1], [[1] for _ in strides]
    return dims, steps
