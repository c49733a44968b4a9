"""`BatchNormHealth`: an eye on Batch Normalization while `fit` runs."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np

from trimtab.batchnorm.audit_subject import has_initial_statistics, knows_updates
from trimtab.batchnorm.checking_health import health
from trimtab.batchnorm.findings import Finding, Report
from trimtab.batchnorm.health_statistics_rules import broken_state
from trimtab.batchnorm.rewriting import batchnorms
from trimtab.batchnorm.rules import RULES
from trimtab.batchnorm.thresholds import thresholds_with
from trimtab.callbacks import Callback
from trimtab.callbacks.messages import print_message

Logs = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Trace:
    """One layer at the end of one epoch.

    Attributes:
        epoch: Number of the epoch, from 0.
        layer: The layer's name.
        updates: How many updates its statistics have seen.
        initial_share: The part of the initial statistics that is left.
        largest_gain: The largest |gamma| / sqrt(moving_variance + epsilon).
        least_gamma: The smallest |gamma|; 1 without gamma.
        drift: How far the moving mean went in this epoch, in deviations, at most.
    """

    epoch: int
    layer: str
    updates: int
    initial_share: float
    largest_gain: float
    least_gamma: float
    drift: float


class BatchNormHealth(Callback):
    """Watches the Batch Normalizations of a model in `fit`, and reports at its end.

    After each epoch it looks at their variables, which costs microseconds; a state that is no
    number is told at once. At the end it says what the rules find that need no data, BH401, BH402,
    BH406 to BH408, and with data all of `health`, as far as that fits into `budget`.

    Args:
        x: Some rows of training to measure on at the end; nothing is measured if None.
        y: Their targets.
        validation_data: As for `health`.
        batch_size: As for `health`; that of `fit` is not known here.
        budget: The part of the time of `fit` that measuring may take; if it would take more, the
            report says so. None sets no limit.
        rows: How many rows to measure on at most.
        verbose: Whether to print the report's findings at the end.

    Attributes:
        history: A `Trace` for each layer and epoch.
        report: The report of the last `fit`, None before.

    >>> from trimtab.batchnorm import BatchNormHealth
    >>> watch = BatchNormHealth()
    >>> watch.report is None
    True
    """

    def __init__(
        self,
        x: Any = None,
        y: Any = None,
        validation_data: Any = None,
        batch_size: int = 32,
        budget: float | None = 0.05,
        rows: int = 1024,
        verbose: bool = True,
    ) -> None:
        super().__init__()
        if budget is not None and not 0 < budget <= 1:
            raise ValueError(f"BatchNormHealth: `budget` must lie in (0, 1]; got {budget!r}")
        self.x, self.y, self.validation_data = x, y, validation_data
        self.batch_size = batch_size
        self.budget = budget
        self.rows = rows
        self.verbose = verbose
        self.history: list[Trace] = []
        self.report: Report | None = None
        self._means: dict[int, Any] = {}
        self._broken: set[str] = set()
        # Layers whose statistics are of an earlier training, which a file does not count.
        self._loaded: set[int] = set()
        self._seconds = 0.0
        self._began = 0.0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Starts anew."""
        self.history, self.report = [], None
        self._means, self._broken = {}, set()
        self._loaded |= {
            id(norm)
            for norm in batchnorms(self.model)
            if norm.built and norm.updates_seen == 0 and not has_initial_statistics(norm)
        }
        self._seconds, self._began = 0.0, time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Looks at the variables."""
        start = time.perf_counter()
        for norm in batchnorms(self.model):
            if norm.built:
                self._look(epoch, norm)
        self._seconds += time.perf_counter() - start

    def _look(self, epoch: int, norm: Any) -> None:
        mean = np.array(norm.moving_mean.numpy(), np.float64)
        variance = np.asarray(norm.moving_variance.numpy())
        scale = np.sqrt(np.maximum(variance, 0) + norm.epsilon)
        gamma = np.ones(1) if norm.gamma is None else np.abs(np.asarray(norm.gamma.numpy()))
        before = self._means.get(id(norm))
        self._means[id(norm)] = mean
        # One sum is finite if all are, and costs less than to look at each.
        is_sound = np.isfinite(mean.sum() + scale.sum() + gamma.sum()) and variance.min() >= 0
        if not is_sound and norm.name not in self._broken:
            self._broken.add(norm.name)
            what = broken_state(norm)
            print_message(f"BH406 '{norm.name}': its {what}, from epoch {epoch + 1} on")
        drift = 0.0 if before is None else float(np.max(np.abs(mean - before) / scale))
        self.history.append(
            Trace(
                epoch,
                norm.name,
                norm.updates_seen,
                norm.initial_share,
                float((gamma / scale).max()),
                float(gamma.min()),
                drift,
            )
        )

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Makes the report."""
        left = np.inf
        if self.budget is not None:
            passed = time.perf_counter() - self._began
            left = self.budget * passed - self._seconds
        self.report = self._measured(left) or self._by_variables()
        if self.verbose and self.report.above("info"):
            print_message(self.report.text(show_info=False))

    def _is_counted(self, norm: Any) -> bool:
        return id(norm) not in self._loaded and knows_updates(norm)

    def _measured(self, seconds: float) -> Report | None:
        """The report of `health`; None without data, or if it would take too long."""
        if self.x is None or self._broken:
            return None
        # A first look at a few rows tells what all would take.
        start = time.perf_counter()
        if seconds < _LEAST_SECONDS:
            return None
        few = min(self.rows, 4 * self.batch_size)
        report = self._health(few)
        passed = time.perf_counter() - start
        estimate = passed * self.rows / few
        return self._health(self.rows) if passed + estimate < seconds else report

    def _health(self, rows: int) -> Report:
        return health(
            self.model,
            self.x,
            self.y,
            batch_size=self.batch_size,
            validation_data=self.validation_data,
            rows=rows,
        )

    def _by_variables(self) -> Report:
        limits = thresholds_with(None)
        findings = [
            finding
            for norm in batchnorms(self.model)
            if norm.built
            for finding in _findings(norm, limits, self._is_counted(norm))
        ]
        notes = []
        if self.x is not None and not self._broken:
            notes.append(
                "measuring on data would have taken more than the budget; "
                "health(model, x, y) does it"
            )
        return Report(self.model.name, tuple(findings), tuple(notes))


# What `health` takes at least, on the smallest network.
_LEAST_SECONDS = 0.1


def _findings(norm: Any, limits: dict[str, float], is_counted: bool) -> list[Finding]:
    """What can be said of a layer by its variables alone."""

    def found(code: str, severity: str, message: str) -> Finding:
        rule = RULES[code]
        return Finding(code, rule.name, severity, norm.name, message, rule.fix, rule.source)

    broken = broken_state(norm)
    if broken:
        return [found("BH406", "error", f"its {broken}")]
    if not norm.trainable:
        return []
    findings = []
    share = norm.initial_share
    if norm.updates_seen == 0:
        message = "its moving statistics have never been updated, though the model was trained"
        findings.append(found("BH401", "error", message))
    elif is_counted and share > limits["BH402.warn"]:
        severity = "error" if share > limits["BH402.error"] else "warn"
        what = f"{100 * share:.0f} % of the initial statistics are left"
        findings.append(found("BH402", severity, f"{what} after {norm.updates_seen} updates"))
    gamma = np.abs(np.asarray(1.0 if norm.gamma is None else norm.gamma.numpy()))
    gain = gamma / np.sqrt(np.asarray(norm.moving_variance.numpy()) + norm.epsilon)
    if float(gain.max()) > limits["BH408.gain"]:
        findings.append(found("BH408", "warn", f"multiplies by up to {gain.max():.0f}"))
    shut = float((gamma < limits["BH407.absolute"]).mean())
    if shut > limits["BH407.share"]:
        findings.append(found("BH407", "warn", f"{100 * shut:.0f} % of the gammas are nearly 0"))
    return findings
