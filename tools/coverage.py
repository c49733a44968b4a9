"""Writes docs/coverage.md: which of Keras's public names trimtab has.

`tools/api_names.txt` lists the names with their tiers and, where one is out of scope, the reason;
whether a name is there is asked of the code. With `--check` nothing is written: the exit status
says whether the document is what would be written.
"""

from __future__ import annotations

import argparse
import importlib
import pathlib
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[1]
NAMES = ROOT / "tools" / "api_names.txt"
DOCUMENT = ROOT / "docs" / "coverage.md"
TIERS = ("T1", "T2", "T3")
OUT = "out"
TITLE = """\
# Which names of Keras 3 there are

Made by `python tools/coverage.py` from `tools/api_names.txt` and the code; a test compares it with
both. Tier 1 is what any script for feed-forward and convolutional networks uses, tier 2 what is
common, tier 3 what is rare. Names are Keras's; `keras.` stands for `trimtab.`.

"""


class Name(NamedTuple):
    """One public name of Keras."""

    path: str
    tier: str
    reason: str

    @property
    def area(self) -> str:
        """The module it is in, or the class whose member it is."""
        return self.path.rpartition(".")[0]

    @property
    def state(self) -> str:
        """What the document says of it."""
        if is_there(self.path):
            return "done"
        return f"out of scope: {self.reason}" if self.reason else "missing"


def read_names() -> list[Name]:
    """The names of the list, in its order."""
    lines = [line for line in NAMES.read_text().splitlines() if not line.startswith("#")]
    return [Name(path, tier, reason.strip()) for tier, path, reason in map(_parts, lines)]


def _parts(line: str) -> tuple[str, str, str]:
    tier, _, rest = line.partition(" ")
    path, _, reason = rest.partition("  ")
    if tier not in (*TIERS, OUT) or (tier == OUT and not reason):
        raise ValueError(f"{NAMES.name}: a line is a tier, a name and a reason; got {line!r}")
    return tier, path, reason


def is_there(path: str) -> bool:
    """Whether trimtab has what Keras calls `path`."""
    library = importlib.import_module("trimtab")
    found: object = library
    for part in path.split(".")[1:]:
        if found is library.Variable:
            # The attributes that its constructor sets.
            found = library.Variable(0.0)
        try:
            found = getattr(found, part)
        except AttributeError:
            return False
    return True


def missing(names: list[Name], tiers: tuple[str, ...] = TIERS) -> list[str]:
    """The names of these tiers that are neither there nor out of scope."""
    return [name.path for name in names if name.tier in tiers and name.state == "missing"]


def document(names: list[Name]) -> str:
    """The text of the document."""
    lines = ["| tier | names | done | out of scope | missing |", "|---|---|---|---|---|"]
    for tier in (*TIERS, OUT):
        states = [name.state for name in names if name.tier == tier]
        done, left = states.count("done"), states.count("missing")
        lines.append(f"| {tier} | {len(states)} | {done} | {len(states) - done - left} | {left} |")
    for area in dict.fromkeys(name.area for name in names):
        lines += ["", f"## {area}", "", "| name | tier | state |", "|---|---|---|"]
        lines += [
            f"| `{name.path.rpartition('.')[2]}` | {name.tier} | {name.state} |"
            for name in names
            if name.area == area
        ]
    return TITLE + "\n".join(lines) + "\n"


def main() -> int:
    """Writes the document, or with `--check` compares it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    names = read_names()
    text = document(names)
    if parser.parse_args().check:
        return int(not DOCUMENT.exists() or DOCUMENT.read_text() != text)
    DOCUMENT.write_text(text)
    for path in missing(names, ("T1", "T2")):
        print("missing:", path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
