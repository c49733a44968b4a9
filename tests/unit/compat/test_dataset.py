import numpy as np
import pytest

import trimtab
from trimtab.compat.dataset import Dataset


def numbers(dataset):
    return [np.asarray(element).tolist() for element in dataset]


def test_rows_come_in_batches_pass_after_pass():
    dataset = Dataset.from_tensor_slices(np.arange(5)).batch(2)

    assert numbers(dataset) == [[0, 1], [2, 3], [4]]
    assert numbers(dataset) == [[0, 1], [2, 3], [4]]
    assert (len(dataset), dataset.cardinality()) == (3, 3)


def test_the_last_batch_can_be_left_out():
    dataset = Dataset.range(5).batch(2, drop_remainder=True)

    assert (numbers(dataset), len(dataset)) == ([[0, 1], [2, 3]], 2)


def test_parts_of_elements_stay_together():
    dataset = Dataset.from_tensor_slices(({"a": np.arange(4)}, np.arange(4) * 10)).shuffle(4)
    pairs = [(int(x["a"]), int(y)) for x, y in dataset]

    assert sorted(pairs) == [(0, 0), (1, 10), (2, 20), (3, 30)]


def test_a_seed_gives_an_order_and_each_pass_another():
    first = Dataset.range(20).shuffle(20, seed=3)
    second = Dataset.range(20).shuffle(20, seed=3)

    assert numbers(first) == numbers(second) != list(range(20))
    assert numbers(first) != numbers(Dataset.range(20).shuffle(20, seed=3))


def test_a_small_buffer_keeps_elements_near_their_place():
    order = numbers(Dataset.range(100).shuffle(5, seed=0))

    assert sorted(order) == list(range(100))
    assert all(value <= place + 5 for place, value in enumerate(order))


def test_functions_of_elements():
    dataset = Dataset.from_tensor_slices((np.arange(4), np.arange(4)))

    assert numbers(dataset.map(lambda a, b: a + b)) == [0, 2, 4, 6]
    assert numbers(Dataset.range(5).filter(lambda n: int(n) % 2 == 0)) == [0, 2, 4]


def test_parts_of_passes():
    dataset = Dataset.range(4)

    assert numbers(dataset.take(2)) == [0, 1]
    assert numbers(dataset.skip(3)) == [3]
    assert numbers(dataset.repeat(2)) == [0, 1, 2, 3] * 2
    assert numbers(dataset.take(1).concatenate(dataset.skip(3))) == [0, 3]
    assert numbers(dataset.batch(3).unbatch()) == [0, 1, 2, 3]
    assert [(i, int(n)) for i, n in dataset.take(2).enumerate(5)] == [(5, 0), (6, 1)]
    assert [[int(n) for n in pair] for pair in Dataset.zip((dataset, dataset))][3] == [3, 3]
    assert numbers(Dataset.from_tensors(np.arange(2))) == [[0, 1]]


def test_a_cache_is_filled_once():
    calls = []

    def rows():
        calls.append(1)
        yield from range(3)

    dataset = Dataset.from_generator(rows).cache().prefetch(1)

    assert numbers(dataset) == numbers(dataset) == [0, 1, 2]
    assert len(calls) == 1
    with pytest.raises(TypeError, match="its length is unknown"):
        len(Dataset.from_generator(rows))


def test_rows_of_different_number_are_refused():
    with pytest.raises(ValueError, match="must have the same number of rows"):
        Dataset.from_tensor_slices((np.arange(3), np.arange(4)))


def test_a_model_trains_and_predicts_on_it():
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    model = trimtab.Sequential([trimtab.Input((3,)), trimtab.layers.Dense(3)])
    model.compile("sgd", "mse")
    dataset = Dataset.from_tensor_slices((x, x)).batch(8)
    history = model.fit(dataset, epochs=2, verbose=0, validation_data=dataset)

    assert len(history.history["val_loss"]) == 2
    assert model.predict(dataset, verbose=0) == pytest.approx(model.predict(x, verbose=0))
