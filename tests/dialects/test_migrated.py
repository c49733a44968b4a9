"""Every script of the corpus, migrated: real Keras 3 runs it, to the same first loss."""

import pathlib
import re
import runpy
import subprocess
import sys

import keras
import pytest

from trimtab.compat.migration.source import migrate_source

HERE = pathlib.Path(__file__).parent
SCRIPTS = sorted([*(HERE / "corpus").glob("*.py"), *(HERE / "thread").glob("*.py")])
# What Keras 3 has no form of, and migrate says so.
LEFT = {
    "keras0_graph": "Graph is in no module of today",
    "keras0_merge_branches": "joins whole models",
    "keras1_highway_maxout": "Highway is in no module of today",
    "keras2_layer_outputs": "K.function(...) has no counterpart",
    "keras2_sklearn_wrapper": "KerasClassifier is in no module of today",
}
MIGRATED = [path for path in SCRIPTS if path.stem not in LEFT and path.parent.name == "corpus"]
THREAD = [path for path in SCRIPTS if path.parent.name == "thread"]


def figures(printed):
    """(first loss, number of parameters) that a script printed."""
    loss = re.search(r"first loss (\S+)", printed)
    count = re.search(r"parameters (\d+)", printed)
    return (float(loss[1]) if loss else None, int(count[1]) if count else None)


@pytest.fixture
def keras_settings(monkeypatch):
    """Settings of real Keras that a script changes, put back; no warnings as errors."""
    ordering = keras.config.image_data_format()
    yield
    keras.config.set_image_data_format(ordering)
    keras.utils.clear_session()


def test_at_least_forty_scripts_are_migrated_whole():
    assert len(MIGRATED) >= 40


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", MIGRATED, ids=lambda path: path.stem)
def test_real_keras_computes_the_same_from_a_migrated_script(
    path, tmp_path, capsys, monkeypatch, keras_settings
):
    migrated = migrate_source(path.read_text(), name=path.name)
    (tmp_path / path.name).write_text(migrated.source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [path.name])
    # In a process of its own: here `keras` is the real one.
    command = [sys.executable, "-m", "trimtab.cli", "run", "--quiet", str(path)]
    ours = subprocess.run(command, capture_output=True, text=True)
    assert ours.returncode == 0, ours.stderr
    loss, parameters = figures(ours.stdout)

    runpy.run_path(str(tmp_path / path.name), run_name="__main__")

    found = figures(capsys.readouterr().out)
    assert found == (pytest.approx(loss, rel=1e-4, abs=1e-5), parameters)
    assert migrated.left == ()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", THREAD, ids=lambda path: path.stem)
def test_real_keras_runs_a_migrated_script_of_the_thread(
    path, tmp_path, capsys, monkeypatch, keras_settings
):
    migrated = migrate_source(path.read_text(), name=path.name)
    (tmp_path / path.name).write_text(migrated.source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [path.name])

    runpy.run_path(str(tmp_path / path.name), run_name="__main__")

    assert "Epoch 2/" in capsys.readouterr().out
    assert migrated.left == ()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_migrating_a_migrated_script_changes_nothing(path):
    migrated = migrate_source(path.read_text(), name=path.name).source

    assert migrate_source(migrated, name=path.name).source == migrated


@pytest.mark.parametrize(("stem", "reason"), LEFT.items())
def test_what_has_no_form_today_is_listed_with_its_line(stem, reason):
    migrated = migrate_source((HERE / "corpus" / f"{stem}.py").read_text())

    assert any(reason in remark.text and remark.line > 0 for remark in migrated.left)


@pytest.mark.parametrize(
    "path", sorted((HERE / "corpus").glob("keras3_*.py")), ids=lambda p: p.stem
)
def test_a_script_of_keras_3_stays_as_it_is(path):
    source = path.read_text()

    assert migrate_source(source).source == source
