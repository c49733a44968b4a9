"""The order in which an epoch visits the rows."""

import numpy as np
import pytest

from trimtab.data import shuffled, shuffled_inside_batches


def test_every_row_comes_once():
    assert sorted(shuffled(1000)) == list(range(1000))


def test_numpys_seed_governs_the_order():
    np.random.seed(7)  # noqa: NPY002 - users seed this generator
    first = shuffled(50)
    np.random.seed(7)  # noqa: NPY002
    np.testing.assert_array_equal(shuffled(50), first)


def test_each_epoch_has_an_order_of_its_own():
    assert not np.array_equal(shuffled(50), shuffled(50))


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 50])
def test_rows_stay_in_their_batch(rows):
    order = shuffled_inside_batches(rows, 8)
    np.testing.assert_array_equal(order // 8, np.arange(rows) // 8)
    assert sorted(order) == list(range(rows))


def test_rows_change_places_inside_a_batch():
    assert not np.array_equal(shuffled_inside_batches(64, 32), np.arange(64))
