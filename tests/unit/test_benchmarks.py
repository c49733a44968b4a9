"""The benchmarks' scripts: they start, and their tables say what the samples say."""

import pathlib
import re
import runpy
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "benchmarks"
REPORT = runpy.run_path(str(FOLDER / "report.py"))


def sample(peer, us, *, threads=1, quiet=1, loss1=0.5):
    return {
        "workload": "W1",
        "peer": peer,
        "threads": threads,
        "us": us,
        "quiet": quiet,
        "laps": 3,
        "first_s": 1.0,
        "import_s": 0.1,
        "rss_mb": 80,
        "loss1": loss1,
    }


def rows(samples):
    """The cells of the table's rows, without its head."""
    table = REPORT["markdown"](samples, ["W1"])
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_ratio_is_against_trimtab_and_the_fastest_comes_first():
    taken = [sample("Keras", 250.0), sample("trimtab", 10.0)]

    assert [row[:4] for row in rows(taken)] == [
        ["trimtab", "1", "10.0", "1.00"],
        ["Keras", "1", "250.0", "25.00"],
    ]


def test_median_of_the_rounds_at_the_best_thread_count_counts():
    one_thread = [sample("trimtab", us, threads=1) for us in (9.0, 11.0, 30.0)]
    two_threads = [sample("trimtab", us, threads=2) for us in (8.0, 12.0, 30.0)]

    assert rows(one_thread + two_threads)[0][:3] == ["trimtab", "1", "11.0"]


def test_round_without_a_quiet_lap_does_not_count_beside_a_quiet_one():
    taken = [sample("trimtab", 10.0), sample("trimtab", 50.0, quiet=0)]

    assert rows(taken)[0][2] == "10.0"


def test_figure_without_any_quiet_lap_is_marked():
    assert rows([sample("trimtab", 50.0, quiet=0)])[0][2] == "50.0~"


def test_other_work_is_told():
    taken = [sample("trimtab", 10.0), sample("Keras", 20.0), sample("other", 5.0, loss1=0.8)]

    assert {row[0]: row[-1] for row in rows(taken)} == {
        "trimtab": "yes",
        "Keras": "yes",
        "other": "DIFFERS",
    }


def test_failure_is_told_below_the_table():
    failed = {"workload": "W1", "peer": "Keras", "threads": 1, "failure": "no such module"}

    assert REPORT["markdown"]([sample("trimtab", 10.0), failed], ["W1"]).endswith(
        "Keras failed: no such module"
    )


def test_tables_go_between_the_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"head\n{REPORT['BEGIN']}\nold\n{REPORT['END']}\ntail\n")

    REPORT["write_between_markers"](page, "new")

    assert page.read_text() == f"head\n{REPORT['BEGIN']}\n\nnew\n\n{REPORT['END']}\ntail\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["memory_growth.py", "--scale", "0.001"], r"predict, one row: 10 times"),
        (["bn_share.py", "--rounds", "1", "--rows", "160", "--epochs", "1"], r"BN's share .* %"),
        (
            ["startup.py", "--rounds", "1", "--rows", "160", "--epochs", "1", "--venvs", "none"],
            r"\| trimtab \| [\d.]+ \| 1.0 \|",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_script_runs(arguments, told):
    script, *rest = arguments

    run = subprocess.run(
        [sys.executable, str(FOLDER / script), *rest], capture_output=True, text=True
    )

    assert run.stderr == ""
    assert re.search(told, run.stdout)


def test_driver_says_what_it_lacks():
    run = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), "--peers-dir", "none"],
        capture_output=True,
        text=True,
    )

    assert "--peers-dir (or PEERS_DIR) must be the folder" in run.stderr
