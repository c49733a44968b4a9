"""The report: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import functools
import pathlib
from typing import TYPE_CHECKING, Any

from trimtab.batchnorm.studies import figures, phrases
from trimtab.core.extras import require

if TYPE_CHECKING:
    from trimtab.batchnorm.studies.result import Study

_FOLDER = pathlib.Path(__file__).parent / "templates"


def render(study: Study, times: bool = True) -> str:
    """The page.

    Args:
        study: The study.
        times: Whether measured times are in it.
    """
    html: str = _environment().get_template("report.html").render(**_content(study, times))
    return html


def fragment(study: Study) -> str:
    """Verdict, table and figures as an element of a notebook, with a style of its own."""
    html: str = _environment().get_template("notebook.html").render(**_content(study, True))
    return html


@functools.cache
def _environment() -> Any:
    jinja2 = require("jinja2", "study", "The report of a study")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["number"] = phrases.number
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    return environment


def _content(study: Study, times: bool) -> dict[str, Any]:
    csv = study.csv().encode()
    other = next((name for name in study.metrics[1:]), None)
    return {
        "study": study,
        "times": times,
        "measure": study.measure,
        "phrases": phrases,
        "comparisons": phrases.ranked(study),
        "arms": study.arms,
        "csv": base64.b64encode(csv).decode(),
        "csv_size": f"{len(csv) / 1024:.0f} KiB",
        "figures": {
            "intervals": figures.intervals(study),
            "curves": figures.curves(study, study.measure.name),
            "other_curves": figures.curves(study, other) if other else "",
            "slopes": figures.slopes(study),
        },
        "other": other,
        "settings": _settings(study),
    }


def _settings(study: Study) -> list[tuple[str, str]]:
    """Every setting that decided the numbers, in words."""
    plan, fact = study.plan, next(iter(study.facts.values()))
    data = plan.data
    rows = f"{data.rows:,} rows; {data.training_rows:,} to train on"
    judged = (
        f"{data.held_out_rows:,} of a test set" if data.test else f"{data.held_out_rows:,} held out"
    )
    grids = {
        name: ", ".join(f"{trial.learning_rate:g}" for trial in found)
        for name, found in study.trials.items()
        if found
    }
    same = len(set(grids.values())) == 1
    return [
        (
            "data",
            f"{rows}, {judged}"
            + ("; columns standardised by the training rows" if data.standardize else ""),
        ),
        ("digest of the data", data.fingerprint()[:16]),
        ("optimizer, loss", f"{fact.optimizer}, {fact.loss}"),
        ("epochs, batch size", f"{plan.epochs}, {plan.batch_size}"),
        (
            "learning rates tried",
            (
                next(iter(grids.values()))
                if same
                else "; ".join(f"{k}: {v}" for k, v in grids.items())
            )
            if grids
            else "none: each arm at its own",
        ),
        ("seeds", f"{study.seeds} of {study.planned} planned; the study's seed is {plan.seed}"),
        ("statistics before judging", "recalibrated" if plan.recalibrate else "moving averages"),
        (
            "further arguments of fit",
            ", ".join(f"{k}={v!r}" for k, v in plan.fit_arguments.items()) or "none",
        ),
        (
            "level of the tests",
            f"{study.alpha:g}, Holm-adjusted for {len(study.comparisons)} comparisons",
        ),
        *study.versions().items(),
    ]
