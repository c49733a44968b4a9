"""Steps of the primitives that are not elementwise: kernel, operands in order, integers, floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from trimtab import dtypes
from trimtab.engines.cpu.values import CODES, CODES_WITH_HALF, contiguous_strides
from trimtab.ir.graph import Node, Value


class Temporary:
    """Memory that one node's steps pass between them."""

    __slots__ = ("nbytes",)

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes


Operands = list[Value | Temporary | None]


class Step(NamedTuple):
    """One call of a kernel. None stands for an operand that is left out."""

    kernel: str
    operands: Operands
    ints: list[int]
    floats: list[float]


Emit = Callable[[Node], list[Step]]
EMITTERS: dict[str, Emit] = {}


def emits(*names: str) -> Callable[[Emit], Emit]:
    """Registers a function that gives the steps of a node of these primitives."""

    def register(emit: Emit) -> Emit:
        for name in names:
            EMITTERS[name] = emit
        return emit

    return register


def split(shape: tuple[int, ...], axis: int) -> list[int]:
    """[elements before, along, after] `axis`."""
    return [math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])]


def copy_step(
    source: Value | Temporary,
    target: Value | Temporary,
    itemsize: int,
    dims: tuple[int, ...],
    source_strides: tuple[int, ...],
    target_strides: tuple[int, ...],
    offsets: tuple[int, int] = (0, 0),
) -> Step:
    """A strided copy; strides and offsets in elements."""
    ints = [itemsize, len(dims), *dims, *source_strides, *target_strides, *offsets]
    return Step("copy", [source, target], ints, [])


@emits("matmul")
def _matmul(node: Node) -> list[Step]:
    return [matmul_step(node, None, node.outputs[0])]


def matmul_step(node: Node, bias: Value | None, output: Value) -> Step:
    """A matrix product, with a row vector added where `bias` is given."""
    a, b = node.inputs
    transpose_a, transpose_b = node.attrs["transpose_a"], node.attrs["transpose_b"]
    m, k = a.shape[-2:][::-1] if transpose_a else a.shape[-2:]
    n = node.outputs[0].shape[-1]
    batch = math.prod(a.shape[:-2])
    ints = [CODES[a.dtype], batch, m, n, k, int(transpose_a), int(transpose_b), m * k, k * n]
    return Step("matmul", [a, b, bias, output], ints, [])


_REDUCTIONS = {
    "reduce_sum": 0,
    "reduce_max": 1,
    "reduce_min": 2,
    "reduce_prod": 3,
    "reduce_any": 4,
    "reduce_all": 5,
}
_SQUARE_SUM = 6


@emits(*_REDUCTIONS)
def _reduce(node: Node) -> list[Step]:
    return reduce_steps(node, node.inputs[0], _REDUCTIONS[node.primitive.name])


def square_sum_steps(node: Node, x: Value) -> list[Step]:
    """The sum of the squares of `x`, which the node takes."""
    return reduce_steps(node, x, _SQUARE_SUM)


def reduce_steps(node: Node, x: Value, code: int) -> list[Step]:
    """One step a run of neighbouring axes, the last run first."""
    output, dtype = node.outputs[0], CODES[x.dtype]
    runs: list[tuple[bool, int]] = []
    for axis, dim in enumerate(x.shape):
        reduced = axis in node.attrs["axes"]
        if dim == 1 and runs:
            continue
        if runs and runs[-1][0] == reduced:
            runs[-1] = (reduced, runs[-1][1] * dim)
        else:
            runs.append((reduced, dim))
    steps: list[Step] = []
    source: Value | Temporary = x
    while any(reduced for reduced, _ in runs):
        last = max(i for i, (reduced, _) in enumerate(runs) if reduced)
        outer = math.prod(dim for _, dim in runs[:last])
        inner = math.prod(dim for _, dim in runs[last + 1 :])
        count = runs[last][1]
        del runs[last]
        is_final = not any(reduced for reduced, _ in runs)
        target = output if is_final else Temporary(outer * inner * dtypes.itemsize(x.dtype))
        steps.append(Step("reduce", [source, target], [code, dtype, outer, count, inner], [1.0]))
        source = target
        code = _REDUCTIONS["reduce_sum"] if code == _SQUARE_SUM else code
    return steps or [Step("reduce", [x, output], [code, dtype, x.size, 1, 1], [1.0])]


@emits("argmax", "argmin")
def _arg_reduce(node: Node) -> list[Step]:
    x = node.inputs[0]
    ints = [
        int(node.primitive.name == "argmin"),
        CODES[x.dtype],
        *split(x.shape, node.attrs["axis"]),
    ]
    return [Step("arg_reduce", [x, node.outputs[0]], ints, [])]


@emits("cumsum", "cumprod")
def _cumulative(node: Node) -> list[Step]:
    x = node.inputs[0]
    op = int(node.primitive.name == "cumprod")
    ints = [op, CODES[x.dtype], *split(x.shape, node.attrs["axis"]), int(node.attrs["reverse"])]
    return [Step("cumulative", [x, node.outputs[0]], ints, [])]


@emits("broadcast_to")
def _broadcast(node: Node) -> list[Step]:
    x, output = node.inputs[0], node.outputs[0]
    lead = len(output.shape) - len(x.shape)
    steps = contiguous_strides(x.shape)
    strides = (*(0,) * lead, *(0 if d == 1 else s for d, s in zip(x.shape, steps, strict=True)))
    return [_whole_copy(x, output, strides)]


def _whole_copy(x: Value, output: Value, source_strides: tuple[int, ...], offset: int = 0) -> Step:
    return copy_step(
        x,
        output,
        dtypes.itemsize(x.dtype),
        output.shape,
        source_strides,
        contiguous_strides(output.shape),
        (offset, 0),
    )


@emits("transpose")
def _transpose(node: Node) -> list[Step]:
    x, output = node.inputs[0], node.outputs[0]
    steps = contiguous_strides(x.shape)
    return [_whole_copy(x, output, tuple(steps[a] for a in node.attrs["axes"]))]


@emits("slice")
def _slice(node: Node) -> list[Step]:
    x, output = node.inputs[0], node.outputs[0]
    steps = contiguous_strides(x.shape)
    strides = tuple(s * k for s, k in zip(steps, node.attrs["stride"], strict=True))
    offset = sum(s * i for s, i in zip(steps, node.attrs["start"], strict=True))
    return [_whole_copy(x, output, strides, offset)]


@emits("flip")
def _flip(node: Node) -> list[Step]:
    x, output = node.inputs[0], node.outputs[0]
    axes, steps = node.attrs["axes"], contiguous_strides(x.shape)
    strides = tuple(-s if i in axes else s for i, s in enumerate(steps))
    offset = sum(steps[a] * (x.shape[a] - 1) for a in axes if x.shape[a])
    return [_whole_copy(x, output, strides, offset)]


@emits("pad")
def _pad(node: Node) -> list[Step]:
    x, output = node.inputs[0], node.outputs[0]
    itemsize, steps = dtypes.itemsize(x.dtype), contiguous_strides(output.shape)
    strides = tuple(s * (i + 1) for s, i in zip(steps, node.attrs["interior"], strict=True))
    offset = sum(s * low for s, low in zip(steps, node.attrs["low"], strict=True))
    return [
        Step("fill", [output], [itemsize, output.size, 0], []),
        copy_step(x, output, itemsize, x.shape, contiguous_strides(x.shape), strides, (0, offset)),
    ]


@emits("concatenate")
def _concatenate(node: Node) -> list[Step]:
    output, axis = node.outputs[0], node.attrs["axis"]
    target, offset, made = contiguous_strides(output.shape), 0, []
    for x in node.inputs:
        made.append(
            copy_step(
                x,
                output,
                dtypes.itemsize(x.dtype),
                x.shape,
                contiguous_strides(x.shape),
                target,
                (0, offset * target[axis]),
            )
        )
        offset += x.shape[axis]
    return made


@emits("softmax")
def _softmax(node: Node) -> list[Step]:
    x = node.inputs[0]
    ints = [CODES[x.dtype], *split(x.shape, node.attrs["axis"]), int(node.attrs["is_log"])]
    return [Step("softmax", [x, node.outputs[0]], ints, [])]


@emits("softmax_gradient")
def _softmax_gradient(node: Node) -> list[Step]:
    g, y = node.inputs
    ints = [CODES[y.dtype], *split(y.shape, node.attrs["axis"]), int(node.attrs["is_log"])]
    return [Step("softmax_gradient", [g, y, node.outputs[0]], ints, [])]


@emits("batch_norm")
def _batch_norm(node: Node) -> list[Step]:
    return [batch_norm_step(node, node.inputs[0], node.outputs[0], None, False)]


def batch_norm_step(node: Node, x: Value, y: Value, added: Value | None, is_relu: bool) -> Step:
    """A batch normalization of `x`, with `added` added and a relu behind it if so."""
    attrs = node.attrs
    gamma = node.inputs[1] if attrs["scale"] else None
    beta = node.inputs[-1] if attrs["center"] else None
    ints = [CODES_WITH_HALF[x.dtype], *split(x.shape, attrs["axis"]), int(is_relu)]
    operands: Operands = [x, gamma, beta, y, *node.outputs[1:], added]
    return Step("batch_norm", operands, ints, [attrs["epsilon"]])


@emits("batch_norm_gradient")
def _batch_norm_gradient(node: Node) -> list[Step]:
    return [batch_norm_gradient_step(node, node.inputs[:2], node.outputs, None, False)]


def batch_norm_gradient_step(
    node: Node,
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    beta: Value | None,
    is_behind_relu: bool,
) -> Step:
    """The gradient from the cotangent, that of the relu behind the normalization if it is so."""
    g, x = inputs
    mean, variance, *gamma = node.inputs[2:]
    ints = [CODES_WITH_HALF[x.dtype], *split(x.shape, node.attrs["axis"]), int(is_behind_relu)]
    first = gamma[0] if gamma else None
    operands: Operands = [g, x, first, mean, variance, *outputs, beta]
    return Step("batch_norm_gradient", operands, ints, [node.attrs["epsilon"]])


@emits("dropout")
def _dropout(node: Node) -> list[Step]:
    x, key = node.inputs
    return [
        Step("dropout", [x, key, *node.outputs], [CODES[x.dtype], x.size], [node.attrs["rate"]])
    ]


@emits("random_bits")
def _random_bits(node: Node) -> list[Step]:
    return [Step("random_bits", [node.inputs[0], node.outputs[0]], [node.outputs[0].size], [])]


@emits("gather")
def _gather(node: Node) -> list[Step]:
    x, indices = node.inputs
    outer, size, inner = split(x.shape, node.attrs["axis"])
    ints = [dtypes.itemsize(x.dtype), outer, size, inner, indices.size, CODES[indices.dtype]]
    return [Step("gather", [x, indices, node.outputs[0]], ints, [])]


@emits("scatter_add")
def _scatter_add(node: Node) -> list[Step]:
    indices, updates = node.inputs
    outer, count, inner = split(updates.shape, node.attrs["axis"])
    ints = [CODES[updates.dtype], outer, node.attrs["size"], inner, count, CODES[indices.dtype]]
    return [Step("scatter_add", [indices, updates, node.outputs[0]], ints, [])]


__all__ = [
    "EMITTERS",
    "Step",
    "Temporary",
    "batch_norm_gradient_step",
    "batch_norm_step",
    "copy_step",
    "emits",
    "matmul_step",
    "reduce_steps",
    "split",
    "square_sum_steps",
]
