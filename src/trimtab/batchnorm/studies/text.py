"""A study as text for a terminal."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from trimtab.batchnorm.studies import phrases

if TYPE_CHECKING:
    from trimtab.batchnorm.studies.result import Study

_WIDTH = 96


def render(study: Study, times: bool = True) -> str:
    """Verdict first, then the arms, the comparisons and what was held equal.

    Args:
        study: The study.
        times: Whether measured times are told.
    """
    lines = [study.title, "", *_paragraph("Verdict", study.headline)]
    for number, comparison in enumerate(phrases.ranked(study)):
        lines += _paragraph("In full" if number == 0 else "", comparison.sentence + ".")
    lines += ["", *_table(study, times), ""]
    lines += _paragraph("Judged by", phrases.judged_by(study))
    lines += _paragraph("Time to", phrases.target(study))
    lines += _paragraph("Equal", phrases.held_equal(study))
    for label, sentence in phrases.remarks(study):
        lines += _paragraph(label, sentence)
    if times:
        count = sum(len(made) for made in study.runs.values())
        lines += _paragraph("Took", f"{study.seconds:.1f} s; {count} runs counted")
    return "\n".join(lines)


def _paragraph(label: str, words: str) -> list[str]:
    return textwrap.wrap(words, _WIDTH, initial_indent=f"{label:<11}", subsequent_indent=" " * 11)


def _table(study: Study, times: bool) -> list[str]:
    measure = study.measure
    others = study.metrics[1:2]
    header = [
        "arm",
        f"{measure.name} (mean, sd)",
        *others,
        "rate",
        "parameters",
        "failed",
        "target",
    ]
    rows = []
    for arm in study.arms:
        spread = measure.value(arm.deviation).strip(" %")
        rate = "schedule" if arm.learning_rate is None else f"{arm.learning_rate:g}"
        row = [arm.name, f"{measure.value(arm.mean)} ± {spread}"]
        row += [phrases.other(name, arm.others[name]) for name in others]
        row += [rate, f"{arm.parameters:,}", f"{arm.failures}/{study.seeds}", phrases.epochs(arm)]
        rows.append(row)
    if times:
        header.append("ms/epoch")
        for row, arm in zip(rows, study.arms, strict=True):
            known = math.isfinite(arm.seconds_per_epoch)
            row.append(f"{1e3 * arm.seconds_per_epoch:.1f}" if known else "-")
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if i < 1 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [header, *rows]
    ]
