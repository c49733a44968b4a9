"""Print the requirements that pyproject.toml lists, one a line, for `pip install -r`.

Each argument names a list: `build` (what the build back end needs, with cmake and ninja where the
machine has none), `run` (what the package needs), or one of the extras. So a virtual environment
can be filled with, say, the linters alone, without building the package first.
"""

import pathlib
import re
import sys
import tomllib

PYPROJECT = pathlib.Path(__file__).resolve().parents[1] / "pyproject.toml"


def requirements(name: str) -> list[str]:
    """The requirements of the list `name`, those of other extras of this package spelt out."""
    content = tomllib.loads(PYPROJECT.read_text())
    extras = content["project"]["optional-dependencies"]
    lists = {
        "build": content["build-system"]["requires"],
        "run": content["project"]["dependencies"],
        **extras,
    }
    if name not in lists:
        raise SystemExit(f"requirements.py: the list is one of {', '.join(lists)}; got {name!r}")
    found = []
    for requirement in lists[name]:
        # An extra may ask for another of this package, which pip would look for elsewhere.
        own = re.fullmatch(rf"{content['project']['name']}\[([\w-]+)\]", requirement)
        found += requirements(own[1]) if own else [requirement]
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(*requirements(argument), sep="\n")
