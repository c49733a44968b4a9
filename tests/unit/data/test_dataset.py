"""Datasets of pieces: what is done to them on the way."""

import threading

import numpy as np
import pytest

import trimtab
from trimtab.data import Dataset


def numbers(count=5):
    return Dataset.from_arrays(np.arange(count))


def listed(dataset):
    return [np.asarray(piece).tolist() for piece in dataset]


def test_pieces_are_the_rows_of_arrays_in_their_nesting():
    pieces = list(Dataset.from_arrays({"a": np.arange(2), "b": np.ones((2, 3))}))
    assert [sorted(piece) for piece in pieces] == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda d: d.map(lambda x: x * 2), [0, 2, 4, 6, 8]),
        (lambda d: d.filter(lambda x: x % 2 == 0), [0, 2, 4]),
        (lambda d: d.batch(2), [[0, 1], [2, 3], [4]]),
        (lambda d: d.batch(2, drop_remainder=True), [[0, 1], [2, 3]]),
        (lambda d: d.batch(2).unbatch(), [0, 1, 2, 3, 4]),
        (lambda d: d.take(2), [0, 1]),
        (lambda d: d.take(-1), [0, 1, 2, 3, 4]),
        (lambda d: d.skip(3), [3, 4]),
        (lambda d: d.take(2).repeat(2), [0, 1, 0, 1]),
        (lambda d: d.repeat().take(7), [0, 1, 2, 3, 4, 0, 1]),
        (lambda d: d.prefetch(-1), [0, 1, 2, 3, 4]),
        (lambda d: d.cache(), [0, 1, 2, 3, 4]),
    ],
)
def test_changes(change, wanted):
    changed = change(numbers())
    assert listed(changed) == wanted
    assert changed.cardinality() in (len(wanted), -2)


def test_a_map_of_pairs_gets_two_arguments_and_may_use_layers():
    rescale = trimtab.layers.Rescaling(0.5)
    pairs = Dataset.from_arrays((np.array([[2.0], [4.0]]), np.array([0, 1])))
    pieces = list(pairs.map(lambda x, y: (rescale(x), y), num_parallel_calls=-1))
    assert [x.tolist() for x, _ in pieces] == [[1.0], [2.0]]
    assert all(type(x) is np.ndarray for x, _ in pieces)


def test_shuffling_keeps_all_pieces_and_is_repeatable():
    first, second = numbers(50).shuffle(20, seed=3), numbers(50).shuffle(20, seed=3)
    order = listed(first)
    assert sorted(order) == list(range(50))
    assert order != list(range(50))
    assert listed(second) == order
    assert listed(second) != order


def test_shuffling_can_keep_its_order():
    dataset = numbers(50).shuffle(20, seed=3, reshuffle_each_iteration=False)
    assert listed(dataset) == listed(dataset)


def test_a_cache_asks_its_source_once():
    asked = []

    def start():
        asked.append(1)
        yield from range(3)

    cached = Dataset(start, 3).cache()
    assert listed(cached) == listed(cached) == [0, 1, 2]
    assert len(asked) == 1


def test_prefetching_ends_its_thread_when_the_pass_is_broken_off():
    before = set(threading.enumerate())
    pieces = iter(numbers(1000).prefetch(3))
    next(pieces)
    pieces.close()
    assert set(threading.enumerate()) == before


def test_prefetching_hands_an_error_over():
    def fail(x):
        raise ValueError("a bad row")

    with pytest.raises(ValueError, match="a bad row"):
        listed(numbers().map(fail).prefetch(2))


def test_fit_takes_batches_of_a_dataset_for_several_epochs():
    data = Dataset.from_arrays((np.ones((10, 3), "float32"), np.ones((10, 1), "float32")))
    model = trimtab.Sequential([trimtab.Input((3,)), trimtab.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(data.shuffle(5).batch(4).prefetch(2), epochs=3, verbose=0)
    assert len(history.history["loss"]) == 3
