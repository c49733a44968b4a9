"""Check that every `#include` in cpp/ points down the list of folders, as Python's imports do.

A folder may include its own files and those of the folders before it in `ORDER`; a library of
`OWNERS` is included in one folder alone. Includes of our own are written from cpp/, in quotes.
"""

import pathlib
import re
import sys

ORDER = ("base", "simd", "vm", "onednn", "kernels", "plan", "bindings")
OWNERS = {"dnnl": "onednn", "oneapi": "onednn", "nanobind": "bindings", "Python.h": "bindings"}
# Tests see everything, and nothing sees the tests.
TESTS = "tests"

INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<bracket>[<"])(?P<path>[^>"]+)[>"]')
SUFFIXES = {".h", ".cpp", ".def", ".inc"}


def complaint(folder: str, bracket: str, path: str, root: pathlib.Path) -> str | None:
    """What is wrong with one include in a file of `folder`, or None."""
    library = next((name for name in OWNERS if re.match(rf"{name}(\W|_|$)", path)), "")
    if library:
        owner = OWNERS[library]
        allowed = folder in (owner, TESTS)
        return None if allowed else f"{path} may be included in cpp/{owner} alone"
    if bracket == "<":
        return None
    if not (root / path).is_file():
        return f'"{path}" is no file of cpp/; write the path from there'
    included = path.split("/")[0]
    if folder in (included, TESTS):
        return None
    if included not in ORDER:
        return f"cpp/{included} may not be included from cpp/{folder}"
    if ORDER.index(included) > ORDER.index(folder):
        return f"cpp/{folder} is below cpp/{included} and may not include {path}"
    return None


def complaints(root: pathlib.Path) -> list[str]:
    """One line for each include under `root` that breaks the order."""
    found = []
    for file in sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES):
        folder = file.relative_to(root).parts[0]
        if folder not in (*ORDER, TESTS):
            found.append(f"{file}: cpp/{folder} is not in ORDER of tools/check_includes.py")
            continue
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            match = INCLUDE.match(line)
            wrong = match and complaint(folder, match["bracket"], match["path"], root)
            if wrong:
                found.append(f"{file}:{number}: {wrong}")
    return found


if __name__ == "__main__":
    found = complaints(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "cpp"))
    print("\n".join(found) or "check_includes: every include points down")
    sys.exit(bool(found))
