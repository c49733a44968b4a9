"""CallbackList: who is called, with which logs, and who must see every batch."""

import numpy as np
import pytest

from trimtab import callbacks, ops
from trimtab.callbacks import CallbackList, plain_logs


class Model:
    """As much of a model as callbacks know."""

    metrics = ()
    stop_training = False


class Counter(callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["seen"] = epoch


class OldStyle(callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.batches = []

    def on_batch_end(self, batch, logs=None):
        self.batches.append(batch)


def test_logs_are_sorted_floats():
    logs = plain_logs({"b": np.float32(1), "a": ops.convert_to_tensor(2), "c": {"x": 3}})
    assert list(logs.items()) == [("a", 2.0), ("b", 1.0), ("x", 3.0)]


def test_logs_that_are_no_numbers_stay():
    assert plain_logs({"text": "abc"}) == {"text": "abc"}
    np.testing.assert_array_equal(plain_logs({"t": ops.ones((2,))})["t"], [1, 1])


def test_a_history_is_added_last_and_given_to_the_model():
    model = Model()
    listed = CallbackList([Counter()], add_history=True, model=model)
    listed.on_epoch_end(0, {"loss": 1.0})
    assert model.history.history == {"loss": [1.0], "seen": [0]}


def test_a_history_of_the_users_is_not_doubled():
    own = callbacks.History()
    listed = CallbackList([own], add_history=True, model=Model())
    assert listed.callbacks == [own]


def test_nested_callbacks_are_flattened():
    a, b = Counter(), Counter()
    assert CallbackList([a, [b]]).callbacks == [a, b]


@pytest.mark.parametrize("wrong", [3, Counter, print])
def test_what_is_no_callback_is_refused(wrong):
    with pytest.raises(TypeError, match="must be Callback objects"):
        CallbackList([wrong])


def test_the_old_hook_of_a_batch_is_called_for_a_training_batch():
    old = OldStyle()
    CallbackList([old]).on_train_batch_end(4, {})
    assert old.batches == [4]


def test_callbacks_of_epochs_do_not_need_every_batch():
    listed = CallbackList([Counter(), callbacks.EarlyStopping()], add_history=True)
    assert not any(listed.wants_every_batch(mode) for mode in ("train", "test", "predict"))


@pytest.mark.parametrize(
    ("callback", "mode"),
    [
        (OldStyle(), "train"),
        (callbacks.TerminateOnNaN(), "train"),
        (callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: None), "train"),
        (callbacks.LambdaCallback(on_test_batch_end=lambda batch, logs: None), "test"),
        (callbacks.LambdaCallback(on_predict_batch_end=lambda batch, logs: None), "predict"),
    ],
)
def test_a_callback_with_a_hook_of_batches_needs_every_one_of_its_mode(callback, mode):
    listed = CallbackList([callback])
    assert [m for m in ("train", "test", "predict") if listed.wants_every_batch(m)] == [mode]


@pytest.mark.parametrize(("verbose", "wants"), [(0, False), (1, True), (2, False), ("auto", True)])
def test_a_bar_only_looks_now_and_then(verbose, wants):
    listed = CallbackList(add_progbar=True, verbose=verbose, epochs=1, steps=2)
    assert not listed.wants_every_batch("train")
    assert listed.wants_samples("train") is wants
