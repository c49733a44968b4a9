import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from trimtab.batchnorm.studies import data


@hypothesis.given(
    rows=strategies.integers(20, 200),
    share=strategies.floats(0.1, 0.9),
    classes=strategies.integers(2, 5),
    seed=strategies.integers(0, 2**31),
)
def test_split_uses_every_row_once_and_keeps_the_classes_shares(rows, share, classes, seed):
    labels = np.random.default_rng(seed).integers(0, classes, rows)
    held_out = min(rows - 1, max(1, round(rows * share)))

    train, held = data.split_rows(rows, held_out, labels, seed)

    assert sorted([*train, *held]) == list(range(rows))
    assert len(held) == held_out
    wanted = np.bincount(labels, minlength=classes) * held_out / rows
    assert np.abs(np.bincount(labels[held], minlength=classes) - wanted).max() <= 1


def test_split_depends_on_the_seed_alone():
    labels = np.arange(50) % 2

    one, again, other = (data.split_rows(50, 10, labels, seed)[1] for seed in (1, 1, 2))

    np.testing.assert_array_equal(one, again)
    assert set(one) != set(other)


def test_training_rows_come_in_random_order():
    train, _ = data.split_rows(100, 20, np.arange(100) // 50, 3)

    assert not np.array_equal(train, np.sort(train))


def test_standardisation_knows_the_training_rows_only_and_spares_one_hot_columns(rng):
    x = np.column_stack([rng.normal(5, 3, 60), rng.integers(0, 2, 60)]).astype("float32")
    rows = data.checked(x, np.arange(60) % 2, standardize=True)

    x_train, _, x_held, _ = rows.split(1)

    assert x_train[:, 0].mean() == pytest.approx(0, abs=1e-6)
    assert x_train[:, 0].std() == pytest.approx(1, rel=1e-5)
    assert abs(x_held[:, 0].mean()) > 1e-3
    assert set(np.unique(x_train[:, 1])) == {0, 1}


def test_test_set_takes_the_place_of_held_out_rows(rng):
    x, y = rng.normal(size=(30, 2)), np.arange(30) % 2
    rows = data.checked(x, y, test=(x[:12] + 1, y[:12]))

    x_train, _, x_held, _ = rows.split(5)

    assert (len(x_train), rows.training_rows, rows.held_out_rows) == (30, 30, 12)
    np.testing.assert_array_equal(x_held, x[:12] + 1)


def test_nested_inputs_are_split_alike(rng):
    x = {"a": np.arange(60.0), "b": [np.arange(60.0) * 2]}
    rows = data.checked(x, rng.normal(size=60))

    x_train, _, _, _ = rows.split(0)

    np.testing.assert_array_equal(x_train["a"] * 2, x_train["b"][0])


NUMBERS = np.arange(60.0).reshape(30, 2)
HALVES = np.arange(30) % 2


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (NUMBERS, np.zeros(30, int), {}, "one class only, 0: there is nothing to tell apart"),
        (NUMBERS, np.eye(2)[np.ones(30, int)], {}, "one class only, 1"),
        (NUMBERS, np.full(30, 2.5), {}, "one value only, 2.5: there is nothing to learn"),
        (np.where(NUMBERS == 7, np.nan, NUMBERS), HALVES, {}, "the first in row 3, column 1"),
        (NUMBERS, np.where(HALVES == 1, np.inf, 0), {}, "`y` holds 15 values that are NaN or inf"),
        (NUMBERS[:12], HALVES[:12], {}, "12 rows leave 10 and 2: give more rows"),
        (NUMBERS, HALVES[:9], {}, r"x and y must have equally many rows; got \[9, 30\]"),
        (NUMBERS.astype(str), HALVES, {}, "`x` must hold numbers; got an array of <U"),
        (NUMBERS, None, {}, "`y` is missing"),
        (NUMBERS, HALVES, {"held_out": 1.5}, "`held_out` must lie between 0 and 1; got 1.5"),
        (NUMBERS[:, 0], HALVES, {"standardize": True}, "is for one table of numbers"),
        (NUMBERS, HALVES, {"test": NUMBERS}, r"`test` must be a tuple \(x, y\)"),
    ],
)
def test_bad_data_is_refused_in_words(x, y, options, message):
    with pytest.raises(ValueError, match=message):
        data.checked(x, y, **options)
