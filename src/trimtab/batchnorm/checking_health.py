"""`health`: whether a model's Batch Normalization works, measured on data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.batchnorm import catalogue as catalogue
from trimtab.batchnorm.auditing import check_suppressions, filtered
from trimtab.batchnorm.findings import Finding, Report
from trimtab.batchnorm.gap_causes import CAUSES, Cause
from trimtab.batchnorm.health_statistics_rules import broken_state
from trimtab.batchnorm.health_subject import HealthSubject, rows_of
from trimtab.batchnorm.rewriting import batchnorms
from trimtab.batchnorm.row_scores import Scores
from trimtab.batchnorm.rules import RULES, chosen
from trimtab.batchnorm.running_modes import left_as_it_was
from trimtab.batchnorm.thresholds import thresholds_with
from trimtab.core import tree
from trimtab.layers.base import Layer

_MODES = {
    "training": "batch statistics, dropout on",
    "batch": "batch statistics, dropout off",
    "exact": "exact statistics (inference)",
    "moving": "moving statistics (inference)",
}


@dataclasses.dataclass(frozen=True)
class LayerHealth:
    """How one Batch Normalization stands.

    Attributes:
        layer: Its name.
        updates: How many updates its moving statistics have seen since it was made.
        initial_share: The part of the initial statistics that is left.
        distance: How far the moving mean is off, in exact deviations, the median over channels.
        ratio: Moving over exact variance, the median over channels.
        gap: How far outputs in inference are from those with batch statistics, in deviations.
    """

    layer: str
    updates: int
    initial_share: float
    distance: float
    ratio: float
    gap: float


@dataclasses.dataclass(frozen=True, repr=False)
class HealthReport(Report):
    """The findings of `health`, and what was measured.

    Attributes:
        rows: How many rows were measured on.
        batch_size: Rows a batch.
        scores: Mode -> (loss, accuracy) on the same rows; None where there is no such number.
        causes: The parts of the gap between exact and moving statistics; they add up to it.
        layers: The Batch Normalizations in the order of the data's flow.
    """

    rows: int = 0
    batch_size: int = 0
    scores: Mapping[str, tuple[float | None, float | None]] = dataclasses.field(
        default_factory=dict
    )
    causes: tuple[Cause, ...] = ()
    layers: tuple[LayerHealth, ...] = ()

    @property
    def gap(self) -> float | None:
        """By how much the loss is higher in inference than with batch statistics."""
        losses = [self.scores.get(mode, (None, None))[0] for mode in ("moving", "batch")]
        return None if losses[0] is None or losses[1] is None else losses[0] - losses[1]

    def verdict(self) -> str:
        """One sentence."""
        grave = [f for f in self.active if f.severity != "info"]
        if not grave:
            return "Batch Normalization is consistent: training and inference agree on these rows."
        # The gap itself says more than what it comes from.
        first = next((f for f in grave if f.code == "BH410"), grave[0])
        where = f" ({first.layer})" if first.layer else ""
        return f"{first.message[:1].upper()}{first.message[1:]}{where}."

    def text(self, show_info: bool = True) -> str:
        """The report as text: verdict, the modes, the parts of the gap, layers, findings."""
        lines = [self.verdict(), ""]
        if self.scores:
            lines.append(f"{self.rows:,} rows in batches of {self.batch_size}, the same in each:")
            lines += [f"  {_MODES[mode]:32} {_score(*pair)}" for mode, pair in self.scores.items()]
        if self.causes and any(abs(cause.loss) > 1e-6 for cause in self.causes):
            lines.append("From exact to moving statistics the loss changes by:")
            for cause in self.causes:
                lines.append(f"  {cause.loss:+10.4g}  {cause.name}: {CAUSES[cause.name]}")
        if self.layers:
            lines.append("Layers (moving mean off by / variance times / outputs off by):")
            for layer in self.layers:
                lines.append(
                    f"  {layer.layer:24} {layer.distance:8.3g} {layer.ratio:8.3g} {layer.gap:8.3g}"
                    f"   {_age(layer)}"
                )
        return "\n".join([*lines, "", super().text(show_info)])

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON can hold it."""
        return {
            **super().as_dict(),
            "verdict": self.verdict(),
            "rows": self.rows,
            "batch_size": self.batch_size,
            "scores": {
                m: {"loss": pair[0], "accuracy": pair[1]} for m, pair in self.scores.items()
            },
            "causes": [dataclasses.asdict(cause) for cause in self.causes],
            "layers": [dataclasses.asdict(layer) for layer in self.layers],
        }

    __str__ = text
    __repr__ = text


def _age(layer: LayerHealth) -> str:
    """How old statistics are; a file keeps no count of updates, so then by an estimate."""
    share = f"{100 * layer.initial_share:.3g} % initial"
    is_estimate = layer.updates == 0 and layer.initial_share < 1
    return f"about {share}" if is_estimate else f"{layer.updates:,} updates, {share}"


def _score(loss: float | None, accuracy: float | None) -> str:
    parts = [] if loss is None else [f"loss {loss:.4g}"]
    parts += [] if accuracy is None else [f"accuracy {100 * accuracy:.1f} %"]
    return ", ".join(parts) or "no targets to score by"


def health(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 32,
    validation_data: Any = None,
    groups: Any = None,
    shuffle: bool = True,
    folded: Any = None,
    rows: int = 10_000,
    seed: int = 0,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    suppress: Mapping[str, str] | None = None,
    baseline: Iterable[str] = (),
    thresholds: Mapping[str, float] | None = None,
) -> HealthReport:
    """Measures whether a model does in inference what it does in training: rules BH401 to BH415.

    The same rows run with the statistics of their batches, with the moving ones and with exact
    ones, and the gap between them is split into its causes. Weights, statistics and the states of
    random generators are as before afterwards, bit by bit.

    Args:
        model: A built model; compiled, for losses.
        x: Inputs, of training, in the structure of the model's.
        y: Targets; without them statistics are compared, and no losses.
        batch_size: Rows a batch, as in training.
        validation_data: Held-out `(x, y)`.
        groups: A group for each row, such as a domain or a device.
        shuffle: Whether the model trains on shuffled rows.
        folded: The model with its normalisations folded, to compare with.
        rows: How many rows to measure on at most, drawn with `seed`.
        seed: Seed of that draw and of the order in batches.
        select: As for `audit`.
        ignore: As for `audit`.
        suppress: As for `audit`.
        baseline: As for `audit`.
        thresholds: As for `audit`.

    Returns:
        The findings, the gravest first, and the figures.

    Raises:
        TypeError: If `model` is no model.
        ValueError: If it is not built, has no Batch Normalization, or the data do not fit it.
    """
    _check(model, batch_size, rows)
    values = thresholds_with(thresholds)
    rules = chosen(["BH"], select, ignore)
    check_suppressions(suppress)
    measured = rows_of(x, y, batch_size, rows, seed)
    held_out = None
    if validation_data is not None:
        held_x, held_y = _pair(validation_data)
        held_out = rows_of(held_x, held_y, batch_size, rows, seed, "health, validation_data")
    broken = [norm for norm in batchnorms(model) if norm.built and broken_state(norm)]
    if broken:
        return _broken(model, broken, suppress, baseline)
    with left_as_it_was(model):
        subject = HealthSubject(
            model, measured, held_out, _groups(groups, measured), shuffle, folded, values
        )
        findings = [finding for rule in rules for finding in rule.check(subject)]
        report = filtered(str(model.name), findings, _notes(subject), suppress, baseline)
        return _report(subject, report)


def _check(model: Any, batch_size: int, rows: int) -> None:
    if not isinstance(model, Layer):
        raise TypeError(f"health: `model` must be a model; got {model!r} ({type(model).__name__})")
    if not model.built:
        raise ValueError(
            f"health: '{model.name}' is not built; begin it with an Input, or call it on data"
        )
    if not batchnorms(model):
        raise ValueError(
            f"health: '{model.name}' has no BatchNormalization, so it is none that makes its "
            "results in training and inference differ; place(model) adds some"
        )
    for name, value in (("batch_size", batch_size), ("rows", rows)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"health: `{name}` must be a whole number from 1 on; got {value!r}")


def _pair(data: Any) -> tuple[Any, Any]:
    if isinstance(data, tuple) and len(data) in (2, 3):
        return data[0], data[1]
    raise ValueError(
        f"health: `validation_data` must be the tuple (x, y); got {type(data).__name__}"
    )


def _groups(groups: Any, measured: Any) -> Any:
    if groups is None:
        return None
    array = np.asarray(groups)
    if array.ndim != 1 or len(array) != measured.data.rows:
        raise ValueError(
            f"health: `groups` must hold one group for each of the {measured.data.rows} rows; got "
            f"shape {array.shape}"
        )
    return array


def _broken(
    model: Any, broken: Sequence[Any], suppress: Mapping[str, str] | None, baseline: Iterable[str]
) -> HealthReport:
    """A report of layers whose state is no number: nothing else can be measured."""
    known = RULES["BH406"]
    findings = [
        Finding(
            "BH406",
            known.name,
            "error",
            norm.name,
            f"its {broken_state(norm)}",
            known.fix,
            known.source,
            numbers={"what": broken_state(norm)},
        )
        for norm in broken
    ]
    notes = ["with such a state nothing else can be measured"]
    report = filtered(str(model.name), findings, notes, suppress, baseline)
    return HealthReport(report.title, report.findings, report.notes, report.known)


def _notes(subject: HealthSubject) -> list[str]:
    notes, rows = list(subject.notes), subject.rows
    if rows.y is None:
        notes.append("no targets were given, so losses are not compared")
    elif subject.scores["moving"].loss is None and subject.scores["moving"].accuracy is None:
        notes.append("the model is not compiled with a loss for these targets: nothing is scored")
    if len(rows.order) < rows.data.rows:
        notes.append(f"measured on {len(rows.order):,} of {rows.data.rows:,} rows")
    if len(rows.order) < 100:
        notes.append(f"{len(rows.order)} rows are few: statistics of so few are rough themselves")
    labels = [np.asarray(a) for a in tree.flatten(rows.y) if a is not None]
    if len(labels) == 1 and len(labels[0]) and bool((labels[0] == labels[0][0]).all()):
        notes.append("all targets are the same, so an accuracy says nothing")
    if not any(norm.layer.trainable for norm in subject.norms):
        notes.append("all BatchNormalization layers are frozen, so training and inference agree")
    return notes


def _report(subject: HealthSubject, report: Report) -> HealthReport:
    def numbers(found: Scores) -> tuple[float | None, float | None]:
        return found.loss, found.accuracy

    has_targets = subject.rows.y is not None
    order = ("training", "batch", "exact", "moving")
    found = {mode: numbers(subject.scores[mode]) for mode in order} if has_targets else {}
    gaps = {id(norm.layer): size for norm, size in subject.layer_gaps}
    layers = tuple(
        LayerHealth(
            norm.label,
            norm.layer.updates_seen,
            norm.share,
            float(np.median(norm.distance)),
            float(np.median(norm.ratio)),
            gaps.get(id(norm.layer), 0.0),
        )
        for norm in subject.norms
    )
    return HealthReport(
        report.title,
        report.findings,
        report.notes,
        report.known,
        len(subject.rows.used),
        subject.rows.size,
        found,
        tuple(subject.causes) if has_targets else (),
        layers,
    )
