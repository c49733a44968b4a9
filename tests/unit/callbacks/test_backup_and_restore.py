"""BackupAndRestore: a training that was cut off goes on, and ends as one that was not."""

import json

import numpy as np
import pytest

import trimtab
from trimtab import callbacks, layers

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


class Cut(callbacks.Callback):
    """Ends the training as a crash would, at the start of an epoch or a batch."""

    def __init__(self, epoch, batch=None):
        super().__init__()
        self.epoch, self.batch, self.now = epoch, batch, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch
        if epoch == self.epoch and self.batch is None:
            raise RuntimeError("cut")

    def on_train_batch_begin(self, batch, logs=None):
        if (self.now, batch) == (self.epoch, self.batch):
            raise RuntimeError("cut")


def make():
    trimtab.utils.clear_session()
    trimtab.utils.set_random_seed(1)
    model = trimtab.Sequential(
        [trimtab.Input((3,)), layers.Dense(4), layers.Dropout(0.5), layers.Dense(1)]
    )
    model.compile("adam", "mse")
    return model


def fit(model, *listed):
    return model.fit(X, Y, batch_size=5, epochs=4, shuffle=False, verbose=0, callbacks=[*listed])


def cut_and_resumed(folder, cut, **kwargs):
    with pytest.raises(RuntimeError, match="cut"):
        fit(make(), callbacks.BackupAndRestore(folder, **kwargs), cut)
    model = make()
    return model, fit(model, callbacks.BackupAndRestore(folder, **kwargs))


def test_resumed_training_ends_as_one_without_a_cut(tmp_path):
    whole = make()
    fit(whole)

    model, history = cut_and_resumed(tmp_path / "backup", Cut(2))

    assert history.epoch == [2, 3]
    for a, b in zip(whole.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_backup_is_deleted_at_the_end(tmp_path):
    cut_and_resumed(tmp_path / "backup", Cut(2))

    assert list(tmp_path.iterdir()) == []


def test_other_files_in_the_folder_stay(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")

    fit(make(), callbacks.BackupAndRestore(tmp_path))

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_backup_is_kept_on_request(tmp_path):
    fit(make(), callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False))

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "latest.weights.h5",
        "training_metadata.json",
    ]
    kept = json.loads((tmp_path / "training_metadata.json").read_text())
    assert (kept["epoch"], kept["batch"]) == (4, 0)


def test_batches_are_backed_up_inside_of_an_epoch(tmp_path):
    model, history = cut_and_resumed(tmp_path / "backup", Cut(1, batch=3), save_freq=2)

    assert history.epoch == [1, 2, 3]
    # 4 batches of the first epoch and 2 of the second were kept; the second is trained again.
    assert int(model.optimizer.iterations) == 6 + 3 * 4


def test_false_saves_nothing(tmp_path):
    fit(make(), callbacks.BackupAndRestore(tmp_path, save_freq=False, delete_checkpoint=False))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["latest.weights.h5", "training_metadata.json"])
def test_double_checkpoint_falls_back_on_the_one_before(name, tmp_path):
    with pytest.raises(RuntimeError, match="cut"):
        fit(make(), callbacks.BackupAndRestore(tmp_path, double_checkpoint=True), Cut(3))
    (tmp_path / name).write_bytes(b"broken")

    history = fit(make(), callbacks.BackupAndRestore(tmp_path, double_checkpoint=True))

    assert history.epoch == [2, 3]


def test_broken_backup_without_another_one_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="cut"):
        fit(make(), callbacks.BackupAndRestore(tmp_path), Cut(2))
    (tmp_path / "latest.weights.h5").write_bytes(b"broken")

    with pytest.raises(ValueError, match=r"latest\.weights\.h5: cannot be read"):
        fit(make(), callbacks.BackupAndRestore(tmp_path))


def test_unbuilt_model_is_refused(tmp_path):
    model = trimtab.Sequential([layers.Dense(1)])
    callback = callbacks.BackupAndRestore(tmp_path)
    callback.set_model(model)

    with pytest.raises(ValueError, match="must be built before fit"):
        callback.on_train_begin()


@pytest.mark.parametrize("save_freq", ["batch", 1.5, None])
def test_save_freq_is_checked(save_freq):
    with pytest.raises(ValueError, match=f"Invalid value {save_freq!r} for `save_freq`"):
        callbacks.BackupAndRestore("folder", save_freq=save_freq)


def test_empty_name_is_refused():
    with pytest.raises(ValueError, match="Empty `backup_dir` .* name a folder; got ''"):
        callbacks.BackupAndRestore("")


@pytest.mark.parametrize("cut_before", ["weights", "metadata"])
def test_a_cut_between_the_two_files_loses_nothing(tmp_path, cut_before, monkeypatch):
    """The weights find the entry that belongs to them, whichever file came last."""
    folder = tmp_path / "backup"
    replace = type(tmp_path).replace

    def cut(self, target):
        name = "latest" if cut_before == "weights" else "training_metadata"
        if target.name.startswith(name) and ".next" not in target.name and epochs[0] == 2:
            raise RuntimeError("cut")
        return replace(self, target)

    epochs = [0]
    count = callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: epochs.__setitem__(0, epoch)
    )

    def fitted(*listed):
        model = make()
        model.fit(X, Y, batch_size=5, epochs=4, verbose=0, callbacks=[*listed])
        return model

    whole = fitted()
    with monkeypatch.context() as patched:
        patched.setattr(type(tmp_path), "replace", cut)
        with pytest.raises(RuntimeError, match="cut"):
            fitted(count, callbacks.BackupAndRestore(folder))
    model = fitted(callbacks.BackupAndRestore(folder))
    for a, b in zip(whole.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
