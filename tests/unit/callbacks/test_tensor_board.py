"""Event files, read back by TensorBoard's own reader."""

import json

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import trimtab
from trimtab import layers
from trimtab.callbacks import TensorBoard

X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = X[:, :1]


def fitted(tmp_path, *, epochs=2, validation=False, **kwargs):
    trimtab.utils.set_random_seed(0)
    model = trimtab.Sequential(
        [trimtab.Input((2,)), layers.Dense(3, name="d"), layers.BatchNormalization(name="bn")]
    )
    model.add(layers.Dense(1))
    model.compile("sgd", "mse")
    history = model.fit(
        X,
        Y,
        batch_size=4,
        epochs=epochs,
        verbose=0,
        validation_data=(X, Y) if validation else None,
        callbacks=[TensorBoard(tmp_path, **kwargs)],
    )
    return model, history


def events(path):
    found = EventAccumulator(str(path), size_guidance={"scalars": 0, "histograms": 0, "images": 0})
    found.Reload()
    return found


def scalars(path, tag):
    return [(event.step, event.value) for event in events(path).Scalars(tag)]


def test_the_logs_of_the_epochs_are_scalars(tmp_path):
    _, history = fitted(tmp_path, validation=True)
    expected = list(enumerate(history.history["loss"]))
    assert scalars(tmp_path / "train", "epoch_loss") == [
        (step, pytest.approx(value)) for step, value in expected
    ]
    assert scalars(tmp_path / "train", "epoch_learning_rate")[1] == (1, pytest.approx(0.01))
    assert [step for step, _ in scalars(tmp_path / "validation", "epoch_loss")] == [0, 1]


def test_validation_is_logged_against_the_updates(tmp_path):
    fitted(tmp_path, validation=True)
    found = scalars(tmp_path / "validation", "evaluation_loss_vs_iterations")
    assert [step for step, _ in found] == [3, 6]


def test_histograms_show_weights_and_moving_statistics(tmp_path):
    model, _ = fitted(tmp_path, histogram_freq=1)
    found = events(tmp_path / "train")
    names = [w.path for layer in model.layers for w in layer.weights]
    assert found.Tags()["histograms"] == [f"{name}/histogram" for name in names]
    assert any(name.endswith("/bn/moving_mean") for name in names)
    last = found.Histograms(f"{names[0]}/histogram")[-1].histogram_value
    kernel = model.layers[0].kernel.numpy()
    assert (last.min, last.max) == (pytest.approx(kernel.min()), pytest.approx(kernel.max()))


def test_every_second_batch_is_logged(tmp_path):
    fitted(tmp_path, update_freq=2)
    assert [step for step, _ in scalars(tmp_path / "train", "batch_loss")] == [2, 4, 6]


def test_epochs_alone_need_no_hook_of_batches(tmp_path):
    callbacks = trimtab.callbacks.CallbackList([TensorBoard(tmp_path)])
    assert not callbacks.wants_every_batch("train")


def test_the_layers_are_written(tmp_path):
    model, _ = fitted(tmp_path)
    proto = events(tmp_path / "train").Tensors("keras")[0].tensor_proto
    assert json.loads(proto.string_val[0]) == json.loads(model.to_json())


def test_weights_are_drawn(tmp_path):
    fitted(tmp_path, histogram_freq=1, write_images=True)
    assert any(tag.startswith("sequential") for tag in events(tmp_path / "train").Tags()["images"])


def test_speed_is_logged(tmp_path):
    fitted(tmp_path, write_steps_per_second=True, update_freq="batch")
    assert all(value > 0 for _, value in scalars(tmp_path / "train", "epoch_steps_per_second"))
    assert len(scalars(tmp_path / "train", "batch_steps_per_second")) == 6


def test_embeddings_are_kept_with_their_names(tmp_path):
    model = trimtab.Sequential([trimtab.Input((1,)), layers.Embedding(4, 2), layers.Flatten()])
    model.compile("sgd", "mse")
    board = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata="names.tsv")
    model.fit(np.zeros((4, 1), "int32"), np.zeros((4, 2)), verbose=0, callbacks=[board])
    assert 'metadata_path: "names.tsv"' in (tmp_path / "projector_config.pbtxt").read_text()
    assert (tmp_path / "train" / "keras_embedding.ckpt-0.weights.h5").exists()


@pytest.mark.parametrize("argument", [{"profile_batch": 2}, {"update_freq": 0}])
def test_what_there_is_not_is_refused(argument):
    with pytest.raises(ValueError, match=f"`{next(iter(argument))}` must"):
        TensorBoard(**argument)
