"""Measures what the thresholds of `health` are set between; writes tools/rules_calibration.json.

For each threshold: the extreme value that the networks of tests/corpus/trained_models.py reach (14
networks, 3 seeds each), and the values of the planted faults. `health` is asked with thresholds
that let everything through, so the numbers are those of its own findings.

    python tools/calibrate_rules.py
"""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "corpus"))

from planted_faults import PLANTS  # noqa: E402
from trained_models import BATCH, BUILDERS, digits, trained  # noqa: E402

from trimtab.batchnorm import health, label_order  # noqa: E402
from trimtab.batchnorm.findings import Finding  # noqa: E402

TARGET = ROOT / "tools" / "rules_calibration.json"
SEEDS = (0, 1, 2)
# What lets every finding through.
OPEN = {
    "BH403.share": -1.0,
    "BH405.share": -1.0,
    "BH407.relative": 1e9,
    "BH408.gain": 0.0,
    "BH409.dead": -1.0,
    "BH409.open": -1.0,
    "BH409.saturated": -1.0,
    "BH410.warn": -1.0,
    "BH410.p": 2.0,
    "BH411.note": -1e9,
    "BH412.ratio": -1.0,
    "BH413.share": -1.0,
    "BH414.channels": -1.0,
    "BH414.share": -1.0,
}
# Threshold -> (code, the number of a finding, whether large values are the fault).
MEASURES: dict[str, tuple[str, Callable[[Finding], Any], bool]] = {
    "BH403.share": ("BH403", lambda f: f.numbers["share"], True),
    "BH404.share": ("BH404", lambda f: f.numbers["share"], True),
    "BH405.share": ("BH405", lambda f: f.numbers["share"], True),
    "BH408.gain": ("BH408", lambda f: f.numbers["largest"], True),
    "BH408.relative": ("BH408", lambda f: f.numbers["largest"] / f.numbers["median"], True),
    "BH409.dead": ("BH409", lambda f: _of(f, "never fire"), True),
    "BH409.open": ("BH409", lambda f: _of(f, "always fire"), True),
    "BH409.saturated": ("BH409", lambda f: f.numbers.get("saturated"), True),
    "BH409.linear": ("BH409", lambda f: f.numbers.get("bent"), False),
    "BH410.warn": ("BH410", lambda f: f.numbers.get("gap"), True),
    "BH411.gain": ("BH411", lambda f: f.numbers["gain"], True),
    "BH412.ratio": ("BH412", lambda f: f.numbers["ratio"], True),
    "BH413.share": ("BH413", lambda f: f.numbers["share"], True),
    "BH414.share": ("BH414", lambda f: f.numbers["share"], True),
}


def _of(finding: Finding, what: str) -> Any:
    return finding.numbers["share"] if finding.numbers.get("what") == what else None


def _extreme(findings: list[Finding], name: str) -> float | None:
    code, number, is_large = MEASURES[name]
    values = [v for f in findings if f.code == code and (v := number(f)) is not None]
    return None if not values else float((max if is_large else min)(values))


def of_networks() -> dict[str, dict[str, Any]]:
    """The extreme value of each measure over the trained networks, and where."""
    x, y, held_x, held_y = digits()
    groups = np.random.default_rng(0).integers(0, 2, len(x))
    found: dict[str, dict[str, Any]] = {}
    for name in BUILDERS:
        for seed in SEEDS:
            report = health(
                trained(name, seed),
                x,
                y,
                batch_size=BATCH,
                validation_data=(held_x, held_y),
                groups=groups,
                thresholds=OPEN,
            )
            for measure, (_, _, is_large) in MEASURES.items():
                value = _extreme(list(report), measure)
                if value is None:
                    continue
                best = found.get(measure)
                if best is None or (value > best["value"]) == is_large != (value == best["value"]):
                    found[measure] = {"value": round(value, 4), "where": f"{name}, seed {seed}"}
    return found


def of_faults() -> dict[str, float]:
    """The least extreme value of each measure over the planted faults of its rule."""
    found: dict[str, float] = {}
    for plant in PLANTS:
        findings = plant.found() if plant.code.startswith("BH") else []
        kinds = {f.numbers.get("what") for f in findings}
        for measure, (code, _, is_large) in MEASURES.items():
            other = {"BH409.saturated": "linear", "BH409.linear": "saturated"}.get(measure)
            is_meant = plant.code == code and (other is None or other not in kinds)
            value = _extreme(findings, measure) if is_meant else None
            if value is not None:
                known = found.get(measure, value)
                found[measure] = round((min if is_large else max)(known, value), 4)
    return found


def of_splits() -> dict[str, Any]:
    """How often rows in random order look sorted to BN304: distance and p together."""
    random = np.random.default_rng(0)
    largest, alarms, tries = 0.0, 0, 0
    for rows in (100, 300, 1000, 3000, 10_000):
        for classes in (2, 5, 10, 50, 100):
            for share in (0.1, 0.2, 0.3):
                for _ in range(40):
                    labels = label_order.Labels(random.integers(0, classes, rows), True)
                    distance, p = label_order.split_distance(labels, share)
                    tries += 1
                    if p < 1e-3:
                        largest = max(largest, distance)
                        alarms += distance > 0.2
    return {"tries": tries, "alarms": int(alarms), "largest_distance_beyond_p": round(largest, 4)}


def main() -> None:
    """Measures all and writes the file."""
    result = {"networks": of_networks(), "faults": of_faults(), "splits": of_splits()}
    TARGET.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n")
    print(TARGET.read_text())


if __name__ == "__main__":
    main()
