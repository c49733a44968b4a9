"""The example of examples/ and the tables it reads."""

import gzip
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import example_data

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = ROOT / "examples" / "where_does_bn_go.py"
ROWS = """\
age, colour ,size,kind
1, red,10,a
2,blue,?,b
3,?,30,a
4,red,40,b
5,blue,50,a
6,red,60,?
"""


@pytest.fixture
def table(tmp_path):
    """The table of ROWS as the example reads it, with `kind` as its target."""
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return example_data.read_csv(path, "kind")


def run_demo(*arguments):
    return subprocess.run(
        [sys.executable, "-W", "error", str(DEMO), *map(str, arguments)],
        capture_output=True,
        text=True,
    )


def test_columns_of_numbers_come_first_and_text_becomes_one_hot(table):
    expected = [
        [1, 10, 0, 0, 1],
        [2, np.nan, 1, 0, 0],
        [3, 30, 0, 1, 0],
        [4, 40, 0, 0, 1],
        [5, 50, 1, 0, 0],
    ]

    np.testing.assert_array_equal(table.x, expected)


def test_rows_without_a_class_are_dropped(table):
    np.testing.assert_array_equal(table.y, [0, 1, 0, 1, 0])


def test_preparation_is_told_in_one_line(table):
    assert table.preparation == (
        "2 columns of numbers standardised, 1 of text one-hot encoded as 3, 2 gaps filled "
        "(numbers: training median; text: a category 'missing'), 1 rows without a class dropped"
    )


def test_gzipped_table_reads_like_the_plain_one(table, tmp_path):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(ROWS.encode()))

    np.testing.assert_array_equal(example_data.read_csv(path, "kind").x, table.x)


def test_standardisation_uses_training_rows_only(rng):
    x = rng.normal(5, 3, size=(50, 2))
    measures = example_data.Table("", x, np.arange(50) % 2, ["a", "b"], 2, "")
    outlier = x.copy()
    outlier[np.random.default_rng(4).permutation(50)[-1]] = 1e6
    shifted = example_data.Table("", outlier, np.arange(50) % 2, ["a", "b"], 2, "")

    plain_rows = example_data.split(measures, 0.2, seed=4)[0]
    shifted_rows = example_data.split(shifted, 0.2, seed=4)[0]

    np.testing.assert_array_equal(plain_rows, shifted_rows)
    np.testing.assert_allclose(plain_rows.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(plain_rows.std(axis=0), 1, rtol=1e-6)


def test_gaps_among_numbers_get_the_training_median():
    x = np.array([[np.nan], [0.0], [2.0], [10.0]])
    table = example_data.Table("", x, np.zeros(4, int), ["a", "b"], 1, "")

    x_train, _, x_validation, _ = example_data.split(table, 0.25, seed=3)

    together = np.concatenate([x_train, x_validation])[:, 0]
    order = np.random.default_rng(3).permutation(4)
    known = x[order[:3], 0]
    filled = np.where(np.isnan(x[order, 0]), np.nanmedian(known), x[order, 0])
    standardised = (filled - filled[:3].mean()) / filled[:3].std()
    np.testing.assert_allclose(together, standardised, rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        (ROWS, "knd", "has no column 'knd'; did you mean 'kind'"),
        (ROWS, "zzz", "its columns are age, colour, size, kind"),
        ("a,b\n1,2\n1,2,3\n", "b", "line 3 of rows.csv has 3 cells, but the header has 2"),
        ("a,b\n", "b", "has no rows below its header"),
        ("a,b\n1,2\n1,2\n", "b", "must hold 2 to 20 classes; got 1 distinct"),
        ("b\nx\ny\n", "b", "no column is left to learn from"),
    ],
)
def test_bad_table_is_refused_in_words(tmp_path, text, target, message):
    path = tmp_path / "rows.csv"
    path.write_text(text)

    with pytest.raises(SystemExit, match=message):
        example_data.read_csv(path, target)


def test_demo_runs_on_the_bundled_data():
    run = run_demo("--epochs", 2, "--seeds", 2)

    assert (run.returncode, run.stderr) == (0, "")
    assert "569 rows, 30 inputs" in run.stdout
    assert "0.99 ** 58 = 56 %" in run.stdout


def test_demo_runs_on_a_table(tmp_path, rng):
    path = tmp_path / "table.csv"
    rows = [
        f"{a:.3f},{'x' if b > 0 else '?'},{int(a + b > 0)}" for a, b in rng.normal(size=(80, 2))
    ]
    path.write_text("\n".join(["a,b,c", *rows]))

    run = run_demo("--csv", path, "--target", "c", "--epochs", 1, "--seeds", 1)

    assert (run.returncode, run.stderr) == (0, "")
    assert "80 rows, 3 inputs" in run.stdout


def test_demo_wants_a_target_with_a_table(tmp_path):
    run = run_demo("--csv", tmp_path / "table.csv")

    assert run.returncode == 2
    assert "--csv and --target go together" in run.stderr
