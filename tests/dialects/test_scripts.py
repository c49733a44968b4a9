"""Whole scripts of every era, run as they are."""

import io
import pathlib
import re
import warnings

import pytest

from trimtab.compat.detect import detect
from trimtab.compat.run import read_script, run_script

HERE = pathlib.Path(__file__).parent
CORPUS = sorted((HERE / "corpus").glob("*.py"))
THREAD = sorted((HERE / "thread").glob("*.py"))
ERAS = {"keras0": 9, "keras1": 17, "keras2": 14, "tfkeras": 8, "keras3": 5}


def run(path, capsys, **options):
    """(exit code, what it printed, the record at its end, the warnings)."""
    record = io.StringIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        code = run_script(str(path), stream=record, **options)
    return code, capsys.readouterr().out, record.getvalue(), [str(w.message) for w in caught]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_script_of_an_era_runs(path, capsys):
    code, printed, record, _ = run(path, capsys)

    assert code == 0, record
    loss = float(re.search(r"first loss (\S+)", printed)[1])
    assert 0 < loss < 10
    assert int(re.search(r"parameters (\d+)", printed)[1]) > 0
    assert "same False" not in printed


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_era_of_a_script_is_found(path):
    prefix = path.stem.partition("_")[0]

    assert detect(read_script(str(path))[0]).era == prefix.replace("tfkeras", "tf_keras")


def test_there_are_scripts_of_every_era():
    counts = {era: len([p for p in CORPUS if p.stem.startswith(f"{era}_")]) for era in ERAS}

    assert all(counts[era] >= least for era, least in ERAS.items()), counts
    assert sum(counts.values()) >= 40


@pytest.mark.parametrize("path", THREAD, ids=lambda path: path.stem)
def test_a_script_of_the_thread_runs(path, capsys):
    code, printed, record, _ = run(path, capsys)

    assert code == 0, record
    assert "Epoch 2/" in printed
    assert "Translated:" in record


def test_the_thread_is_whole():
    assert {path.stem for path in THREAD} == {
        "question",
        "before_activation",
        "after_activation",
        "without_bias",
        "convolution_helper",
        "with_arguments",
        "otto",
    }


def test_the_question_hears_that_its_layer_is_part_of_no_model(capsys):
    _, printed, record, caught = run(HERE / "thread" / "question.py", capsys)

    assert any("was created but belongs to no model, so it does nothing" in text for text in caught)
    assert "val_acc:" in printed
    for old, today in {
        "line 28: nb_epoch=20": "epochs=20",
        "line 28: show_accuracy=True": "metrics=['accuracy'] of compile()",
        "line 26: lr=0.1": "learning_rate=0.1",
        "line 17: init='uniform'": "kernel_initializer='uniform'",
        "line 16: mode=0": "nothing: mode 0 is what the layer does",
    }.items():
        assert f"  {old} -> {today}\n" in record


@pytest.mark.parametrize("path", sorted((HERE / "tensorflow").glob("*.py")), ids=lambda p: p.stem)
def test_a_script_that_touches_tensorflow_runs(path, capsys):
    code, printed, record, _ = run(path, capsys)

    assert code == 0, record
    assert "first loss" in printed


def test_another_era_can_be_asked_for(capsys):
    _, printed, record, _ = run(HERE / "thread" / "otto.py", capsys, dialect="1.0.8")

    assert "read as Keras 1.0.8 (as --dialect says)" in record
    assert "momentum" not in record
    assert "epsilon=1e-05, as it was then" in record
