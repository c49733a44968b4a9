"""Samples of benchmarks/run.py as Markdown tables, each peer beside trimtab."""

import json
import pathlib
import statistics
from typing import Any

Sample = dict[str, Any]

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
OURS = "trimtab"
UNITS = dict.fromkeys(("W1", "W2", "W3", "W4", "W5"), "us per step")
UNITS |= {"W6m": "us per call", "W6c": "us per call", "W7": "us in all"}


def read_samples(path: pathlib.Path) -> list[Sample]:
    """All samples; one of inference becomes a sample for each batch and way of calling."""
    samples = []
    lines = path.read_text().splitlines() if path.exists() else []
    for sample in map(json.loads, lines):
        rows = sample.get("rows")
        if rows is None:
            samples.append(sample)
            continue
        for name, row in rows.items():
            way, batch = name.split("@")
            own = {"batch": int(batch), "peer": f"{sample['peer']}, {way}", "loss1": row["row0"][0]}
            samples.append(sample | row | own)
    return samples


def markdown(samples: list[Sample], workloads: list[str]) -> str:
    """One table a workload, and one a batch size where it is inference."""
    parts = []
    for workload in workloads:
        mine = [sample for sample in samples if sample["workload"] == workload]
        for batch in sorted({sample.get("batch", 0) for sample in mine if "failure" not in sample}):
            rows = "1 row" if batch == 1 else f"{batch:,} rows"
            title = f"{workload}, {rows}" if batch else workload
            taken = [sample for sample in mine if sample.get("batch", 0) == batch]
            parts.append(f"### {title}\n\n{table(taken, UNITS[workload])}")
        failed = {(s["peer"], s["failure"]) for s in mine if "failure" in s}
        parts += [f"{peer} failed: {failure}" for peer, failure in sorted(failed)]
    return "\n\n".join(parts)


def table(samples: list[Sample], unit: str) -> str:
    """The peers of one workload, the fastest first, each at its best thread count."""
    good = [sample for sample in samples if "failure" not in sample]
    best = {}
    for peer, threads in {(sample["peer"], sample["threads"]) for sample in good}:
        row = summary([s for s in good if (s["peer"], s["threads"]) == (peer, threads)])
        if peer not in best or row["us"] < best[peer]["us"]:
            best[peer] = row | {"threads": threads}
    ours = min((row["us"] for peer, row in best.items() if is_ours(peer)), default=None)
    middle = statistics.median(row["check"] for row in best.values())
    lines = [
        f"| library | threads | {unit} | times trimtab's | first epoch or call, s | import, s "
        "| peak memory, MB | same work |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for peer, row in sorted(best.items(), key=lambda item: item[1]["us"]):
        ratio = f"{row['us'] / ours:.2f}" if ours else ""
        # The same weights and rows give the same first loss or output, dropout's noise aside.
        same = "yes" if abs(row["check"] - middle) <= 0.1 * abs(middle) else "DIFFERS"
        lines.append(
            f"| {peer} | {row['threads']} | {row['us']:.1f}{row['mark']} | {ratio} "
            f"| {row['first_s']:.3g} | {row['import_s']:.2f} | {row['rss_mb']:.0f} | {same} |"
        )
    return "\n".join(lines)


def is_ours(peer: str) -> bool:
    """Whether a name in a table is trimtab's, in whichever way of calling."""
    return peer.split(",")[0] == OURS


def summary(samples: list[Sample]) -> dict[str, Any]:
    """Medians over the rounds; a round without a quiet lap counts only if all are such."""
    quiet = [sample for sample in samples if sample["quiet"]]
    used = quiet or samples
    medians = {key: statistics.median(sample[key] for sample in used) for key in ("us", "rss_mb")}
    # The first round's: later ones find what the first has cached on disk.
    first_times = {key: samples[0][key] for key in ("first_s", "import_s")}
    check = statistics.median(map(first_loss, used))
    return medians | first_times | {"check": check, "mark": "" if quiet else "~"}


def first_loss(sample: Sample) -> float:
    """What tells whether two peers did the same work: the first loss, or the first output."""
    if "losses" in sample:
        # A study: without BN the net diverges at this learning rate, in every library.
        return sum(loss for place, loss in sample["losses"].items() if place != "none")
    return sample["loss1"]


def write_between_markers(path: pathlib.Path, tables: str) -> None:
    """Replace what stands between the two markers in a Markdown file."""
    text = path.read_text()
    if BEGIN not in text or END not in text:
        raise SystemExit(f"report.py: {path} must hold the lines {BEGIN} and {END}")
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    path.write_text(f"{head}{BEGIN}\n\n{tables}\n\n{END}{tail}")
