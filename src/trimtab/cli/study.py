"""Measure whether Batch Normalization makes a difference, and where: none, before, after.

Trains the network in every form from the same seeds, each form at the best of the same few
learning rates, and says which is better, by how much and how surely; or that there is no practical
difference; or that these seeds cannot tell. For example:

  trimtab study nets.py:build data.npz --report study.html
  trimtab study nets.py:build table.csv --target kind --seeds 20 --epochs 30
  trimtab study net.keras data.npz --arms none after --budget 60 --log runs.jsonl
  trimtab study nets.py:small data.npz --variant large=nets.py:large

A function that builds the network returns it compiled. It may take `placement` ("none", "before"
or "after"), and `columns` and `classes`, the sizes of the data; if it does not take `placement`,
Batch Normalization is put into what it returns.

Exit codes: 0 the study was done, 1 the arm of --expect was not shown to be the best, 2 the call or
its input is wrong.
"""

from __future__ import annotations

import argparse
import functools
import inspect
import pathlib
from typing import Any

from trimtab import batchnorm
from trimtab.batchnorm.studies.arms import PLACEMENTS, arms_of
from trimtab.batchnorm.studies.schedule import BACKENDS
from trimtab.batchnorm.studies.verdict import BETTER, BETTER_SIZE_UNCERTAIN
from trimtab.cli.output import say
from trimtab.cli.sources import (
    MODEL_SUFFIXES,
    Data,
    add_data_arguments,
    add_model_argument,
    data_from,
    import_modules,
    load_model,
    load_object,
)
from trimtab.core import tree
from trimtab.layers.base import Layer


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add_model_argument(parser)
    add_data_arguments(parser)
    what = parser.add_argument_group("what is compared")
    what.add_argument("--arms", nargs="+", metavar="ARM", help=f"of {', '.join(PLACEMENTS)}; all")
    what.add_argument(
        "--variant",
        action="append",
        default=[],
        metavar="NAME=MODEL",
        help="a network of your own beside MODEL, which then is called `model`; may be repeated",
    )
    what.add_argument("--metric", default="auto", help="what judges, such as accuracy or loss")
    what.add_argument("--margin", type=float, help="the largest difference that makes none")
    what.add_argument("--held-out", type=float, default=0.2, help="part of the rows (0.2)")
    what.add_argument("--title", help="title of the report")
    how = parser.add_argument_group("how it is trained")
    how.add_argument("--seeds", type=int, default=10, help="runs of each arm (10)")
    how.add_argument("--epochs", type=int, default=20, help="passes over the rows (20)")
    how.add_argument("--batch-size", type=int, default=32, help="rows a batch (32)")
    rates = how.add_mutually_exclusive_group()
    rates.add_argument(
        "--learning-rates",
        nargs="+",
        type=float,
        metavar="RATE",
        help="rates that every arm chooses among; a third, once and three times its own",
    )
    rates.add_argument("--no-tuning", action="store_true", help="train every arm at its own rate")
    how.add_argument(
        "--standardize", action="store_true", help="columns to mean 0 and deviation 1, seed by seed"
    )
    how.add_argument(
        "--recalibrate", action="store_true", help="measure BN's statistics before judging"
    )
    how.add_argument("--seed", type=int, default=0, help="decides everything but the times (0)")
    where = parser.add_argument_group("where it runs")
    where.add_argument("--budget", type=float, metavar="SECONDS", help="start no run after it")
    where.add_argument("--log", metavar="FILE", help="keep the runs, to go on after a stop")
    where.add_argument("--jobs", type=int, help="runs at a time; one a core")
    where.add_argument(
        "--backend", choices=BACKENDS, default="processes", help="default: processes"
    )
    where.add_argument("--address", help="of the scheduler of a dask or ray cluster")
    told = parser.add_argument_group("what is told")
    told.add_argument("--report", metavar="FILE", help="write the HTML report to this file")
    told.add_argument("--expect", metavar="ARM", help="exit code 1 unless ARM is better than all")
    form = told.add_mutually_exclusive_group()
    form.add_argument("--text", action="store_true", help="print text; the default")
    form.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(arguments: argparse.Namespace) -> int:
    """Studies, tells, and writes the report."""
    import_modules(arguments)
    data = data_from(arguments)
    if data is None or data.y is None:
        raise ValueError("the data must hold targets: an array y, or a column named by --target")
    arms = _arms(arguments, data)
    names = [arm.name for arm in arms_of(arms["build"], arms["arms"])]
    if arguments.expect is not None and arguments.expect not in names:
        raise ValueError(
            f"--expect: must name an arm, {', '.join(names)}; got {arguments.expect!r}"
        )
    rates = "auto" if arguments.learning_rates is None else arguments.learning_rates
    study = batchnorm.study(
        x=data.x,
        y=data.targets_for(arms_of(arms["build"], arms["arms"])[0].model(0)),
        seeds=arguments.seeds,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        learning_rates=None if arguments.no_tuning else rates,
        metric=arguments.metric,
        margin=arguments.margin,
        held_out=arguments.held_out,
        standardize=arguments.standardize,
        recalibrate=arguments.recalibrate,
        budget=arguments.budget,
        seed=arguments.seed,
        log=arguments.log,
        jobs=arguments.jobs,
        backend=arguments.backend,
        address=arguments.address,
        title=arguments.title,
        verbose=True,
        **arms,
    )
    _tell(study, data, arguments)
    return 0 if arguments.expect is None or _is_best(study, arguments.expect) else 1


def _tell(study: batchnorm.Study, data: Data, arguments: argparse.Namespace) -> None:
    if arguments.json:
        say(study.json())
    else:
        say(f"{data.description}\n")
        say(study.text())
    if arguments.report is not None:
        path = pathlib.Path(arguments.report)
        path.parent.mkdir(parents=True, exist_ok=True)
        written = study.save(path)
        if not arguments.json:
            say(f"Report     {written}")


def _is_best(study: batchnorm.Study, arm: str) -> bool:
    """Whether an arm is shown to be better than every other."""
    return all(
        found.first == arm and found.kind in {BETTER, BETTER_SIZE_UNCERTAIN}
        for found in study.comparisons
        if arm in {found.first, found.second}
    )


def _arms(arguments: argparse.Namespace, data: Data) -> dict[str, Any]:
    """The arguments `build` and `arms` of a study."""
    build = _network(arguments.model, data)
    if not arguments.variant:
        return {"build": build, "arms": arguments.arms}
    if arguments.arms:
        raise ValueError("--variant: networks of your own take the place of --arms; give one")
    variants = {"model": build}
    for given in arguments.variant:
        name, equals, source = given.partition("=")
        if not equals or not name or name in variants:
            raise ValueError(f"--variant: must be NAME=MODEL with a new name; got {given!r}")
        variants[name] = _network(source, data)
    return {"build": build, "arms": variants}


def _network(source: str, data: Data) -> Any:
    """A model, or a function that makes one and knows the sizes of the data."""
    if source.endswith(MODEL_SUFFIXES) or ":" not in source:
        return load_model(source)
    made = load_object(source)
    if isinstance(made, Layer) or not callable(made):
        return load_model(source)
    asked = inspect.signature(made).parameters
    sizes: dict[str, Any] = {
        "columns": tree.flatten(data.x)[0].shape[-1],
        "classes": _classes(data),
    }
    return functools.partial(made, **{name: sizes[name] for name in sizes if name in asked})


def _classes(data: Data) -> int:
    """Number of classes, or of columns of the targets."""
    if data.classes is not None:
        return len(data.classes)
    y = tree.flatten(data.y)[0]
    if y.ndim > 1:
        return int(y.shape[-1])
    return int(y.max()) + 1 if y.dtype.kind in "bui" else 1
