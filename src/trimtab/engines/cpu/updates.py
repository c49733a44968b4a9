"""Steps of the optimizers' updates, with the weight decay and scaling of gradients before them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from trimtab.engines.cpu.kernels import Operands, Step, emits
from trimtab.engines.cpu.values import CODES, root
from trimtab.ir.graph import Node, Value, constant_of


class Scaled(NamedTuple):
    """An update's operands where it decays the parameter, or scales the gradient, itself.

    Attributes:
        parameter: The parameter before its decay.
        gradient: The gradient before it is scaled.
        decay: What part of the parameter decays, a number; None without decay.
        factor: Factor of the gradient, a number; None without one.
        nodes: What the update's step does beside the update.
    """

    parameter: Value
    gradient: Value
    decay: Value | None
    factor: Value | None
    nodes: list[Node]


def gradient_position(node: Node) -> int:
    """Where an update's gradient stands among its inputs."""
    return len(node.inputs) - 1 - _NUMBERS[node.primitive.name]


def find_scales(node: Node, reader: Callable[[Value], Node | None]) -> Scaled | None:
    """The decay and scaling before an update, whose results nothing else reads; None if no such.

    Args:
        node: The update.
        reader: Gives the one node that reads a value, None if there are more.
    """
    parameter, gradient = node.inputs[0], node.inputs[gradient_position(node)]
    decay = factor = None
    nodes: list[Node] = []
    less = parameter.node
    if less.primitive.name == "subtract" and reader(parameter) is node:
        whole, lost = less.inputs
        part = _times_number(lost, whole) if reader(lost) is less else None
        if part is not None and constant_of(whole) is None:
            parameter, decay = whole, part
            nodes += [lost.node, less]
    if gradient.node.primitive.name == "multiply" and reader(gradient) is node:
        for given, other in (gradient.node.inputs, gradient.node.inputs[::-1]):
            number = _number(other)
            if number is not None and _number(given) is None and constant_of(given) is None:
                nodes.append(gradient.node)
                gradient, factor = given, number
                break
    return Scaled(parameter, gradient, decay, factor, nodes) if nodes else None


def _times_number(product: Value, whole: Value) -> Value | None:
    """The number that `product` is `whole` times; None if it isn't."""
    if product.node.primitive.name != "multiply":
        return None
    a, b = product.node.inputs
    return _number(b) if a is whole else _number(a) if b is whole else None


def _number(value: Value) -> Value | None:
    """The memory of a number that is repeated to a larger shape."""
    if value.node.primitive.name != "broadcast_to" or value.node.inputs[0].size != 1:
        return None
    source = root(value.node.inputs[0])
    return None if source.node.primitive.name == "broadcast_to" else source


def update_step(node: Node, scaled: Scaled | None) -> Step:
    """An update, with what `find_scales` found before it."""
    position = gradient_position(node)
    if scaled is None:
        scaled = Scaled(node.inputs[0], node.inputs[position], None, None, [])
    inputs = [*node.inputs]
    inputs[0], inputs[position] = scaled.parameter, scaled.gradient
    return _STEPS[node.primitive.name](node, inputs, [scaled.decay, scaled.factor])


def _sgd(node: Node, inputs: list[Value], scales: list[Value | None]) -> Step:
    parameter, *slots, gradient, rate = inputs
    operands: Operands = [parameter, slots[0] if slots else None, gradient, rate, *node.outputs]
    operands += [None] * (6 - len(operands))
    ints = [CODES[parameter.dtype], parameter.size, int(node.attrs["nesterov"])]
    return Step("sgd", [*operands, *scales], ints, [node.attrs["momentum"]])


def _adam(node: Node, inputs: list[Value], scales: list[Value | None]) -> Step:
    parameter, m, v, *largest, gradient, alpha = inputs
    operands: Operands = [parameter, m, v, gradient, alpha, *node.outputs[:3]]
    if node.attrs["amsgrad"]:
        operands += [largest[0], node.outputs[3]]
    attrs = node.attrs
    ints = [CODES[parameter.dtype], parameter.size, int(attrs["amsgrad"])]
    floats = [attrs["beta_1"], attrs["beta_2"], attrs["epsilon"]]
    return Step("adam", [*operands, *scales], ints, floats)


def _lamb(node: Node, inputs: list[Value], scales: list[Value | None]) -> Step:
    attrs, parameter = node.attrs, inputs[0]
    ints = [CODES[parameter.dtype], parameter.size]
    floats = [attrs["beta_1"], attrs["beta_2"], attrs["epsilon"]]
    return Step("lamb", [*inputs, *node.outputs, *scales], ints, floats)


def _adafactor(node: Node, inputs: list[Value], scales: list[Value | None]) -> Step:
    parameter, *averages, gradient, rate, kept = inputs
    shape, outputs = parameter.shape, node.outputs
    is_vector = len(averages) == 1
    operands: Operands = [parameter, averages[0] if is_vector else None, gradient, rate, kept]
    operands += outputs[:2]
    operands += [None] * 4 if is_vector else [*averages, *outputs[2:]]
    sizes = [1, 1, parameter.size] if is_vector else [math.prod(shape[:-2]), *shape[-2:]]
    floats = [node.attrs[name] for name in ("epsilon_1", "epsilon_2", "clip_threshold")]
    return Step("adafactor", [*operands, *scales], [CODES[parameter.dtype], *sizes], floats)


_STEPS: dict[str, Callable[[Node, list[Value], list[Value | None]], Step]] = {
    "sgd_update": _sgd,
    "adam_update": _adam,
    "lamb_update": _lamb,
    "adafactor_update": _adafactor,
}
# Numbers that follow the gradient.
_NUMBERS = {"sgd_update": 1, "adam_update": 1, "lamb_update": 3, "adafactor_update": 2}
UPDATES = frozenset(_STEPS)


@emits(*_STEPS)
def _update(node: Node) -> list[Step]:
    return [update_step(node, None)]
