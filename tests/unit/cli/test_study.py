import json

import numpy as np
import pytest
from small_network import made_data

from trimtab.cli import main as entry

MODULE = """
import trimtab as keras
from trimtab import layers

def build(placement, columns, classes, units=8):
    norm = [layers.BatchNormalization()] if placement != "none" else []
    pair = [*norm, layers.Activation("tanh")]
    model = keras.Sequential([
        keras.Input((columns,)), layers.Dense(units),
        *(pair if placement == "before" else pair[::-1]),
        layers.Dense(classes, activation="softmax"),
    ])
    model.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy", metrics=["accuracy"])
    return model

def small(columns, classes):
    return build("none", columns, classes, 1)

def large(columns, classes):
    return build("none", columns, classes, 16)
"""
QUICK = ["--seeds", "7", "--epochs", "2", "--no-tuning", "--jobs", "2"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["", *__import__("sys").path])
    x, y = made_data()
    np.savez("data.npz", x=x, y=y)
    (tmp_path / "nets_of_study.py").write_text(MODULE)
    return tmp_path


def test_study_prints_its_verdict_and_writes_its_report(folder, capsys):
    code = entry.main(["study", "nets_of_study.py:build", "data.npz", *QUICK, "--report", "r.html"])

    out = capsys.readouterr().out
    assert code == 0
    assert out.startswith("data.npz: 120 rows of 4")
    assert "Verdict" in out
    assert "Report     r.html" in out
    assert "<!doctype html>" in (folder / "r.html").read_text().lower()


def test_json_is_one_object(folder, capsys):
    assert entry.main(["study", "nets_of_study.py:build", "data.npz", *QUICK, "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [arm["name"] for arm in told["arms"]] == ["none", "before", "after"]
    assert len(told["comparisons"]) == 3


def test_table_of_classes_gets_one_hot_targets(folder, capsys):
    x, y = made_data()
    rows = [f"{a},{b},{c},{d},{'yn'[k]}" for (a, b, c, d), k in zip(x, y.argmax(1), strict=True)]
    (folder / "t.csv").write_text("\n".join(["a,b,c,d,kind", *rows]))

    arguments = ["study", "nets_of_study.py:build", "t.csv", "--target", "kind", *QUICK]
    assert entry.main([*arguments, "--arms", "none", "after"]) == 0
    assert "after" in capsys.readouterr().out


def test_variants_of_ones_own_are_compared(folder, capsys):
    arguments = ["study", "nets_of_study.py:small", "data.npz", *QUICK]

    assert entry.main([*arguments, "--variant", "large=nets_of_study.py:large", "--json"]) == 0
    assert [a["name"] for a in json.loads(capsys.readouterr().out)["arms"]] == ["model", "large"]


def test_expected_arm_that_is_not_shown_to_be_best_fails(folder):
    arguments = ["study", "nets_of_study.py:build", "data.npz", *QUICK, "--seeds", "2"]

    assert entry.main([*arguments, "--expect", "before"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--expect", "befor"], "--expect: must name an arm, none, before, after; got 'befor'"),
        (["--arms", "none", "behind"], "names placements"),
        (["--variant", "large"], "must be NAME=MODEL"),
        (["--arms", "none", "after", "--variant", "a=b:c"], "take the place of --arms"),
    ],
)
def test_wrong_calls_get_a_sentence_and_code_2(folder, capsys, arguments, message):
    assert entry.main(["study", "nets_of_study.py:build", "data.npz", *QUICK, *arguments]) == 2
    assert message in capsys.readouterr().err


def test_data_without_targets_is_refused(folder, capsys):
    np.savez("bare.npz", x=np.zeros((30, 4)))

    assert entry.main(["study", "nets_of_study.py:build", "bare.npz"]) == 2
    assert "the data must hold targets" in capsys.readouterr().err
