import json

import numpy as np
import pytest

import trimtab as keras
from trimtab import layers
from trimtab.cli import main as entry


@pytest.fixture
def net(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8, name="hidden"),
            layers.BatchNormalization(momentum=0.1, name="bn"),
            layers.ReLU(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "net.keras")
    return str(tmp_path / "net.keras")


@pytest.fixture
def data(tmp_path):
    random = np.random.default_rng(0)
    y = np.eye(2, dtype=np.float32)[random.integers(0, 2, 256)]
    np.savez(tmp_path / "data.npz", x=random.normal(size=(256, 4)).astype(np.float32), y=y)
    return str(tmp_path / "data.npz")


def test_findings_are_printed_and_fail(net, capsys):
    assert entry.main(["audit", net]) == 1

    assert "warn  BN202 bn: momentum 0.1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--ignore", "BN202"], 0),
        (["--fail-on", "error"], 0),
        (["--fail-on", "never"], 0),
        (["--ignore", "BN202", "--fail-on", "info"], 1),
        (["--threshold", "BN202.low=0.05"], 0),
        (["--suppress", "BN202 bn=on purpose"], 0),
        (["--batch-size", "1"], 1),
    ],
)
def test_options_decide_the_exit_code(net, options, code):
    assert entry.main(["audit", net, *options]) == code


def test_data_give_the_number_of_rows(net, data, capsys):
    entry.main(["audit", net, "--data", data, "--batch-size", "85", "--select", "BN301"])

    assert "the last batch (256 rows in batches of 85)" in capsys.readouterr().out


def test_a_baseline_leaves_out_what_was_known(net, tmp_path, capsys):
    known = str(tmp_path / "known.json")
    entry.main(["audit", net, "--write-baseline", known])

    assert entry.main(["audit", net, "--baseline", known]) == 0
    assert "known from the baseline" in capsys.readouterr().out


def test_json_and_sarif_are_parsable(net, capsys):
    entry.main(["audit", net, "--json"])
    assert json.loads(capsys.readouterr().out)["worst"] == "warn"

    entry.main(["audit", net, "--sarif"])
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"


def test_a_rule_is_explained_without_a_model(capsys):
    assert entry.main(["audit", "--explain", "BN203"]) == 0
    assert "BN203 momentum-too-high-for-steps" in capsys.readouterr().out


def test_all_rules_are_listed(capsys):
    assert entry.main(["audit", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 40


def test_a_script_is_read(tmp_path, capsys):
    script = tmp_path / "train.py"
    script.write_text("from keras.layers import BatchNormalization\nBatchNormalization()\n")

    assert entry.main(["audit", str(script)]) == 1
    assert f"BN101 {script}:2" in capsys.readouterr().out


def test_repairs_are_written(net, tmp_path, capsys):
    output = str(tmp_path / "better.keras")

    assert entry.main(["audit", net, "--fix", "--output", output]) == 0

    assert keras.models.load_model(output).get_layer("bn").momentum == 0.9
    assert "BN104 hidden: 8 biases dropped" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give a model or a script"),
        (["nowhere.keras"], "there is no such file"),
        (["NET", "--fix"], "give --output FILE"),
        (["NET", "--select", "XX1"], "there is no rule 'XX1'"),
        (["NET", "--suppress", "BN104"], "must be NAME=VALUE"),
        (["NET", "--threshold", "BN203.warn=much"], "must be a number"),
    ],
)
def test_wrong_calls_exit_with_2(net, words, message, capsys):
    words = [net if word == "NET" else word for word in words]

    assert entry.main(["audit", *words]) == 2
    assert message in capsys.readouterr().err


def test_health_measures_and_reports(net, data, capsys):
    assert entry.main(["health", net, data]) == 1

    out = capsys.readouterr().out
    assert "moving statistics (inference)" in out
    assert "initial statistics are left" in out or "BH403" in out


def test_health_as_json_with_validation_data(net, data, capsys):
    entry.main(["health", net, data, "--validation", data, "--json"])

    assert json.loads(capsys.readouterr().out)["rows"] == 256
