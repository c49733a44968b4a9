"""Batches from generators, iterables and PyDatasets."""

import random

import numpy as np
import pytest

from trimtab.data import BatchData, PyDataset, batch_data
from trimtab.data.py_dataset import batches_of

X = np.arange(12.0).reshape(6, 2)


class Numbers(PyDataset):
    """Batch i holds the number i."""

    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return np.full((2, 1), float(index)), np.zeros(2)


class Endless(PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return np.full((1, 1), float(index))


def first_numbers(batches):
    return [float(np.ravel(batch[0])[0]) for batch in batches]


def taken(data, most=20):
    """The first number of each batch that comes."""
    numbers = []
    while len(numbers) < most and (batch := data.next_batch()) is not None:
        numbers.append(float(np.ravel(batch.arrays[0])[0]))
    return numbers


def test_a_batch_that_was_looked_at_still_comes():
    data = BatchData("fit", Numbers(3))
    data.peek()
    assert taken(data) == [0, 1, 2]


def test_an_iterable_starts_anew_after_its_end():
    data = BatchData("fit", Numbers(2))
    assert taken(data) + taken(data) == [0, 1, 0, 1]


def test_a_generator_goes_on_where_it_was():
    data = BatchData("fit", (np.full((1, 1), float(i)) for i in range(3)))
    assert taken(data, most=1) == [0]
    data.restart()
    assert taken(data) == [1, 2]


def test_the_number_of_batches_is_known_of_what_has_a_length():
    assert BatchData("fit", Numbers(3)).batches == 3
    assert BatchData("fit", (x for x in [X])).batches is None
    assert BatchData("fit", Endless()).batches is None


def test_batches_are_shuffled_by_pythons_generator():
    random.seed(1)
    expected = list(range(9))
    random.shuffle(expected)
    random.seed(1)
    assert first_numbers(batches_of(Numbers(9), shuffle=True)) == expected


def test_threads_keep_the_order():
    dataset = Numbers(30, workers=3, max_queue_size=4)
    assert first_numbers(batches_of(dataset, shuffle=False)) == list(range(30))


def test_workers_of_an_endless_dataset_stop_when_it_is_closed():
    data = BatchData("fit", Endless(workers=2, max_queue_size=3))
    assert taken(data, most=5) == [0, 1, 2, 3, 4]
    data.close()
    assert taken(data, most=2) == [0, 1]


@pytest.mark.slow
def test_processes_keep_the_order():
    dataset = Numbers(5, workers=2, use_multiprocessing=True)
    assert first_numbers(batches_of(dataset, shuffle=False)) == list(range(5))


def test_a_subclass_that_forgets_the_constructor_still_works():
    class Forgetful(PyDataset):
        def __init__(self):
            self.own = True

        def __len__(self):
            return 1

        def __getitem__(self, index):
            return X

    assert len(list(batches_of(Forgetful(), shuffle=True))) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"workers": -1}, "`workers`"), ({"max_queue_size": -1}, "`max_queue_size`")],
)
def test_impossible_workers_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Numbers(3, **arguments)


def test_a_source_without_batches_is_refused():
    with pytest.raises(ValueError, match="must yield at least one batch; got generator"):
        BatchData("fit", (x for x in [])).peek()


@pytest.mark.parametrize("source", [[1, 2, 3], "text", 5, None, {"a": 1}])
def test_what_yields_no_batches_is_refused(source):
    with pytest.raises(ValueError, match="`x` must be arrays, a PyDataset, or a generator"):
        batch_data("fit", source)


def test_targets_beside_batches_are_refused():
    with pytest.raises(ValueError, match="`y` must not be given when `x` is a Numbers"):
        batch_data("fit", Numbers(2), y=X)


def test_class_weights_for_a_generator_are_refused():
    with pytest.raises(ValueError, match="`class_weight` cannot be used with a generator"):
        batch_data("fit", (x for x in [X]), class_weight={0: 1.0})


def test_class_weights_reach_the_batches_of_a_dataset():
    batch = batch_data("fit", Numbers(2), class_weight={0: 3.0}).peek()
    np.testing.assert_array_equal(batch.arrays[2], [3, 3])


def test_a_gap_in_a_batch_is_refused_by_its_number():
    data = BatchData("fit", (x for x in [X, X * np.nan]))
    data.next_batch()
    with pytest.raises(ValueError, match="fit, batch 1: `x` must be finite; got nan in row 0"):
        data.next_batch()
