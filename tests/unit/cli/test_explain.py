import json

import numpy as np
import pytest

import trimtab as keras
from trimtab import layers
from trimtab.cli import main as entry


@pytest.fixture
def files(tmp_path):
    model = keras.Sequential(
        [keras.Input((2,)), layers.BatchNormalization(name="bn"), layers.ReLU(name="relu")]
    )
    model.save(tmp_path / "net.keras")
    np.savez(tmp_path / "data.npz", x=np.array([[8.0, 1.0], [12.0, 3.0], [99.0, 99.0]]))
    return tmp_path


def test_batch_is_explained_and_drawn(files, capsys):
    call = ["explain", str(files / "net.keras"), str(files / "data.npz"), "--batch-size", "2"]

    assert entry.main([*call, "--figure", str(files / "steps.png")]) == 0
    assert "bn, before relu: 2 channels, 2 values each" in capsys.readouterr().out
    assert (files / "steps.png").stat().st_size > 0


def test_json_holds_the_numbers_of_channels(files, capsys):
    call = ["explain", str(files / "net.keras"), str(files / "data.npz"), "--batch-size", "2"]
    entry.main([*call, "--json"])

    (bn,) = json.loads(capsys.readouterr().out)["calls"]
    assert bn["training"]["mean"] == [10.0, 2.0]
    assert bn["training"]["activation_flat"] == 0.5


def test_unknown_layer_is_refused(files, capsys):
    call = ["explain", str(files / "net.keras"), str(files / "data.npz"), "--layer", "b"]

    assert entry.main(call) == 2
    assert "got 'b'" in capsys.readouterr().err
