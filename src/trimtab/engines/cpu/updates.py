"""Steps of the optimizers' updates, with the decay, scaling and condition around them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trimtab.engines.cpu.kernels import Operands, Step, emits
from trimtab.engines.cpu.values import CODES, root
from trimtab.ir.graph import Node, Value, constant, constant_of, is_leaf
from trimtab.passes.fold_constants import uniform_number


class Frame(NamedTuple):
    """An update and what stands around it that its step does too.

    Attributes:
        inputs: The update's inputs, before a decay of the parameter and a factor of the gradient.
        outputs: What the step gives: the update's outputs, or behind a condition the old values
            where it does not hold.
        kept: Those old values, by output; None without a condition.
        decay: What part of the parameter decays, a number; None without decay.
        factor: Factor of the gradient, a number; None without one.
        condition: Whether there is an update at all, a boolean; None where there always is.
        nodes: What the step does in all, in order.
    """

    inputs: list[Value]
    outputs: list[Value]
    kept: list[Value] | None
    decay: Value | None
    factor: Value | None
    condition: Value | None
    nodes: list[Node]


Reader = Callable[[Value], Node | None]


def frame_of(node: Node, reader: Reader) -> Frame:
    """The update with the decay, factor and condition around it that nothing else reads.

    Args:
        node: The update.
        reader: Gives the one node that reads a value, None if there are more.
    """
    inputs = [*node.inputs]
    position = len(inputs) - 1 - _NUMBERS[node.primitive.name]
    decay, before = _take_decay(node, inputs, reader)
    factor, scaling = _take_factor(node, inputs, position, reader)
    nodes = [*before, *scaling, node]
    chosen = _behind_condition(node, inputs[0], reader)
    if chosen is None:
        return Frame(inputs, [*node.outputs], None, decay, factor, None, nodes)
    outputs, kept = [n.outputs[0] for n in chosen], [n.inputs[2] for n in chosen]
    condition = _number(chosen[0].inputs[0])
    return Frame(inputs, outputs, kept, decay, factor, condition, [*nodes, *chosen])


def _take_decay(node: Node, inputs: list[Value], reader: Reader) -> tuple[Value | None, list[Node]]:
    less = inputs[0].node
    if less.primitive.name != "subtract" or reader(inputs[0]) is not node:
        return None, []
    whole, lost = less.inputs
    part = _times_number(lost, whole) if reader(lost) is less else None
    if part is None or constant_of(whole) is not None:
        return None, []
    inputs[0] = whole
    return part, [lost.node, less]


def _take_factor(
    node: Node, inputs: list[Value], position: int, reader: Reader
) -> tuple[Value | None, list[Node]]:
    product = inputs[position].node
    if product.primitive.name != "multiply" or reader(inputs[position]) is not node:
        return None, []
    for given, other in (product.inputs, product.inputs[::-1]):
        number = _number(other)
        if number is not None and _number(given) is None and constant_of(given) is None:
            inputs[position] = given
            return number, [product]
    return None, []


def _behind_condition(node: Node, parameter: Value, reader: Reader) -> list[Node] | None:
    """The choices between each output and an old value, on one condition; None if not all are."""
    chosen: list[Node] = []
    for output, before in zip(node.outputs, _old_values(node, parameter), strict=True):
        choice = reader(output)
        if choice is None or choice.primitive.name != "where" or choice.inputs[1] is not output:
            return None
        old = choice.inputs[2]
        is_state = is_leaf(old.node) and constant_of(old) is None
        if not is_state or (before is not None and old is not before):
            return None
        condition = _number(choice.inputs[0])
        if condition is None or (chosen and condition is not _number(chosen[0].inputs[0])):
            return None
        chosen.append(choice)
    return chosen


def _old_values(node: Node, parameter: Value) -> list[Value | None]:
    """What each output replaces; None where the update does not read it."""
    if node.primitive.name == "adafactor_update" and len(node.outputs) == 4:
        return [parameter, None, *node.inputs[1:3]]
    return [parameter, *node.inputs[1 : len(node.outputs)]]


def _times_number(product: Value, whole: Value) -> Value | None:
    """The number that `product` is `whole` times; None if it isn't."""
    if product.node.primitive.name != "multiply":
        return None
    a, b = product.node.inputs
    return _number(b) if a is whole else _number(a) if b is whole else None


def _number(value: Value) -> Value | None:
    """The memory of a number that is repeated to a larger shape."""
    array = constant_of(value)
    single = None if array is None or value.size == 1 else uniform_number(array)
    if single is not None:
        return constant(np.asarray(single, value.dtype))
    if value.node.primitive.name != "broadcast_to" or value.node.inputs[0].size != 1:
        return None
    source = root(value.node.inputs[0])
    return None if source.node.primitive.name == "broadcast_to" else source


def update_step(node: Node, frame: Frame | None) -> Step:
    """An update's step, with what stands around it."""
    if frame is None:
        frame = Frame([*node.inputs], [*node.outputs], None, None, None, None, [node])
    step = _STEPS[node.primitive.name](node, frame)
    around = [frame.decay, frame.factor, frame.condition]
    return step._replace(operands=[*step.operands, *around])


def _sgd(node: Node, frame: Frame) -> Step:
    parameter, *slots, gradient, rate = frame.inputs
    operands: Operands = [parameter, slots[0] if slots else None, gradient, rate, *frame.outputs]
    operands += [None] * (6 - len(operands))
    ints = [CODES[parameter.dtype], parameter.size, int(node.attrs["nesterov"])]
    return Step("sgd", operands, ints, [node.attrs["momentum"]])


def _adam(node: Node, frame: Frame) -> Step:
    parameter, m, v, *largest, gradient, alpha = frame.inputs
    operands: Operands = [parameter, m, v, gradient, alpha, *frame.outputs[:3]]
    if node.attrs["amsgrad"]:
        operands += [largest[0], frame.outputs[3]]
    attrs = node.attrs
    ints = [CODES[parameter.dtype], parameter.size, int(attrs["amsgrad"])]
    return Step("adam", operands, ints, [attrs["beta_1"], attrs["beta_2"], attrs["epsilon"]])


def _lamb(node: Node, frame: Frame) -> Step:
    attrs, parameter = node.attrs, frame.inputs[0]
    ints = [CODES[parameter.dtype], parameter.size]
    floats = [attrs["beta_1"], attrs["beta_2"], attrs["epsilon"]]
    return Step("lamb", [*frame.inputs, *frame.outputs], ints, floats)


def _adafactor(node: Node, frame: Frame) -> Step:
    parameter, *averages, gradient, rate, kept = frame.inputs
    shape, outputs = parameter.shape, frame.outputs
    is_vector = len(averages) == 1
    # Of matrices the old average is only read to be kept.
    old = averages[0] if is_vector else None if frame.kept is None else frame.kept[1]
    operands: Operands = [parameter, old, gradient, rate, kept, *outputs[:2]]
    operands += [None] * 4 if is_vector else [*averages, *outputs[2:]]
    sizes = [1, 1, parameter.size] if is_vector else [math.prod(shape[:-2]), *shape[-2:]]
    floats = [node.attrs[name] for name in ("epsilon_1", "epsilon_2", "clip_threshold")]
    return Step("adafactor", operands, [CODES[parameter.dtype], *sizes], floats)


_STEPS: dict[str, Callable[[Node, Frame], Step]] = {
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
