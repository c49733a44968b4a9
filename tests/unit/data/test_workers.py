"""Workers of PyDatasets, and that none is left when a training is over, however it ended."""

import multiprocessing
import os
import pathlib
import threading

import numpy as np
import pytest

import trimtab
from trimtab.data import PyDataset


class Batches(PyDataset):
    """Eight batches, the one numbered `bad` failing with `error`."""

    def __init__(self, bad=None, error=None, **kwargs):
        super().__init__(**kwargs)
        self.bad, self.error = bad, error

    def __len__(self):
        return 8

    def __getitem__(self, index):
        if index == self.bad:
            raise self.error
        return np.full((2, 3), float(index), "float32"), np.zeros((2, 1), "float32")


class Dying(Batches):
    """Its worker ends without a word."""

    def __getitem__(self, index):
        os._exit(3)


def model():
    made = trimtab.Sequential([trimtab.Input((3,)), trimtab.layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


WORKERS = [
    {"workers": 0},
    {"workers": 1},
    {"workers": 3},
    # A process takes a second or two to start.
    pytest.param({"workers": 2, "use_multiprocessing": True}, marks=pytest.mark.slow),
    {"workers": 2, "max_queue_size": 1},
]


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch):
    # Worker processes import this module to get at its classes.
    monkeypatch.syspath_prepend(pathlib.Path(__file__).parents[3])
    threads = set(threading.enumerate())
    # joblib keeps the processes of earlier tests for a while.
    processes = set(multiprocessing.active_children())
    yield
    assert set(multiprocessing.active_children()) - processes == set()
    assert set(threading.enumerate()) - threads == set()


@pytest.mark.parametrize("workers", WORKERS)
def test_workers_give_the_same_training(workers):
    losses = []
    for arguments in ({"workers": 0}, workers):
        trimtab.utils.set_random_seed(3)
        losses += [model().fit(Batches(**arguments), epochs=2, shuffle=False, verbose=0).history]
    assert losses[0] == losses[1]


@pytest.mark.parametrize("workers", WORKERS)
def test_an_error_in_a_batch_reaches_the_caller(workers):
    dataset = Batches(bad=5, error=ValueError("no such row"), **workers)
    with pytest.raises(ValueError, match="no such row"):
        model().fit(dataset, verbose=0)


class Interrupting(trimtab.callbacks.Callback):
    """What Ctrl+C does in the middle of an epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("workers", WORKERS)
def test_ctrl_c_ends_the_workers(workers):
    with pytest.raises(KeyboardInterrupt):
        model().fit(Batches(**workers), callbacks=[Interrupting()], verbose=0)


@pytest.mark.parametrize("workers", WORKERS)
def test_a_training_that_stops_early_ends_the_workers(workers):
    model().fit(Batches(**workers), steps_per_epoch=3, verbose=0)


@pytest.mark.slow
def test_a_worker_that_dies_is_told_of_with_the_fix():
    with pytest.raises(RuntimeError, match="__main__"):
        model().fit(Dying(workers=1, use_multiprocessing=True), verbose=0)


def test_predict_and_evaluate_end_the_workers():
    made = model()
    made.evaluate(Batches(workers=2), verbose=0)
    assert made.predict(Batches(workers=2), verbose=0).shape == (16, 1)
