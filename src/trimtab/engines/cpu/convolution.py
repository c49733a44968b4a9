"""Steps of convolutions and poolings."""

from __future__ import annotations

from typing import Protocol

from trimtab.engines.cpu.kernels import Operands, Step, emits
from trimtab.engines.cpu.values import CODES, CODES_WITH_HALF
from trimtab.ir.graph import Node, Value

_GEOMETRY = ("strides", "dilation", "low", "high")


class Tail(Protocol):
    """What a convolution's step computes behind it."""

    value: Value
    bias: Value | None
    added: Value | None


def _convolution_step(node: Node, x: Value, kernel: tuple[int, ...], y: Value) -> Step:
    attrs = node.attrs
    sizes = x.shape[1:-1]
    axes = zip(sizes, kernel, *(attrs[name] for name in _GEOMETRY), strict=True)
    channels = [x.shape[0], x.shape[-1], y.shape[-1], attrs["groups"]]
    ints = [
        CODES_WITH_HALF[x.dtype],
        *channels,
        len(sizes),
        *(number for axis in axes for number in axis),
    ]
    return Step(node.primitive.name, [*node.inputs, *node.outputs], ints, [])


@emits("convolution")
def _convolution(node: Node) -> list[Step]:
    x, w = node.inputs
    return [_convolution_step(node, x, w.shape[:-2], node.outputs[0])]


def convolution_step(node: Node, x: Value, w: Value, tail: Tail, flags: list[int]) -> Step:
    """A convolution of `x` with `w`, with a row vector and a tensor added where the tail has them.

    `flags`: whether a relu follows, and whether the kernel is constant until the plan is told.
    """
    step = _convolution_step(node, x, w.shape[:-2], tail.value)
    operands: Operands = [x, w, tail.value, tail.bias, tail.added]
    return Step(step.kernel, operands, [*step.ints, *flags], [])


@emits("convolution_input_gradient")
def _input_gradient(node: Node) -> list[Step]:
    g, w = node.inputs
    return [transposed_step(node, g, w, node.outputs[0], False)]


def transposed_step(node: Node, g: Value, w: Value, dx: Value, is_constant: bool) -> Step:
    """An input's gradient; `is_constant` says that the kernel is, until the plan is told."""
    step = _convolution_step(node, dx, w.shape[:-2], g)
    return Step(step.kernel, [g, w, dx], [*step.ints, int(is_constant)], [])


@emits("convolution_kernel_gradient")
def _kernel_gradient(node: Node) -> list[Step]:
    x, g = node.inputs
    return [kernel_gradient_step(node, x, g)]


def kernel_gradient_step(node: Node, x: Value, g: Value) -> Step:
    """A kernel's gradient."""
    step = _convolution_step(node, x, node.attrs["kernel"], g)
    return step._replace(operands=[x, g, *node.outputs])


def _pool_step(node: Node, x: Value, operands: list[Value]) -> Step:
    attrs, sizes = node.attrs, x.shape[1:-1]
    names = ("window", "strides", "low", "high")
    axes = zip(sizes, *(attrs[name] for name in names), strict=True)
    # Windows have no dilation, which stands between stride and padding.
    numbers = [n for size, window, stride, *pads in axes for n in (size, window, stride, 1, *pads)]
    ints = [CODES[x.dtype], x.shape[0], x.shape[-1], len(sizes), *numbers]
    return Step(node.primitive.name, [*operands], ints, [])


@emits("max_pool", "average_pool")
def _pool(node: Node) -> list[Step]:
    return [_pool_step(node, node.inputs[0], [*node.inputs, *node.outputs])]


@emits("max_pool_gradient", "average_pool_gradient")
def _pool_gradient(node: Node) -> list[Step]:
    return [_pool_step(node, node.outputs[0], [*node.inputs, *node.outputs])]
