"""Windows of series, and data split in two."""

import numpy as np
import pytest

from trimtab.utils import split_dataset, timeseries_dataset_from_array

SERIES = np.arange(20).reshape(10, 2)


def windows(**arguments):
    """The first column of all windows, and the targets."""
    data, targets = [], []
    for batch in timeseries_dataset_from_array(SERIES, **arguments):
        x, y = batch if isinstance(batch, tuple) else (batch, None)
        data += (x[..., 0] // 2).tolist()
        targets += [] if y is None else np.ravel(y).tolist()
    return data, targets


# What real Keras gives.
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (
            {"targets": None, "sequence_length": 8},
            ([[*range(8)], [*range(1, 9)], [*range(2, 10)]], []),
        ),
        (
            {"targets": None, "sequence_length": 3, "sequence_stride": 2, "sampling_rate": 2},
            ([[0, 2, 4], [2, 4, 6], [4, 6, 8]], []),
        ),
        (
            {"targets": np.arange(10), "sequence_length": 2, "start_index": 2, "end_index": 8},
            ([[2, 3], [3, 4], [4, 5], [5, 6], [6, 7]], [2, 3, 4, 5, 6]),
        ),
        (
            {"targets": np.arange(3) * 10, "sequence_length": 7, "batch_size": 2},
            ([[*range(7)], [*range(1, 8)], [*range(2, 9)]], [0, 10, 20]),
        ),
        ({"targets": None, "sequence_length": 30}, ([], [])),
    ],
)
def test_windows_are_those_of_keras(arguments, wanted):
    expected = ([list(w) for w in wanted[0]], wanted[1])
    assert windows(**arguments) == expected


def test_shuffled_windows_keep_their_targets():
    data, targets = windows(targets=np.arange(8), sequence_length=3, shuffle=True, seed=4)
    assert [w[0] for w in data] == targets
    assert sorted(targets) == list(range(8))
    assert targets != list(range(8))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequence_length": 0}, "`sequence_length`"),
        ({"sequence_length": 3, "start_index": 20}, "`start_index`"),
        ({"sequence_length": 3, "end_index": 11}, "`end_index`"),
        ({"sequence_length": 3, "start_index": 5, "end_index": 5}, "before"),
        ({"sequence_length": 3, "sampling_rate": 0}, "`sampling_rate`"),
    ],
)
def test_windows_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        windows(targets=None, **arguments)


def parts(data, **arguments):
    return [[np.asarray(s).tolist() for s in part] for part in split_dataset(data, **arguments)]


# What real Keras gives.
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({"left_size": 0.8}, [[0, 1, 2, 3, 4, 5, 6, 7], [8, 9]]),
        ({"left_size": 3, "shuffle": True, "seed": 1}, [[6, 8, 9], [7, 5, 3, 0, 4, 1, 2]]),
        ({"right_size": 0.25}, [[0, 1, 2, 3, 4, 5, 6, 7], [8, 9]]),
        ({"left_size": 0.33, "right_size": 0.33}, [[0, 1, 2], [7, 8, 9]]),
    ],
)
def test_parts_are_those_of_keras(arguments, wanted):
    assert parts(np.arange(10), **arguments) == wanted


def test_arrays_that_go_together_are_split_together():
    left, _ = split_dataset((np.arange(6), np.arange(6) * 2), left_size=0.5)
    assert [tuple(int(v) for v in sample) for sample in left] == [(0, 0), (1, 2), (2, 4)]


@pytest.mark.parametrize(
    ("data", "arguments", "error"),
    [
        (np.arange(10), {}, ValueError),
        (np.arange(10), {"left_size": 1.5}, ValueError),
        (np.arange(10), {"left_size": 11}, ValueError),
        (np.arange(10), {"left_size": 0.95}, ValueError),
        (np.arange(10), {"left_size": -1}, ValueError),
        (np.arange(10), {"left_size": 0.8, "right_size": 0.8}, ValueError),
        ([1, 2, 3], {"left_size": 1}, ValueError),
        ("abc", {"left_size": 0.5}, TypeError),
    ],
)
def test_splits_that_do_not_do(data, arguments, error):
    with pytest.raises(error, match="split_dataset"):
        split_dataset(data, **arguments)
