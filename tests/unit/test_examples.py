"""The examples of examples/, as a user runs them."""

import pathlib
import subprocess
import sys

import pytest

import known_results
import recalibrate_after_training
import where_does_bn_go

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "where_does_bn_go.py"


def trimtab(*words, cwd=None):
    command = [sys.executable, "-W", "error", "-m", "trimtab.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def demo_command():
    """The words of `make demo` after the program's name, with the Makefile's own defaults."""
    run = subprocess.run(
        ["make", "-n", "-o", ".venv/stamp-package", "-o", ".venv/stamp-demo", "demo"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    commands = run.stdout.replace("\\\n", " ").splitlines()
    line = next(line for line in commands if "trimtab study" in line)
    return line.partition("trimtab ")[2].split()


@pytest.mark.parametrize(
    ("placement", "expected"),
    [
        ("none", "Dense Activation Dropout Dense Activation Dropout Dense Activation"),
        (
            "before",
            "Dense BatchNormalization Activation Dropout Dense BatchNormalization Activation "
            "Dropout Dense BatchNormalization Activation",
        ),
        (
            "after",
            "Dense Activation BatchNormalization Dropout Dense Activation BatchNormalization "
            "Dropout Dense BatchNormalization Activation",
        ),
    ],
)
def test_normalisation_stands_where_the_placement_says(placement, expected):
    model = where_does_bn_go.build(placement)

    assert " ".join(type(layer).__name__ for layer in model.layers) == expected


def test_demo_says_its_verdict_and_where_the_report_is(tmp_path):
    words = [word.replace("examples/", f"{ROOT}/examples/") for word in demo_command()]
    assert "breast_cancer" in words[2]

    run = trimtab(*words, "--seeds", 7, "--epochs", 2, "--report", "demo.html", cwd=tmp_path)

    assert run.returncode == 0, run.stderr
    assert "569 rows of 30" in run.stdout
    assert "Verdict" in run.stdout
    assert run.stdout.splitlines()[-1] == "Report     demo.html"
    assert (tmp_path / "demo.html").stat().st_size > 50_000


def test_demo_runs_on_a_table(tmp_path, rng):
    rows = [
        f"{a:.3f},{'x' if b > 0 else '?'},{int(a + b > 0)}" for a, b in rng.normal(size=(80, 2))
    ]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,c", *rows]))
    options = ["--target", "c", "--standardize", "--epochs", 1, "--seeds", 2]

    run = trimtab("study", f"{EXAMPLE}:build", "table.csv", *options, cwd=tmp_path)

    assert run.returncode == 0, run.stderr
    assert "80 rows, 3 inputs" in run.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", ["momenta", "dropout", "sorted-batches"])
def test_known_results_are_seen_again(name):
    assert known_results.EXPERIMENTS[name](3).holds


def test_page_of_known_results_holds_every_experiment_as_expected():
    page = (ROOT / "docs" / "known_results.md").read_text()

    assert page.count("**Seen.**") == len(known_results.EXPERIMENTS)
    assert "against expectation" not in page


def test_recalibration_helps_after_a_short_training():
    before, after = recalibrate_after_training.losses(0.5, seed=0)

    assert after < before
