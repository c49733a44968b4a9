import gzip
import json
import pathlib

import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.cli.main import main

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "data" / "old_files"


@pytest.fixture
def model():
    model = trimtab.Sequential(
        [trimtab.Input((3,)), layers.Dense(4), layers.BatchNormalization(momentum=0.9, name="norm")]
    )
    model.compile("adam", "mse")
    model.fit(np.ones((8, 3)), np.zeros((8, 4)), verbose=0)
    return model


def old(folder, name, target):
    path = target / f"{name}.h5"
    path.write_bytes(gzip.decompress((FOLDER / folder / f"{name}.h5.gz").read_bytes()))
    return str(path)


def test_an_archive_is_described(model, tmp_path, capsys):
    model.save(tmp_path / "m.keras")

    assert main(["info", str(tmp_path / "m.keras")]) == 0

    text = capsys.readouterr().out
    assert "Keras 3.15.1" in text
    assert "norm: axis=-1, momentum=0.9" in text
    assert "32 numbers in 6 arrays" in text


def test_weights_of_today_are_described(model, tmp_path, capsys):
    model.save_weights(tmp_path / "m.weights.h5")

    assert main(["info", str(tmp_path / "m.weights.h5")]) == 0

    assert "32 numbers in 6 arrays" in capsys.readouterr().out


def test_an_old_file_names_its_version_and_library(tmp_path, capsys):
    assert main(["info", old("1.2.2-tensorflow", "mlp", tmp_path)]) == 0

    text = capsys.readouterr().out
    assert "Keras 1.2.2 on tensorflow" in text
    assert "optimizer SGD, loss categorical_crossentropy" in text


def test_json_holds_the_same(tmp_path, capsys):
    assert main(["info", "--json", old("2.2.4-tensorflow", "mlp", tmp_path)]) == 0

    (found,) = json.loads(capsys.readouterr().out)
    assert (found["keras_version"], found["backend"]) == ("2.2.4", "tensorflow")
    assert [bn["epsilon"] for bn in found["batch_normalizations"]] == [0.001, 0.001]


def test_a_file_of_another_kind_is_one_clear_error(tmp_path, capsys):
    (tmp_path / "notes.h5").write_text("not a model")

    assert main(["info", str(tmp_path / "notes.h5")]) == 2

    assert "notes.h5: cannot be read as a file of Keras" in capsys.readouterr().err
