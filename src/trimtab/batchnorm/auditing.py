"""`audit`: what can be said of a model's Batch Normalization without running it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from trimtab import optimizers
from trimtab.batchnorm import catalogue as catalogue
from trimtab.batchnorm.audit_subject import AuditSubject, Training
from trimtab.batchnorm.call_graph import CallGraph
from trimtab.batchnorm.findings import Finding, Report, in_order
from trimtab.batchnorm.rules import Rule, chosen
from trimtab.batchnorm.thresholds import thresholds_with
from trimtab.core import tree
from trimtab.layers.base import Layer


def audit(
    model: Any,
    optimizer: Any = None,
    data: Any = None,
    batch_size: int | None = None,
    epochs: int | None = None,
    *,
    steps_per_epoch: int | None = None,
    validation_split: float = 0.0,
    shuffle: bool = True,
    ordered: bool = False,
    callbacks: Sequence[Any] = (),
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    suppress: Mapping[str, str] | None = None,
    baseline: Iterable[str] = (),
    thresholds: Mapping[str, float] | None = None,
) -> Report:
    """Looks for faults in how a model uses Batch Normalization: the rules BN101 to BN305.

    The model is not changed, and not run, but to measure what a dropout gets if there are data.
    Each argument that is left out leaves out the rules that need it: without `batch_size`, for
    example, nothing is said of small batches.

    Args:
        model: A built model; an unbuilt one is built for the shape of `data`.
        optimizer: An optimizer or its name; that of `compile` if None.
        data: `(x, y)`, or `x` alone; for their number, the order of the labels, and padding.
        batch_size: Rows a batch of training; 32, as in `fit`, if None and `epochs` are given.
        epochs: Epochs of training.
        steps_per_epoch: Batches an epoch, where they do not follow from the data.
        validation_split: As it will be given to `fit`.
        shuffle: As it will be given to `fit`.
        ordered: Whether the rows have an order that must be kept, as in time series.
        callbacks: As they will be given to `fit`.
        select: Codes or beginnings of codes of the rules to run; all if None.
        ignore: Those to leave out.
        suppress: "BN104 layer" -> the reason for which that finding does not count; "BN104" alone
            stands for all layers.
        baseline: Keys of findings that are known and not reported; see `read_baseline`.
        thresholds: Name -> number, instead of those of the table in docs/rules.md.

    Returns:
        The findings, the gravest first.

    Raises:
        TypeError: If `model` is no model.
        ValueError: If it is not built and there is no data to build it for, or an argument is not
            as it must be.

    >>> from trimtab import Input, Sequential, layers
    >>> from trimtab.batchnorm import audit
    >>> net = Sequential(
    ...     [
    ...         Input((4,)),
    ...         layers.Dense(8, name="hidden"),
    ...         layers.BatchNormalization(name="bn"),
    ...         layers.ReLU(),
    ...         layers.Dense(1),
    ...     ]
    ... )
    >>> print(audit(net, batch_size=4, select=["BN104", "BN302"]))
    sequential: 1 warning, 1 note
    warn  BN302 bn: batches of 4 rows give 4 values a channel: its variance is off by about 82 % ...
          fix: larger batches, GroupNormalization, renorm=True, frozen statistics, or recalibrate...
    info  BN104 hidden: its bias (8 parameters) is taken out again by 'bn'
          fix: use_bias=False; on trained weights exactly: moving_mean <- moving_mean - bias, ...
    """
    values = thresholds_with(thresholds)
    rules = chosen(["BN"], select, ignore)
    check_suppressions(suppress)
    training = _training(batch_size, epochs, steps_per_epoch, validation_split)
    training = dataclasses.replace(
        training, shuffle=bool(shuffle), ordered=bool(ordered), callbacks=tuple(callbacks)
    )
    x, y = _parts(data)
    rows = _rows(x, y)
    if rows is not None:
        kept = rows - (rows - math.floor(rows * (1 - validation_split)))
        training = dataclasses.replace(training, rows=kept)
    _build(model, x)
    graph = CallGraph(model)
    chosen_optimizer = _optimizer(model, optimizer)
    subject = AuditSubject(model, graph, chosen_optimizer, training, x, y, values)
    return report_of(subject, rules, suppress, baseline)


def report_of(
    subject: AuditSubject,
    rules: Sequence[Rule],
    suppress: Mapping[str, str] | None = None,
    baseline: Iterable[str] = (),
) -> Report:
    """What `rules` find on a subject."""
    notes = list(subject.graph.notes)
    findings: list[Finding] = []
    if not subject.all_batch_norms:
        notes.append("the model has no BatchNormalization, so there is little to audit")
    for rule in rules:
        findings += rule.check(subject)
    return filtered(str(subject.model.name), findings, notes, suppress, baseline)


def filtered(
    title: str,
    findings: Sequence[Finding],
    notes: Sequence[str],
    suppress: Mapping[str, str] | None,
    baseline: Iterable[str],
) -> Report:
    """A report of findings, those suppressed marked, those of a baseline counted only."""
    known = set(baseline)
    marked = [_suppressed(finding, suppress or {}) for finding in findings]
    new = [finding for finding in marked if finding.key not in known]
    return Report(title, in_order(new), tuple(notes), len(marked) - len(new))


def check_suppressions(suppress: Mapping[str, str] | None) -> None:
    """Checks the argument `suppress`.

    Raises:
        ValueError: If an entry names no rule, or gives no reason.
    """
    for key, reason in (suppress or {}).items():
        chosen(["BN", "BH"], [key.split(" ", 1)[0]], None)
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"suppress: {key!r} needs a reason, as text; got {reason!r}")


def _suppressed(finding: Finding, suppress: Mapping[str, str]) -> Finding:
    reason = suppress.get(finding.key) or suppress.get(finding.code)
    return finding if not reason else dataclasses.replace(finding, suppressed=reason)


def _training(
    batch_size: int | None,
    epochs: int | None,
    steps_per_epoch: int | None,
    validation_split: float,
) -> Training:
    sizes = {"batch_size": batch_size, "epochs": epochs, "steps_per_epoch": steps_per_epoch}
    for name, value in sizes.items():
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1
        ):
            raise ValueError(f"audit: `{name}` must be a whole number from 1 on; got {value!r}")
    if not 0 <= validation_split < 1:
        raise ValueError(f"audit: `validation_split` must lie in [0, 1); got {validation_split!r}")
    if batch_size is None and epochs is not None:
        batch_size = 32
    return Training(batch_size, None, steps_per_epoch, epochs, float(validation_split))


def _parts(data: Any) -> tuple[Any, Any]:
    if isinstance(data, tuple):
        if len(data) not in (1, 2, 3):
            raise ValueError(
                f"audit: `data` must be x, or the tuple (x, y); got a tuple of {len(data)}"
            )
        return data[0], data[1] if len(data) > 1 else None
    return data, None


def _rows(x: Any, y: Any) -> int | None:
    arrays = [a for a in tree.flatten([x, y]) if a is not None]
    if not arrays:
        return None
    counts = set()
    for array in arrays:
        if not hasattr(array, "__len__"):
            raise ValueError(
                f"audit: `data` must hold arrays, of a row an example; got {type(array).__name__}"
            )
        counts.add(len(array))
    if len(counts) > 1:
        raise ValueError(f"audit: `data` must have equally many rows in all parts; got {counts}")
    return counts.pop()


def _build(model: Any, x: Any) -> None:
    if not isinstance(model, Layer):
        raise TypeError(f"audit: `model` must be a model; got {model!r} ({type(model).__name__})")
    if not model.built and x is not None:
        shapes = tree.map_structure(lambda a: (None, *np.shape(a)[1:]), x)
        model.build(shapes)


def _optimizer(model: Any, optimizer: Any) -> Any:
    return getattr(model, "optimizer", None) if optimizer is None else optimizers.get(optimizer)
