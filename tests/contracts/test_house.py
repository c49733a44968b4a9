"""The house style where a machine can hold it: sizes, names, docstrings, examples that run."""

import ast
import doctest
import importlib
import inspect
import pathlib
import pkgutil
import re
import subprocess
import sys
import tomllib

import pytest

import trimtab
from trimtab.core.session import clear_session

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_FILE_LINES = 600
MOST_FUNCTION_LINES = 80
FORBIDDEN_MODULES = {"utils", "helpers", "helper", "misc", "common", "manager", "managers"}
# Keras's public name; test_utils_only_re_exports holds it to that.
PUBLIC_UTILS = ROOT / "src" / "trimtab" / "utils"

PYTHON_FILES = sorted(
    path
    for folder in ("src", "tests", "benchmarks", "examples", "tools")
    for path in (ROOT / folder).rglob("*.py")
)
CPP_FILES = sorted(
    path for path in (ROOT / "cpp").rglob("*") if path.suffix in {".h", ".cpp", ".def", ".inc"}
)
MODULES = [
    "trimtab",
    # `_onednn` is a library that the engine loads, not a module, though its file is named like one.
    *(
        module.name
        for module in pkgutil.walk_packages(trimtab.__path__, "trimtab.")
        if not module.name.endswith("._onednn")
    ),
]
PACKAGES = [
    "trimtab",
    *(m.name for m in pkgutil.iter_modules(trimtab.__path__, "trimtab.") if m.ispkg),
]
README = (ROOT / "README.md").read_text()


def relative(path):
    return str(path.relative_to(ROOT))


def fenced(language):
    """The README's code blocks in `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


MAKE_COMMANDS = sorted(set(re.findall(r"\bmake ([\w-]+)", "".join(fenced("sh")))))


def long_python_functions(path):
    """Names of the functions with too many lines, their docstrings left out."""
    long = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0]
        documented = ast.get_docstring(node, clean=False) is not None
        doc_lines = first.end_lineno - first.lineno + 1 if documented else 0
        if node.end_lineno - node.lineno + 1 - doc_lines > MOST_FUNCTION_LINES:
            long.append(node.name)
    return long


def long_cpp_functions(text):
    """First lines of the functions at namespace level with too many lines.

    By layout, which clang-format fixes: namespaces are not indented, so a function runs from the
    unindented line before its brace to the next line that is nothing but a closing brace.
    """
    long, start, opening = [], None, ""
    for number, line in enumerate(text.splitlines()):
        if line == "}":
            if start is not None and number - start + 1 > MOST_FUNCTION_LINES:
                long.append(opening)
            start = None
        elif line.endswith("{") and not line.startswith((" ", "#", "namespace", "extern")):
            start, opening = number, line
    return long


@pytest.mark.parametrize("path", PYTHON_FILES + CPP_FILES, ids=relative)
def test_file_has_no_more_lines_than_the_house_allows(path):
    assert len(path.read_text().splitlines()) <= MOST_FILE_LINES


@pytest.mark.parametrize("path", PYTHON_FILES, ids=relative)
def test_python_functions_have_no_more_lines_than_the_house_allows(path):
    assert long_python_functions(path) == []


@pytest.mark.parametrize("path", CPP_FILES, ids=relative)
def test_cpp_functions_have_no_more_lines_than_the_house_allows(path):
    assert long_cpp_functions(path.read_text()) == []


def test_a_long_cpp_function_is_found():
    text = "namespace a {\n\nvoid f() {\n" + "  g();\n" * 79 + "}\n\n}  // namespace a\n"

    assert long_cpp_functions(text) == ["void f() {"]


def test_no_module_has_a_name_that_says_nothing():
    named = {
        path
        for path in PYTHON_FILES
        if FORBIDDEN_MODULES & {path.stem, path.parent.name} and PUBLIC_UTILS not in path.parents
    }

    assert {path for path in named if ROOT / "src" in path.parents} == set()


def test_utils_only_re_exports():
    statements = [
        statement
        for path in PUBLIC_UTILS.glob("*.py")
        for statement in ast.parse(path.read_text()).body[1:]
    ]

    assert {type(statement) for statement in statements} <= {ast.ImportFrom}


@pytest.mark.parametrize("name", PACKAGES)
def test_public_names_have_docstrings_of_their_own(name):
    package = importlib.import_module(name)
    public = {
        key: value
        for key, value in vars(package).items()
        if not key.startswith("_") and (inspect.isclass(value) or inspect.isfunction(value))
    }

    assert [
        key for key, value in public.items() if not vars(value).get("__doc__", value.__doc__)
    ] == []


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    clear_session()  # examples show automatic names
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=flags)

    assert failed == 0


def test_importing_trimtab_prints_nothing_and_loads_only_numpy():
    script = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import trimtab\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "sys.exit(str(loaded - sys.stdlib_module_names - {'numpy', 'trimtab'} or ''))"
    )

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert (run.stdout, run.stderr.strip()) == ("", "")


def test_readme_code_runs():
    script = "\n".join(fenced("python"))

    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True
    )

    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("target", MAKE_COMMANDS)
def test_readme_make_commands_exist(target):
    makefile = (ROOT / "Makefile").read_text()

    assert re.search(rf"^{re.escape(target)}:", makefile, flags=re.MULTILINE)


@pytest.mark.parametrize(
    "document", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=relative
)
def test_links_between_documents_lead_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_ci_runs_the_readme_test_command():
    commands = (ROOT / ".ci" / "run").read_text().splitlines()

    assert commands[-1] in "".join(fenced("sh"))


def test_documented_python_versions_start_at_the_required_one():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = [c.rsplit(" ", 1)[1] for c in project["classifiers"] if "Python :: 3." in c]

    assert project["requires-python"] == f">={versions[0]}"
