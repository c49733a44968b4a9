"""Data of other libraries: tables, tensors, loaders, files mapped into memory."""

import datetime
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest

import trimtab


def model(columns):
    layers = trimtab.layers
    made = trimtab.Sequential([trimtab.Input((columns,)), layers.Dense(1, "linear", True, "ones")])
    made.compile("sgd", "mse")
    return made


COLUMNS = {"a": [1.0, 2.0, 3.0, 4.0], "b": [1, 2, 3, 4], "c": [True, False, True, True]}
ARRAY = np.array([COLUMNS[name] for name in "abc"], "float32").T
Y = np.arange(4.0)


@pytest.mark.parametrize("library", [pd, pl])
def test_tables_train_as_their_arrays_do(library):
    table, y = library.DataFrame(COLUMNS), library.Series("y", Y) if library is pl else pd.Series(Y)
    losses = []
    for x, targets in ((ARRAY, Y), (table, y)):
        losses.append(model(3).fit(x, targets, shuffle=False, epochs=2, verbose=0).history["loss"])
    assert losses[0] == losses[1]
    assert model(3).predict(table, verbose=0).shape == (4, 1)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (pl.DataFrame({"age": [1.0, 2], "job": ["x", "y"]}), "'x' in row 0, column 'job'.*one-hot"),
        (pd.DataFrame({"age": [1.0, 2], "job": ["x", "y"]}), "'x' in row 0, column 'job'.*one-hot"),
        (pl.DataFrame({"age": [1.0, 2], "n": [1, None]}), "nan in row 1, column 'n'"),
        (pl.DataFrame({"d": [datetime.date(2020, 1, 1)] * 2}), "dates into numbers"),
        (pl.DataFrame({"a": [1.0, 2]}).lazy(), "collect"),
        (np.array([[1, 2], [3, 4]], dtype=object), r"astype\('float32'\)"),
        (np.array([[1, "a"], [3, 4]], dtype=object), "'a' in row 0, column 1"),
        (np.array([[b"a"], [b"b"]]), "must hold numbers"),
    ],
)
def test_what_is_no_number_is_refused_with_the_fix(x, message):
    with pytest.raises(ValueError, match=message):
        model(2).fit(x, np.ones(2), verbose=0)


class Tensor:
    """As torch's: hands its numbers over when it is detached and on the processor."""

    def __init__(self, array, dtype="torch.float32", is_ready=False):
        self.array, self.dtype, self.is_ready = array, dtype, is_ready

    def detach(self):
        return self

    def cpu(self):
        return Tensor(self.array, self.dtype, True)

    def float(self):
        return Tensor(self.array, "torch.float32", True)

    def __len__(self):
        return len(self.array)

    def __array__(self, dtype=None, copy=None):
        if not self.is_ready or "bfloat16" in self.dtype:
            raise TypeError("not to NumPy")
        return np.asarray(self.array, dtype)


class Loader:
    """As torch's: lists of tensors, a new pass with every iterator."""

    def __len__(self):
        return 2

    def __iter__(self):
        for part in (slice(0, 2), slice(2, 4)):
            yield [Tensor(ARRAY[part]), Tensor(Y[part, None])]


def test_a_loader_trains_for_several_epochs():
    history = model(3).fit(Loader(), epochs=2, validation_data=Loader(), verbose=0).history
    plain = (
        model(3).fit(ARRAY, Y[:, None], batch_size=2, epochs=2, shuffle=False, verbose=0).history
    )
    assert history["loss"] == plain["loss"]


def test_tensors_of_bfloat16_are_read_as_floats():
    assert model(3).predict(Tensor(ARRAY, "torch.bfloat16"), verbose=0).shape == (4, 1)


class Samples:
    """As torch's Dataset: single samples by number."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return ARRAY[index], Y[index]


def test_single_samples_are_to_be_batched():
    with pytest.raises(ValueError, match="DataLoader"):
        model(3).fit(Samples(), verbose=0)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "uint8", "int64"])
def test_a_file_mapped_into_memory_is_not_copied(dtype, tmp_path):
    shape = (200_000, 16)
    mapped = np.memmap(tmp_path / "x", dtype=dtype, mode="w+", shape=shape)
    y = np.zeros((shape[0], 1), "float32")
    made = model(16)
    made.fit(mapped[:64], y[:64], verbose=0)
    tracemalloc.start()
    made.fit(mapped, y, batch_size=4096, verbose=0)
    made.evaluate(mapped, y, batch_size=4096, verbose=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3e6
