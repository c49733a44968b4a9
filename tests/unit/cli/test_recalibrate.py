import json

import numpy as np
import pytest

import trimtab as keras
from trimtab import layers
from trimtab.cli import main as entry


@pytest.fixture
def files(tmp_path):
    model = keras.Sequential([keras.Input((2,)), layers.BatchNormalization(name="bn")])
    model.save(tmp_path / "net.keras")
    np.savez(tmp_path / "data.npz", x=np.array([[8.0, 1.0], [12.0, 3.0]]))
    return [str(tmp_path / name) for name in ("net.keras", "data.npz", "new.keras")]


def test_check_fails_until_the_statistics_are_right(files, capsys):
    net, data, new = files

    assert entry.main(["recalibrate", net, data, "--check"]) == 1
    assert "Off: bn." in capsys.readouterr().out
    assert entry.main(["recalibrate", net, data, "-o", new]) == 0
    assert entry.main(["recalibrate", new, data, "--check"]) == 0
    norm = keras.models.load_model(new).layers[0]
    np.testing.assert_allclose(norm.moving_mean, [10, 2])


def test_json_holds_the_report(files, capsys):
    net, data, new = files
    entry.main(["recalibrate", net, data, "-o", new, "--json"])

    printed = json.loads(capsys.readouterr().out)
    assert printed["report"]["rows"] == 2
    assert printed["stale"] == ["bn"]


def test_call_without_an_output_is_refused(files, capsys):
    assert entry.main(["recalibrate", *files[:2]]) == 2
    assert "give --output FILE" in capsys.readouterr().err
