import json

import numpy as np
import pytest

import trimtab as keras
from trimtab import layers
from trimtab.cli import main as entry


@pytest.fixture
def files(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, name="d"),
            layers.BatchNormalization(name="bn"),
            layers.ReLU(name="relu"),
            layers.BatchNormalization(name="last"),
        ]
    )
    model.save(tmp_path / "net.keras")
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(1).normal(size=(20, 4)))
    return tmp_path


@pytest.mark.parametrize("suffix", ["keras", "onnx"])
def test_folded_model_is_written(files, suffix, capsys):
    output = str(files / f"folded.{suffix}")
    call = ["fold", str(files / "net.keras"), "--data", str(files / "data.npz"), "-o", output]

    assert entry.main(call) == 0
    printed = capsys.readouterr().out
    assert "1 of 2 Batch Normalizations folded." in printed
    assert "last: stays; before it is the activation relu; behind it is the output" in printed
    assert (files / f"folded.{suffix}").stat().st_size > 0


def test_check_fails_while_one_stays(files, capsys):
    assert entry.main(["fold", str(files / "net.keras"), "--check"]) == 1


def test_json_holds_certificates(files, capsys):
    entry.main(["fold", str(files / "net.keras"), "--check", "--json"])

    printed = json.loads(capsys.readouterr().out)
    assert (printed["folded"], printed["holds"]) == (1, True)
    assert printed["report"]["layers"][0]["certificates"][0]["share"] <= 1


@pytest.mark.parametrize(
    ("more", "message"),
    [([], "give --output FILE"), (["-o", "net.h5"], "must end in .keras or .onnx")],
)
def test_wrong_call_is_refused(files, more, message, capsys):
    assert entry.main(["fold", str(files / "net.keras"), *more]) == 2
    assert message in capsys.readouterr().err
