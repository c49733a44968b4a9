"""One run: an arm trained with one seed. Runs know nothing of each other, so they go anywhere."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Any

import numpy as np

from trimtab import config
from trimtab.batchnorm.recalibrating import recalibrate
from trimtab.batchnorm.studies.arms import Arm
from trimtab.batchnorm.studies.data import StudyData
from trimtab.batchnorm.studies.seeding import derive
from trimtab.core import random, settings, tree
from trimtab.core.random import kept_seed
from trimtab.layers import BatchNormalization

_MOST_ROWS_A_VALIDATION_BATCH = 1024
# Outputs that differ by no more are called the same.
_SAME = 1e-7
TUNING, MAIN = "tuning", "main"


@dataclasses.dataclass(frozen=True)
class Job:
    """What a run is to do.

    Attributes:
        arm: Name of the arm.
        phase: "tuning" or "main".
        index: Number of the seed, from 0. Runs of one phase and index are pairs.
        learning_rate: The rate to train with; None for the model's own.
    """

    arm: str
    phase: str
    index: int
    learning_rate: float | None


@dataclasses.dataclass(frozen=True)
class Run:
    """What a run came to.

    Attributes:
        job: What it was to do.
        history: Name -> value of every epoch; "val_..." for the rows held out.
        failure: Why it counts as failed; "" if it does not.
        seconds: Time that training took.
    """

    job: Job
    history: dict[str, list[float]]
    failure: str
    seconds: float

    def score(self, metric: str) -> float:
        """The held-out value of a metric after the last epoch."""
        return self.history[f"val_{metric}"][-1]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What all runs of a study share.

    Attributes:
        arms: The arms.
        data: The data.
        seed: The study's seed.
        epochs: Passes over the rows.
        batch_size: Rows a batch.
        fit_arguments: What else `fit` is given.
        recalibrate: Whether BN's statistics are measured exactly after training.
    """

    arms: tuple[Arm, ...]
    data: StudyData
    seed: int
    epochs: int
    batch_size: int
    fit_arguments: dict[str, Any]
    recalibrate: bool = False

    def arm(self, name: str) -> Arm:
        """The arm called `name`."""
        return next(arm for arm in self.arms if arm.name == name)

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch."""
        return math.ceil(self.data.training_rows / self.batch_size)


def execute(plan: Plan, job: Job) -> Run:
    """Trains the arm of `job` on one core, from a seed that all arms of its index share."""
    seed = derive(plan.seed, job.phase, job.index)
    threads, checks = config.num_threads(), settings.bn_checks()
    config.set_num_threads(1)
    settings.set_bn_checks(False)
    try:
        with kept_seed():
            # NumPy's generator orders the batches, trimtab's draws what no layer's stream does.
            np.random.seed(seed)  # noqa: NPY002
            random.set_seed(seed)
            return _train(plan, job, seed)
    finally:
        config.set_num_threads(threads)
        settings.set_bn_checks(checks)


def _train(plan: Plan, job: Job, seed: int) -> Run:
    x_train, y_train, x_held, y_held = plan.data.split(seed)
    model = plan.arm(job.arm).model(seed)
    if job.learning_rate is not None:
        model.optimizer.learning_rate = job.learning_rate
    np.random.seed(derive(seed, "order"))  # noqa: NPY002 - whatever `build` drew before
    random.set_seed(derive(seed, "order"))
    start = time.perf_counter()
    history = model.fit(
        x_train,
        y_train,
        epochs=plan.epochs,
        batch_size=plan.batch_size,
        validation_data=(x_held, y_held),
        validation_batch_size=min(plan.data.held_out_rows, _MOST_ROWS_A_VALIDATION_BATCH),
        verbose=0,
        **plan.fit_arguments,
    ).history
    seconds = time.perf_counter() - start
    values = {name: [_number(v) for v in numbers] for name, numbers in history.items()}
    if plan.recalibrate and not _diverged(values):
        _recalibrate(model, x_train, x_held, y_held, values)
    return Run(job, values, _failure(model, x_held, values), seconds)


def _number(value: Any) -> float:
    """A float; NaN for infinity too, since a log of JSON keeps neither apart."""
    return float(value) if math.isfinite(value) else math.nan


def _recalibrate(model: Any, x: Any, x_held: Any, y_held: Any, history: dict[str, Any]) -> None:
    """Measures BN's statistics on the training rows, and the held-out scores of the end anew."""
    layers = model._flatten_layers()
    if not any(isinstance(layer, BatchNormalization) and layer.trainable for layer in layers):
        return
    recalibrate(model, x)
    scores = model.evaluate(
        x_held, y_held, batch_size=_MOST_ROWS_A_VALIDATION_BATCH, verbose=0, return_dict=True
    )
    for name, value in scores.items():
        history[f"val_{name}"][-1] = _number(value)


def _diverged(history: dict[str, list[float]]) -> str:
    """Where the loss ceased to be finite, "" if it did not."""
    pairs = zip(history["loss"], history["val_loss"], strict=True)
    for epoch, losses in enumerate(pairs, 1):
        if not all(map(math.isfinite, losses)):
            return f"diverged: the loss is not finite after epoch {epoch}"
    return ""


def _failure(model: Any, x: Any, history: dict[str, list[float]]) -> str:
    """Why a run counts as failed, "" if it does not."""
    if _diverged(history):
        return _diverged(history)
    outputs = tree.flatten(model.predict(x, batch_size=_MOST_ROWS_A_VALIDATION_BATCH, verbose=0))
    if all(np.all(np.abs(output - output[:1]) <= _SAME) for output in outputs):
        return "learnt nothing: the same output for every row"
    return ""
