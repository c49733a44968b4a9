"""What a study came to."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import os
import pathlib
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.batchnorm.studies import report, text
from trimtab.batchnorm.studies.arms import ArmFacts
from trimtab.batchnorm.studies.runs import Plan, Run
from trimtab.batchnorm.studies.tuning import Trial
from trimtab.batchnorm.studies.verdict import SETTLED, Comparison, Measure
from trimtab.version import __version__


@dataclasses.dataclass(frozen=True)
class ArmSummary:
    """One row of the table of arms.

    Attributes:
        name: The arm.
        description: What it is.
        learning_rate: The rate it trained with; None for a schedule.
        parameters: Number of trainable parameters.
        scores: The judging metric of each seed, NaN for a failed run.
        mean: Their mean, without failed runs.
        deviation: Their standard deviation (divided by n - 1); NaN for fewer than two.
        others: Mean of every other held-out metric.
        failures: How many runs failed.
        start_left: Share of BN's initial statistics that the updates left, None without BN.
        epochs_to_target: Median of the epochs until the target was reached, NaN if most never did.
        reached: How many runs reached it.
        seconds_per_epoch: Median time of an epoch on one core.
    """

    name: str
    description: str
    learning_rate: float | None
    parameters: int
    scores: tuple[float, ...]
    mean: float
    deviation: float
    others: dict[str, float]
    failures: int
    start_left: float | None
    epochs_to_target: float
    reached: int
    seconds_per_epoch: float


@dataclasses.dataclass(frozen=True)
class Study:
    """A study that has ended: `print` it, or write its report.

    Attributes:
        plan: What all runs shared.
        runs: Name of each arm -> its runs, pairs in the same places.
        measure: What judged.
        comparisons: Every pair of arms compared.
        headline: The verdict in one sentence.
        alpha: Level of the tests.
        looks: Seeds planned at each time the study was run; more than one if it was extended.
        planned: Seeds planned.
        facts: What each arm is.
        shared: Of the variables and random streams that all arms have: how many begin equal, of
            how many.
        trials: What the learning rates came to, by arm.
        chosen: The rate of each arm.
        settings: What decided the runs, as the log keeps it.
        title: Title of the report.
        seconds: How long the study took, this time.
    """

    plan: Plan
    runs: dict[str, list[Run]]
    measure: Measure
    comparisons: list[Comparison]
    headline: str
    alpha: float
    looks: tuple[int, ...]
    planned: int
    facts: Mapping[str, ArmFacts]
    shared: tuple[int, int]
    trials: Mapping[str, list[Trial]]
    chosen: Mapping[str, float | None]
    settings: dict[str, Any]
    title: str
    seconds: float

    @property
    def is_settled(self) -> bool:
        """Whether every comparison came to a verdict."""
        return all(comparison.kind in SETTLED for comparison in self.comparisons)

    @property
    def seeds(self) -> int:
        """Seeds that every arm has run."""
        return len(next(iter(self.runs.values())))

    @property
    def metrics(self) -> list[str]:
        """Names of the held-out metrics, the judging one first."""
        history = next((run.history for made in self.runs.values() for run in made), {})
        names = [name[4:] for name in history if name.startswith("val_")]
        return sorted(names, key=lambda name: (name != self.measure.name, name))

    def comparison(self, one: str, other: str) -> Comparison:
        """The comparison of two arms, in whichever order.

        Raises:
            ValueError: If there is none.
        """
        for found in self.comparisons:
            if {found.first, found.second} == {one, other}:
                return found
        raise ValueError(f"study: has no comparison of {one!r} and {other!r}; arms: {[*self.runs]}")

    def curve(self, arm: str, metric: str | None = None) -> npt.NDArray[np.float64]:
        """The held-out values of a metric, `(seeds, epochs)`; the judging metric if None."""
        name = f"val_{metric or self.measure.name}"
        rows = [run.history[name] for run in self.runs[arm]]
        return np.array(rows, np.float64).reshape(len(rows), self.plan.epochs)

    @property
    def target(self) -> float:
        """A level that every arm's mean curve reaches: the best of the arm whose best is worst."""
        sign = self.measure.sign
        bests = []
        for arm in self.runs:
            curves = sign * self.curve(arm)
            whole = curves[np.isfinite(curves).all(axis=1)]
            if len(whole):
                bests.append(float(whole.mean(axis=0).max()))
        return sign * min(bests) if bests else math.nan

    def epochs_to_target(self, arm: str) -> npt.NDArray[np.float64]:
        """For each seed the first epoch, from 1, at which the target is reached; NaN if never."""
        sign = self.measure.sign
        with np.errstate(invalid="ignore"):
            reached = sign * self.curve(arm) >= sign * self.target
        first = np.argmax(reached, axis=1) + 1.0
        return np.where(reached.any(axis=1), first, math.nan)

    @property
    def arms(self) -> list[ArmSummary]:
        """The table of arms."""
        return [self._summary(name) for name in self.runs]

    def _summary(self, name: str) -> ArmSummary:
        made, fact = self.runs[name], self.facts[name]
        arm, metric = self.plan.arm(name), self.measure.name
        scores = [math.nan if run.failure else run.score(metric) for run in made]
        good = [score for score in scores if math.isfinite(score)]
        times = self.epochs_to_target(name)
        reached = int(np.isfinite(times).sum())
        # A seed that never reached the target counts as later than every other.
        late = np.where(np.isfinite(times), times, math.inf)
        median = float(np.median(late)) if len(late) else math.nan
        updates = self.plan.steps_per_epoch * self.plan.epochs
        return ArmSummary(
            name=name,
            description=arm.description,
            learning_rate=self.chosen[name],
            parameters=fact.parameters,
            scores=tuple(scores),
            mean=float(np.mean(good)) if good else math.nan,
            deviation=float(np.std(good, ddof=1)) if len(good) > 1 else math.nan,
            others={
                other: _mean([run.score(other) for run in made if not run.failure])
                for other in self.metrics[1:]
            },
            failures=sum(bool(run.failure) for run in made),
            start_left=None if fact.momentum is None else fact.momentum**updates,
            epochs_to_target=median if math.isfinite(median) else math.nan,
            reached=reached,
            seconds_per_epoch=(
                float(np.median([run.seconds for run in made])) / self.plan.epochs
                if made
                else math.nan
            ),
        )

    def versions(self) -> dict[str, str]:
        """What the numbers depend on beside the settings."""
        return {
            "trimtab": __version__,
            "NumPy": np.__version__,
            "Python": platform.python_version(),
            "machine": platform.machine(),
        }

    def csv(self) -> str:
        """Every epoch of every run as CSV, times left out: the same seed gives the same text."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        names = sorted({key for made in self.runs.values() for run in made for key in run.history})
        writer.writerow(["arm", "seed", "learning_rate", "epoch", *names, "failure"])
        for arm, made in self.runs.items():
            for run in made:
                rate = "" if run.job.learning_rate is None else repr(run.job.learning_rate)
                for epoch in range(self.plan.epochs):
                    values = [repr(run.history[name][epoch]) for name in names]
                    writer.writerow([arm, run.job.index, rate, epoch + 1, *values, run.failure])
        return buffer.getvalue()

    def to_dict(self, times: bool = True) -> dict[str, Any]:
        """Verdict, comparisons and arms in plain types.

        Args:
            times: Whether measured times are in it; without them the same seed gives the same.
        """
        return {
            "verdict": self.headline,
            "settled": self.is_settled,
            "metric": self.measure.name,
            "margin": self.measure.margin,
            "margin_rule": self.measure.margin_rule,
            "alpha": self.alpha,
            "seeds": self.seeds,
            "planned_seeds": self.planned,
            "looks": list(self.looks),
            "comparisons": [_plain(dataclasses.asdict(c)) for c in self.comparisons],
            "arms": [_arm_dict(arm, times) for arm in self.arms],
            "target": _plain(self.target),
            "settings": self.settings,
            "versions": self.versions(),
            **({"seconds": round(self.seconds, 3)} if times else {}),
        }

    def json(self, times: bool = True) -> str:
        """`to_dict` as JSON."""
        return json.dumps(self.to_dict(times), indent=2, allow_nan=False)

    def text(self, times: bool = True) -> str:
        """Verdict and tables for a terminal.

        Args:
            times: Whether measured times are in it; without them the same seed gives the same.
        """
        return text.render(self, times)

    def html(self, times: bool = True) -> str:
        """The report as one page that needs nothing else: no network, no scripts.

        Args:
            times: Whether measured times are in it; without them the same seed gives the same
                bytes.

        Raises:
            ImportError: If Jinja2 or matplotlib is missing; the message names the extra.
        """
        return report.render(self, times)

    def save(self, path: str | os.PathLike[str], times: bool = True) -> pathlib.Path:
        """Writes the report; a file of that name is replaced once the new one is whole.

        Args:
            path: The file.
            times: As for `html`.
        """
        target = pathlib.Path(path)
        content = self.html(times)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            temporary.write_text(content, encoding="utf-8")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        return target

    def _repr_html_(self) -> str:
        return report.fragment(self)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Study {', '.join(self.runs)}: {self.seeds} seeds, {self.headline!r}>"


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else math.nan


def _arm_dict(arm: ArmSummary, times: bool) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(dataclasses.asdict(arm))
    if not times:
        del plain["seconds_per_epoch"]
    return plain


def _plain(value: Any) -> Any:
    """The same in types that JSON has: None for NaN and infinity."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
