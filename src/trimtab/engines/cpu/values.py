"""Which memory a value is, and how an elementwise operand walks it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from trimtab.ir.graph import Node, Value, constant_of
from trimtab.passes.fold_constants import uniform_number

# Codes of the element types that kernels know; cpp/base/dtype.h has the same list.
CODES = {"float32": 0, "float64": 1, "int32": 2, "int64": 3, "uint32": 4, "uint8": 5, "bool": 6}
# In memory only, of the kernels that say so; what is computed on is float32.
CODES_WITH_HALF = {**CODES, "bfloat16": 11}
# Further types that rows may have before they are converted while gathered.
SOURCE_CODES = {**CODES, "int8": 7, "int16": 8, "uint16": 9, "float16": 10}

_ALIASES = frozenset({"reshape", "stop_gradient"})


def root(value: Value) -> Value:
    """The value whose memory `value` is: reshapes move nothing."""
    while value.node.primitive.name in _ALIASES:
        value = value.node.inputs[0]
    return value


@lru_cache(maxsize=4096)
def contiguous_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Row-major strides in elements."""
    strides, step = [], 1
    for dim in reversed(shape):
        strides.append(step)
        step *= dim
    return tuple(reversed(strides))


@lru_cache(maxsize=4096)
def broadcast_strides(source: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides with which a contiguous tensor of shape `source` is read as `shape`."""
    lead = len(shape) - len(source)
    steps = contiguous_strides(source)
    return (*(0,) * lead, *(0 if d == 1 else s for d, s in zip(source, steps, strict=True)))


class Operand(NamedTuple):
    """An operand of an elementwise node: a number, or memory with strides."""

    value: Value | None
    strides: tuple[int, ...]
    number: Any


def operand(value: Value) -> Operand:
    """How an elementwise node reads `value`, looking through broadcasts."""
    array = constant_of(value)
    if array is not None:
        number = uniform_number(array)
        if number is not None:
            return Operand(None, (), number)
    if value.node.primitive.name == "broadcast_to":
        source = value.node.inputs[0]
        return Operand(root(source), broadcast_strides(source.shape, value.shape), None)
    return Operand(root(value), contiguous_strides(value.shape), None)


def is_direct(value: Value) -> bool:
    """Whether `value` is its own memory, element for element: neither reshaped nor broadcast."""
    return value.node.primitive.name not in _ALIASES and value.node.primitive.name != "broadcast_to"


def has_kernel_types(node: Node) -> bool:
    """Whether all operands and results have types that kernels know."""
    return all(v.dtype in CODES_WITH_HALF for v in (*node.inputs, *node.outputs))
