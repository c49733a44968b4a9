"""Writes docs/rules.md from the registry of rules, the planted faults and the calibration.

    python tools/rules_reference.py          # writes the page
    python tools/rules_reference.py --check  # says whether it is up to date, exit code 1 if not

The table of planted faults is what the tests of tests/unit/batchnorm/test_planted_faults.py demand;
running this without --check runs them all and refuses to write a page that they contradict.
"""

from __future__ import annotations

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "corpus"))

from correct_models import MODELS  # noqa: E402
from planted_faults import PLANTS  # noqa: E402

from trimtab.batchnorm.catalogue import RULES  # noqa: E402
from trimtab.batchnorm.rules import Rule  # noqa: E402
from trimtab.batchnorm.thresholds import CORPUS, THRESHOLDS  # noqa: E402

PAGE = ROOT / "docs" / "rules.md"
CALIBRATION = ROOT / "tools" / "rules_calibration.json"
GROUPS = {
    "BN1": "Structure",
    "BN2": "Configuration",
    "BN3": "Training set-up",
    "BH4": "Measured by `health`",
}


def page() -> str:
    """The whole page."""
    parts = [_head(), *(_group(prefix, title) for prefix, title in GROUPS.items())]
    return "\n".join([*parts, _planted(), _calibration()])


def _head() -> str:
    return f"""# Rules of audit and health

Made by `python tools/rules_reference.py` from the code; a test compares it with both.

`trimtab.batchnorm.audit` runs the rules BN101 to BN305 on a model's graph, `health` the rules
BH401 to BH415 on data. Codes are never given to another rule. An **error** is a wrong or
meaningless result, a **warn** likely harm, an **info** a fact or a saving. `fit` runs the rules
marked "in fit" once a model and prints their warnings and errors in at most three lines;
`keras.config.set_bn_checks(False)` silences it. `audit --fix` repairs what is marked "fixable"
without changing the model's outputs in inference.

There are {len(RULES)} rules.
"""


def _group(prefix: str, title: str) -> str:
    rules = [RULES[code] for code in sorted(RULES) if code.startswith(prefix)]
    return "\n".join([f"## {title}\n", *map(_rule, rules)])


def _rule(rule: Rule) -> str:
    marks = [rule.severity]
    marks += ["fixable"] if rule.fixable else []
    marks += ["in fit"] if rule.cheap else []
    lines = [
        f"### {rule.code} {rule.name}\n",
        f"*{', '.join(marks)}*\n",
        f"**When.** {_sentence(rule.condition)}\n",
        f"**Why.** {rule.reason}\n",
        f"**Fix.** {_sentence(rule.fix)}\n",
        f"**Source.** <{rule.source}>\n",
    ]
    return "\n".join(lines)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _planted() -> str:
    lines = [
        "## Planted faults\n",
        "One fault and its clean twin, which differs in that alone. *Found*: the rule finds it, in "
        "the right layer and as grave as it should. *False*: findings of the rule in the twin, "
        f"and findings above info of the rule in the {len(MODELS)} correct networks of "
        "`tests/corpus`.\n",
        "| rule | planted | in | found | false |",
        "|---|---|---|---|---|",
    ]
    for plant in sorted(PLANTS, key=lambda p: p.code):
        where = f"`{plant.layer}`" if plant.layer else "the model"
        lines.append(f"| {plant.code} | {plant.name} | {where} ({plant.severity}) | yes | 0 |")
    return "\n".join([*lines, ""])


def _calibration() -> str:
    measured = json.loads(CALIBRATION.read_text())
    lines = [
        "## Thresholds\n",
        'Any can be overridden: `audit(model, thresholds={"BN203.warn": 0.1})`, '
        "`--threshold BN203.warn=0.1`.\n",
        "| name | value | what | set by |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {t.value:g} | {t.meaning} | {t.calibrated} |" for name, t in THRESHOLDS.items()
    ]
    lines += [
        "",
        "### How the measured ones were set\n",
        "`python tools/calibrate_rules.py` trains 14 networks (five activations, before and after; "
        "dropout; convolutions; residual) on scikit-learn's digits with 3 seeds each and a "
        "learning rate that falls to 0, and asks `health` for the numbers behind each rule. The "
        "threshold lies between the most extreme of these 42 networks and the mildest planted "
        "fault. With a constant learning rate the moving averages stay noisy: recalibration then "
        "saves up to 40 % of these small losses, which BH411 rightly tells of.\n",
        "| threshold | value | correct networks, at most (BH409.linear: at least) | where | "
        "planted fault |",
        "|---|---|---|---|---|",
    ]
    for name, fault in measured["faults"].items():
        found = measured["networks"].get(name, {"value": "none", "where": "nowhere"})
        value = THRESHOLDS[name].value
        lines.append(f"| {name} | {value:g} | {found['value']} | {found['where']} | {fault} |")
    splits = measured["splits"]
    lines += [
        "",
        f"BN304.distance: of {splits['tries']:,} random splits of balanced labels (100 to 10,000 "
        "rows, 2 to 100 classes, 10 to 30 % held out) "
        f"{splits['alarms']} pass both tests, the distance and p.\n",
        "Changed by that from first proposals: BH404 warns from a quarter of a layer on (behind a "
        "ReLU up to 19 % of the units of a sound network never fire), BH405 from half of the "
        "channels (29 % behind a GELU), BH408 at a gain of 50 (31.6 is what gamma 1 and a dead "
        "channel make at Keras's epsilon), BH411 at 20 % of the loss; BN302 only notes small "
        "batches where every row brings 512 values a channel.",
        "",
    ]
    return "\n".join(lines)


def unmeasured() -> list[str]:
    """The thresholds that claim a measurement that there is none of."""
    measured = {*json.loads(CALIBRATION.read_text())["faults"], "BN304.distance"}
    return [n for n, t in THRESHOLDS.items() if t.calibrated == CORPUS and n not in measured]


def contradictions() -> list[str]:
    """The planted faults that are not found, or whose twins are not silent."""
    return [f"{p.code} {p.name}" for p in PLANTS if not p.found() or p.false()]


def main() -> int:
    """Writes or checks the page."""
    text = page()
    if "--check" in sys.argv:
        is_same = PAGE.exists() and PAGE.read_text() == text
        print("docs/rules.md is up to date" if is_same else "docs/rules.md is out of date")
        return int(not is_same)
    wrong = contradictions()
    if wrong:
        print("not written; these contradict it:\n" + "\n".join(wrong))
        return 1
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
