"""Processes killed (SIGKILL) in the middle of writing: what lies on the disk is always whole.

One process has everything imported; its forks do the work and are killed after a random time.
"""

import pathlib
import subprocess
import sys
import textwrap

import pytest

KILLS = 100

SHARED = """
import os, pathlib, random, signal, sys, time
import numpy as np
import trimtab
from trimtab import callbacks, layers

folder, kills = pathlib.Path(sys.argv[1]), int(sys.argv[2])
rng = random.Random(0)
path = folder / "m.keras"
X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def make(width=64):
    trimtab.utils.clear_session()
    trimtab.utils.set_random_seed(1)
    model = trimtab.Sequential([trimtab.Input((3,)), layers.Dense(width, activation="relu")])
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(1))
    model.compile("adam", "mse")
    return model


def forked(work, longest):
    # Kills a fork that works, after a random time; whether it had ended by itself.
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    until = time.monotonic() + rng.uniform(0.0, longest)
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0, status
            return True
        time.sleep(0.0005)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), status
    return status == 0
"""

SAVE = """
def work(first):
    model = make(512)
    for number in range(first, first + 1000):
        model.set_weights([np.full(w.shape, number) for w in model.get_weights()])
        model.save(path)

last = 0
make(512).save(path)
for _ in range(kills):
    forked(lambda: work(last + 1), 0.2)
    values = [np.unique(w) for w in trimtab.models.load_model(path).layers[0].get_weights()]
    if last:
        assert all(len(v) == 1 for v in values) and values[0] == values[1], values
    last = int(values[1][0])
assert last > 3, last
"""

CHECKPOINT = """
def work():
    saver = callbacks.ModelCheckpoint(path, save_freq=1)
    make(256).fit(X, Y, batch_size=2, epochs=100, verbose=0, callbacks=[saver])

make(256).save(path)
versions = set()
for _ in range(kills):
    versions.add(path.stat().st_mtime_ns)
    forked(work, 0.2)
    loaded = trimtab.models.load_model(path)
    assert np.isfinite(loaded.predict(X, verbose=0)).all()
    assert loaded.optimizer.built
assert len(versions) > 1 or kills < 5
"""

BACKUP = """
def fit(callback):
    model = make(16)
    model.fit(X, Y, batch_size=5, epochs=8, verbose=0, callbacks=callback)
    return model

expected = fit([])
expected.save_weights(folder / "expected.weights.h5")
done = folder / "done.weights.h5"
backup = folder / "backup"


def work():
    fit([callbacks.BackupAndRestore(backup)]).save_weights(done)

killed = trainings = 0
while killed < kills:
    while not forked(work, 0.25):
        killed += 1
    result = make(16)
    result.fit(X, Y, verbose=0)
    result.load_weights(done)
    for a, b in zip(expected.get_weights(), result.get_weights()):
        np.testing.assert_array_equal(a, b)
    assert not backup.exists()
    done.unlink()
    trainings += 1
print("trainings", trainings)
"""


def run(script, tmp_path, kills):
    # A wheel or the sources: the child imports what this process does.
    code = textwrap.dedent(SHARED) + textwrap.dedent(script)
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(kills)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]


@pytest.mark.slow
def test_a_model_killed_while_saving_can_be_read(tmp_path):
    run(SAVE, tmp_path, KILLS)


@pytest.mark.slow
def test_a_checkpoint_killed_while_saving_can_be_read(tmp_path):
    run(CHECKPOINT, tmp_path, KILLS)


@pytest.mark.slow
def test_a_training_killed_while_backing_up_ends_with_the_same_bits(tmp_path):
    run(BACKUP, tmp_path, KILLS)


@pytest.mark.parametrize("script", [SAVE, CHECKPOINT, BACKUP], ids=["save", "check", "backup"])
def test_a_few_kills(script, tmp_path):
    run(script.replace("assert last > 3, last", ""), tmp_path, 3)
    assert pathlib.Path(tmp_path).is_dir()
