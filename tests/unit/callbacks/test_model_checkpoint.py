"""ModelCheckpoint: when it saves, under which names, and what it prints."""

import numpy as np
import pytest

import trimtab
from trimtab import callbacks, layers

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def make():
    model = trimtab.Sequential([trimtab.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def fit(checkpoint, **kwargs):
    model = make()
    model.fit(X, Y, batch_size=5, verbose=0, callbacks=[checkpoint], **kwargs)
    return model


def test_saves_a_model_after_every_epoch_with_its_number_from_1(tmp_path):
    model = fit(callbacks.ModelCheckpoint(tmp_path / "m{epoch:02d}.keras"), epochs=2)

    assert names(tmp_path) == ["m01.keras", "m02.keras"]
    loaded = trimtab.models.load_model(tmp_path / "m02.keras")
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])


def test_saves_weights_alone(tmp_path):
    path = tmp_path / "m.weights.h5"
    model = fit(callbacks.ModelCheckpoint(path, save_weights_only=True), epochs=2)

    other = make()
    other.optimizer.build(other.trainable_variables)
    other.load_weights(path)
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_logged_values_stand_in_the_name(tmp_path):
    fit(
        callbacks.ModelCheckpoint(tmp_path / "{epoch}-{val_loss:.1f}.keras"), validation_data=(X, Y)
    )

    assert names(tmp_path)[0].startswith("1-")


def test_unknown_field_in_the_name(tmp_path):
    with pytest.raises(KeyError, match="Failed to format this callback filepath"):
        fit(callbacks.ModelCheckpoint(tmp_path / "{nothing}.keras"))


def test_saves_after_a_number_of_batches_over_epochs(tmp_path):
    fit(callbacks.ModelCheckpoint(tmp_path / "{epoch}-{batch}.keras", save_freq=3), epochs=2)

    assert names(tmp_path) == ["1-3.keras", "2-2.keras"]


def checkpoint_of(folder, values, **kwargs):
    """Runs a checkpoint over epochs with these values of "loss"; the epochs that it saved."""
    checkpoint = callbacks.ModelCheckpoint(
        folder / "{epoch}.keras", monitor="loss", save_best_only=True, **kwargs
    )
    checkpoint.set_model(make())
    for epoch, value in enumerate(values):
        checkpoint.on_epoch_begin(epoch)
        checkpoint.on_epoch_end(epoch, {"loss": value})
    return [int(name.partition(".")[0]) for name in names(folder)]


def test_saves_the_best_only(tmp_path):
    assert checkpoint_of(tmp_path, [3.0, 4.0, 2.0, 2.0]) == [1, 3]


def test_more_is_better_in_mode_max(tmp_path):
    assert checkpoint_of(tmp_path, [3.0, 4.0, 2.0, 5.0], mode="max") == [1, 2, 4]


def test_threshold_must_be_beaten_first(tmp_path):
    assert checkpoint_of(tmp_path, [3.0, 0.5], initial_value_threshold=1.0) == [2]


def test_messages(tmp_path, capsys):
    checkpoint_of(tmp_path, [0.123456, 0.5], verbose=1)

    assert capsys.readouterr().out == (
        f"\nEpoch 1: loss improved from None to 0.12346, saving model to {tmp_path}/1.keras\n"
        f"\nEpoch 1: finished saving model to {tmp_path}/1.keras\n"
        "\nEpoch 2: loss did not improve from 0.12346\n"
    )


def test_messages_without_best(tmp_path, capsys):
    fit(callbacks.ModelCheckpoint(tmp_path / "m.keras", verbose=1))

    assert capsys.readouterr().out == (
        f"\nEpoch 1: saving model to {tmp_path}/m.keras\n"
        f"\nEpoch 1: finished saving model to {tmp_path}/m.keras\n"
    )


def test_missing_value_warns_and_saves(tmp_path):
    with pytest.warns(UserWarning, match="Can save best model only with val_loss available"):
        fit(callbacks.ModelCheckpoint(tmp_path / "m.keras", save_best_only=True))
    assert names(tmp_path) == ["m.keras"]


def test_value_that_is_no_scalar_warns_and_saves(tmp_path):
    with pytest.warns(UserWarning, match="a scalar value"):
        checkpoint_of(tmp_path, [np.zeros(2)])
    assert names(tmp_path) == ["1.keras"]


def test_folder_in_the_place_of_the_file(tmp_path):
    (tmp_path / "m.keras").mkdir()

    with pytest.raises(IsADirectoryError, match="specify a non-directory filepath"):
        fit(callbacks.ModelCheckpoint(tmp_path / "m.keras"))


@pytest.mark.parametrize(
    ("name", "weights_only"), [("m", False), ("m.txt", False), ("m.keras", True), ("m.h5", True)]
)
def test_suffix_is_checked(name, weights_only):
    with pytest.raises(ValueError, match=f"`filepath` must end in .*got '{name}'"):
        callbacks.ModelCheckpoint(name, save_weights_only=weights_only)


def test_save_freq_is_checked():
    with pytest.raises(ValueError, match=r"`save_freq` must be .*got 'batch'"):
        callbacks.ModelCheckpoint("m.keras", save_freq="batch")


@pytest.mark.parametrize(("save_freq", "wanted"), [("epoch", False), (2, True)])
def test_only_saving_after_batches_asks_for_every_batch(save_freq, wanted):
    checkpoint = callbacks.ModelCheckpoint("m.keras", save_freq=save_freq)

    assert callbacks.CallbackList([checkpoint]).wants_every_batch("train") is wanted
