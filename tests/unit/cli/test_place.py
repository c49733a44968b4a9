import json

import pytest

import trimtab as keras
from trimtab import layers
from trimtab.cli import main as entry


@pytest.fixture
def net(tmp_path):
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, "relu", name="a"), layers.Dense(1, name="out")]
    )
    model.save(tmp_path / "net.keras")
    return str(tmp_path / "net.keras")


def test_new_model_is_written(net, tmp_path, capsys):
    output = str(tmp_path / "new.keras")

    assert entry.main(["place", net, "--where", "after", "-o", output, "--momentum", "0.9"]) == 0

    norm = keras.models.load_model(output).get_layer("a_bn")
    assert norm.momentum == 0.9
    assert "1. a (relu): added, a_bn behind it" in capsys.readouterr().out


def test_check_fails_until_all_is_in_place(net, tmp_path, capsys):
    output = str(tmp_path / "new.keras")

    assert entry.main(["place", net, "--check"]) == 1
    assert "1 place would change." in capsys.readouterr().out
    entry.main(["place", net, "-o", output])
    assert entry.main(["place", output, "--check"]) == 0


def test_json_holds_the_report(net, capsys):
    entry.main(["place", net, "--check", "--json"])

    printed = json.loads(capsys.readouterr().out)
    assert printed["changes"] == 1
    assert printed["report"]["layers"][0]["layer"] == "a"


def test_call_without_an_output_is_refused(net, capsys):
    assert entry.main(["place", net]) == 2
    assert "give --output FILE" in capsys.readouterr().err
