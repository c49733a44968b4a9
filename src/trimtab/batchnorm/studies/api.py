"""`study`: the comparison, from networks and data to a verdict."""

from __future__ import annotations

import dataclasses
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trimtab import checks
from trimtab.batchnorm.studies import arms as networks
from trimtab.batchnorm.studies import data as tables
from trimtab.batchnorm.studies import statistics, tuning, verdict
from trimtab.batchnorm.studies.arms import Arm, ArmFacts
from trimtab.batchnorm.studies.result import Study
from trimtab.batchnorm.studies.run_log import RunLog
from trimtab.batchnorm.studies.runs import MAIN, Job, Plan, Run
from trimtab.batchnorm.studies.schedule import Clock, Workers
from trimtab.batchnorm.studies.verdict import Measure, Scores
from trimtab.core.config import nearest
from trimtab.core.random import kept_seed
from trimtab.version import __version__

# Half a point of a share, 2 % of anything else.
_SHARE_MARGIN, _RELATIVE_MARGIN = 0.005, 0.02
_HIGHER_IS_BETTER = ("acc", "auc", "precision", "recall", "f1", "f_beta", "iou", "r2", "cosine")
_OWN_FIT_ARGUMENTS = (
    "x",
    "y",
    "epochs",
    "batch_size",
    "verbose",
    "validation_data",
    "validation_split",
    "validation_freq",
    "validation_batch_size",
    "validation_steps",
    "steps_per_epoch",
    "initial_epoch",
    "callbacks",
)


def study(
    build: Any,
    x: Any,
    y: Any,
    *,
    arms: Sequence[str] | Mapping[str, Any] | None = None,
    seeds: int = 10,
    epochs: int = 20,
    batch_size: int = 32,
    learning_rates: Any = "auto",
    metric: str = "auto",
    margin: float | None = None,
    test: Any = None,
    held_out: float = 0.2,
    standardize: bool = False,
    recalibrate: bool = False,
    budget: float | None = None,
    seed: int = 0,
    log: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    backend: str = "processes",
    address: str | None = None,
    title: str | None = None,
    verbose: bool = False,
    **fit_arguments: Any,
) -> Study:
    """Trains a network without Batch Normalization, with it before and after the activations.

    Every arm is trained from the same seeds. A seed decides the rows held out, the initial values
    of all layers that the arms have in common, the order of the batches and the dropout; so two
    runs of one seed differ in what is compared and in nothing else. Each arm first chooses among
    the same few learning rates, on three seeds of their own.

    Args:
        build: A function that makes a compiled model. It may take the argument `placement` ("none",
            "before" or "after") and build accordingly; otherwise BN is placed into what it makes.
            Or a compiled model: its clones are trained, layers that are frozen with their weights.
            Not used where `arms` names functions or models.
        x: Inputs.
        y: Targets.
        arms: Placements to compare, all three if None; or name -> function or model.
        seeds: How often each arm is trained. Below 7, three arms can show nothing.
        epochs: Passes over the rows.
        batch_size: Rows a batch.
        learning_rates: "auto" for a third of the compiled rate, the rate, and three times it;
            rates; or None to train all arms at the rate they are compiled with.
        metric: Name in the History that judges, such as "accuracy" or "loss". "auto" takes the
            accuracy if it is compiled and one held-out row weighs no more than the margin, else the
            loss.
        margin: The largest difference that makes no difference in practice, in the metric's unit;
            0.005 (half a point) for accuracies, 2 % of the mean for others if None.
        test: `(x, y)` to judge every run by, instead of rows held out anew for every seed.
        held_out: Part of the rows to hold out.
        standardize: Whether columns get mean 0 and deviation 1, by the training rows of each seed.
        recalibrate: Whether BN's statistics are measured exactly before a run is judged.
        budget: Seconds after which no run starts; seeds that lack an arm then don't count.
        seed: The study's seed; it decides everything but the times.
        log: File that keeps the runs, so that a study that was killed goes on where it was.
        jobs: Runs at a time; one a core if None.
        backend: "processes", or "dask" or "ray" to use a cluster's workers.
        address: Scheduler of the cluster; None starts a local one.
        title: Title of the report.
        verbose: Whether to tell the progress on stderr.
        **fit_arguments: Further arguments of `fit`, such as `shuffle` or `class_weight`.

    Returns:
        The study, with its verdict, as text, JSON and an HTML report.

    Raises:
        TypeError: If something is neither a function nor a model.
        ValueError: If data and networks do not fit, or the log belongs to another study.
        ImportError: If a package of the extra `study` is missing.
    """
    started = time.perf_counter()
    clock = Clock(budget)
    _check_numbers(seeds, epochs, batch_size, margin, budget, seed, fit_arguments)
    made = networks.arms_of(build, arms)
    rows = tables.checked(x, y, test, held_out, standardize)
    plan = Plan(tuple(made), rows, seed, epochs, batch_size, fit_arguments, recalibrate)
    facts, shared = _facts(plan)
    rates = tuning.grid(learning_rates, made, facts)
    name, sign = _metric(metric, facts, rows, margin)
    settings = _settings(plan, facts, rates, name)
    kept = RunLog(log, settings, seeds)
    try:
        workers = Workers(backend, jobs, address)
        with workers.started():
            tell = _Progress(len(tuning.jobs(rates)) + len(made) * seeds, verbose)
            workers.run(plan, tuning.jobs(rates), kept, clock, tell)
            chosen = {
                arm.name: tuning.best(
                    tuning.trials(rates[arm.name], arm.name, kept.runs, name),
                    sign,
                    facts[arm.name].learning_rate,
                )
                for arm in made
            }
            main = [
                Job(arm.name, MAIN, index, chosen[arm.name])
                for index in range(seeds)
                for arm in made
            ]
            workers.run(plan, main, kept, clock, tell)
            tell.finish()
    finally:
        kept.close()
    runs = _complete(main, kept.runs, made)
    return _judge(
        plan=plan,
        runs=runs,
        planned=seeds,
        looks=kept.looks,
        facts=facts,
        shared=shared,
        trials={
            arm.name: tuning.trials(rates[arm.name], arm.name, kept.runs, name) for arm in made
        },
        chosen=chosen,
        metric=name,
        sign=sign,
        margin=margin,
        settings=settings,
        title=title or "Does Batch Normalization make a difference?",
        seconds=time.perf_counter() - started,
    )


def _judge(
    *,
    plan: Plan,
    runs: dict[str, list[Run]],
    metric: str,
    sign: int,
    margin: float | None,
    looks: list[int],
    **rest: Any,
) -> Study:
    scores = [
        Scores(name, tuple(math.nan if run.failure else run.score(metric) for run in made))
        for name, made in runs.items()
    ]
    measure = _measure(metric, sign, margin, scores)
    # Who adds seeds after a look looks twice: each look gets its part of the level.
    alpha = statistics.ALPHA / len(looks)
    comparisons = verdict.compare_all(scores, measure, alpha)
    return Study(
        plan=plan,
        runs=runs,
        measure=measure,
        comparisons=comparisons,
        headline=verdict.headline(comparisons, measure, list(runs)),
        alpha=alpha,
        looks=tuple(looks),
        **rest,
    )


def _complete(
    jobs: Sequence[Job], runs: Mapping[Job, Run], arms: Sequence[Arm]
) -> dict[str, list[Run]]:
    """The runs of the seeds that every arm has run, by arm."""
    by_index: dict[int, dict[str, Run]] = {}
    for job in jobs:
        if job in runs:
            by_index.setdefault(job.index, {})[job.arm] = runs[job]
    whole = [found for _, found in sorted(by_index.items()) if len(found) == len(arms)]
    return {arm.name: [found[arm.name] for found in whole] for arm in arms}


def _facts(plan: Plan) -> tuple[dict[str, ArmFacts], tuple[int, int]]:
    """What each arm is, and how much of the arms' start is equal; the arms must differ."""
    with kept_seed():
        models = {arm.name: arm.model(0) for arm in plan.arms}
    facts = {name: networks.facts_of(model) for name, model in models.items()}
    placed = {arm.name: arm.placement for arm in plan.arms if arm.placement is not None}
    if len({facts[name].structure for name in placed}) < len(placed):
        raise ValueError(
            f"study: the arms {', '.join(placed)} are not different networks: there is no "
            "activation to put Batch Normalization beside, or `build` ignores its placement"
        )
    return facts, networks.shared_start(list(models.values()))


def _metric(
    metric: str, facts: Mapping[str, ArmFacts], data: tables.StudyData, margin: float | None
) -> tuple[str, int]:
    """The metric that judges, and 1 if larger is better, else -1."""
    compiled = [set(fact.metrics) for fact in facts.values()]
    known = ["loss", *sorted(set.intersection(*compiled))]
    if metric == "auto":
        accuracy = next((name for name in known if "acc" in name.lower()), None)
        step = 1 / data.held_out_rows
        metric = accuracy if accuracy and step <= (margin or _SHARE_MARGIN) else "loss"
    if metric not in known:
        raise ValueError(
            f"study: `metric` must be 'auto' or one that all arms are compiled with, "
            f"{', '.join(known)}; got {metric!r}.{nearest(metric, known)}"
        )
    return metric, 1 if any(part in metric.lower() for part in _HIGHER_IS_BETTER) else -1


def _measure(metric: str, sign: int, margin: float | None, scores: Sequence[Scores]) -> Measure:
    is_share = sign > 0 and "r2" not in metric and "cosine" not in metric
    if margin is not None:
        return Measure(metric, sign > 0, is_share, margin, "as asked for")
    if is_share:
        return Measure(metric, True, True, _SHARE_MARGIN, "half a point, the default")
    values = np.concatenate([np.array(arm.values) for arm in scores]) if scores else np.zeros(0)
    values = values[np.isfinite(values)]
    size = float(np.abs(values).mean()) if values.size else 0.0
    rule = f"{_RELATIVE_MARGIN:.0%} of the mean {metric} of all runs, the default"
    return Measure(metric, sign > 0, False, max(size * _RELATIVE_MARGIN, 1e-12), rule)


def _settings(
    plan: Plan, facts: Mapping[str, ArmFacts], rates: Mapping[str, Sequence[float]], metric: str
) -> dict[str, Any]:
    """What decides the outcome of the runs, as a log's header keeps it."""
    return {
        "trimtab": __version__,
        "data": plan.data.fingerprint(),
        "arms": {name: fact.structure for name, fact in facts.items()},
        "epochs": plan.epochs,
        "batch_size": plan.batch_size,
        "seed": plan.seed,
        "metric": metric,
        "learning_rates": {name: list(listed) for name, listed in rates.items()},
        "recalibrate": plan.recalibrate,
        "fit_arguments": {name: repr(value) for name, value in sorted(plan.fit_arguments.items())},
    }


def _check_numbers(
    seeds: Any,
    epochs: Any,
    batch_size: Any,
    margin: float | None,
    budget: float | None,
    seed: Any,
    fit_arguments: Mapping[str, Any],
) -> None:
    checks.whole("study", "seeds", seeds, 2)
    checks.whole("study", "epochs", epochs, 1)
    checks.whole("study", "batch_size", batch_size, 1)
    checks.whole("study", "seed", seed, 0)
    for name, value in (("margin", margin), ("budget", budget)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise ValueError(f"study: `{name}` must be a positive number; got {value!r}")
    for name in fit_arguments:
        if name in _OWN_FIT_ARGUMENTS:
            raise ValueError(f"study: `{name}` is the study's own; it cannot be passed on to fit")


@dataclasses.dataclass
class _Progress:
    """One line on stderr that counts runs, redrawn ten times a second at most."""

    total: int
    is_shown: bool

    def __post_init__(self) -> None:
        self._done, self._failed, self._drawn = 0, 0, 0.0
        self._is_terminal = sys.stderr.isatty()

    def __call__(self, run: Run) -> None:
        self._done += 1
        self._failed += bool(run.failure)
        now = time.monotonic()
        if self.is_shown and self._is_terminal and now - self._drawn > 0.1:
            self._drawn = now
            self._write("\r")

    def finish(self) -> None:
        """Ends the line."""
        if self.is_shown:
            self._write("\r" if self._is_terminal else "")
            sys.stderr.write("\n")

    def _write(self, start: str) -> None:
        failed = f", {self._failed} failed" if self._failed else ""
        sys.stderr.write(f"{start}study: {self._done} of {self.total} runs{failed}")
        sys.stderr.flush()
