"""Repairs that change no output: what `audit` calls fixable."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.batchnorm.audit_subject import AuditSubject, Training
from trimtab.batchnorm.call_graph import CallGraph, CallNode
from trimtab.batchnorm.rewriting import Edit, rewritten
from trimtab.batchnorm.rules import chosen
from trimtab.batchnorm.structure_rules import bias_before
from trimtab.batchnorm.thresholds import thresholds_with
from trimtab.core import tree

# Epsilon that BN204's repair sets: Keras's default.
_EPSILON = 1e-3
_REPAIRS = ("BN104", "BN202", "BN204")


@dataclasses.dataclass(frozen=True)
class Repaired:
    """A repaired model, and what was done.

    Attributes:
        model: The new model; the old one is as it was.
        changes: A sentence a change.
    """

    model: Any
    changes: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.changes) or "nothing to repair"


def repair(
    model: Any, select: Sequence[str] | None = None, ignore: Sequence[str] | None = None
) -> Repaired:
    """A new model in which what `audit` finds and calls fixable is repaired; outputs stay.

    BN104: the bias goes, and the moving mean becomes `moving_mean - bias`: exact in training and in
    inference. BN202: `momentum` becomes 1 - momentum: it counts in training only. BN204: `epsilon`
    becomes 1e-3 and gamma is multiplied by `sqrt((moving_variance + 1e-3) / (moving_variance +
    epsilon))`: exact in inference, up to rounding.

    Args:
        model: A Sequential or functional model.
        select: Codes of the rules whose findings to repair; all that can be if None.
        ignore: Those to leave.

    Raises:
        TypeError: If it is no model.
        ValueError: If it is a subclass with a `call` of its own, or a code names no rule.
    """
    codes = [rule.code for rule in chosen(["BN"], select, ignore) if rule.code in _REPAIRS]
    subject = AuditSubject(
        model, CallGraph(model), None, Training(), None, None, thresholds_with(None)
    )
    changes: dict[int, _Change] = {}
    if "BN104" in codes:
        _drop_biases(subject, changes)
    for node in subject.batch_norms:
        if "BN202" in codes:
            _turn_momentum(subject, node, changes)
        if "BN204" in codes:
            _set_epsilon(subject, node, changes)
    edit = Edit()
    for change in changes.values():
        edit.replace(change.layer, change.values, **change.config)
    told = tuple(text for change in changes.values() for text in change.told)
    return Repaired(rewritten(model, edit), told)


@dataclasses.dataclass
class _Change:
    layer: Any
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    told: list[str] = dataclasses.field(default_factory=list)


def _of(layer: Any, changes: dict[int, _Change]) -> _Change:
    return changes.setdefault(id(layer), _Change(layer))


def _drop_biases(subject: AuditSubject, changes: dict[int, _Change]) -> None:
    for node in subject.training_batch_norms:
        source = bias_before(subject, node)
        if source is None or source.operation.bias is None:
            continue
        norm, layer = node.operation, source.operation
        bias = np.asarray(layer.bias.numpy(), np.float64)
        mean = np.asarray(norm.moving_mean.numpy(), np.float64)
        dropped, moved = _of(layer, changes), _of(norm, changes)
        dropped.config["use_bias"] = False
        moved.values["moving_mean"] = (mean - bias).astype(norm.moving_mean.dtype)
        dropped.told.append(
            f"BN104 {source.label}: {bias.size} biases dropped, taken off the moving mean of "
            f"'{node.label}'"
        )


def _turn_momentum(subject: AuditSubject, node: CallNode, changes: dict[int, _Change]) -> None:
    momentum = node.operation.momentum
    if node.operation.trainable and 0 < momentum < min(0.5, subject.thresholds["BN202.low"]):
        change = _of(node.operation, changes)
        change.config["momentum"] = 1 - momentum
        change.told.append(f"BN202 {node.label}: momentum {momentum:g} is now {1 - momentum:g}")


def _set_epsilon(subject: AuditSubject, node: CallNode, changes: dict[int, _Change]) -> None:
    layer = node.operation
    old = layer.epsilon
    is_off = (
        old >= subject.thresholds["BN204.large"] or 0 < old <= subject.thresholds["BN204.small"]
    )
    if not is_off or layer.gamma is None:
        return
    change = _of(layer, changes)
    variance = np.asarray(layer.moving_variance.numpy(), np.float64)
    factor = np.sqrt((variance + _EPSILON) / (variance + old))
    change.config["epsilon"] = _EPSILON
    change.values["gamma"] = (np.asarray(layer.gamma.numpy()) * factor).astype(layer.gamma.dtype)
    change.told.append(
        f"BN204 {node.label}: epsilon {old:g} is now {_EPSILON:g}, gamma makes up for it"
    )


def largest_difference(old: Any, new: Any, seed: int = 0, rows: int = 64) -> float:
    """The largest difference of the outputs of two models on random inputs, in inference mode.

    Args:
        old: A model.
        new: A model with the same inputs.
        seed: Seed of the inputs, which are normal.
        rows: How many.

    Returns:
        It, over the largest output.
    """
    random = np.random.default_rng(seed)

    def made(x: Any) -> Any:
        shape = (rows, *(8 if dim is None else dim for dim in x.shape[1:]))
        if not str(x.dtype).startswith("float"):
            return np.ones(shape, x.dtype)
        return random.normal(size=shape).astype(x.dtype)

    inputs = tree.map_structure(made, old.input)
    outputs = [
        np.concatenate(
            [np.asarray(y).reshape(-1) for y in tree.flatten(m.predict(inputs, verbose=0))]
        )
        for m in (old, new)
    ]
    scale = float(np.abs(outputs[0]).max()) or 1.0
    return float(np.abs(outputs[0] - outputs[1]).max()) / scale
