"""Arrays as data: what is taken, how it is named, and what is refused before anything happens."""

import numpy as np
import pandas as pd
import pytest

from trimtab.core import settings
from trimtab.data import array_data
from trimtab.data.arrays import to_named

X = np.arange(12.0).reshape(4, 3)
Y = np.array([0, 1, 1, 0])


def refused(*args, **kwargs):
    """The message of the ValueError that the data raise."""
    with pytest.raises(ValueError, match="^fit: ") as raised:
        array_data("fit", *args, **kwargs)
    return str(raised.value)


def test_floats_reach_the_step_as_floatx_and_integers_as_they_are():
    data = array_data("fit", [X, X.astype("float16"), X.astype("int32"), X > 3], Y.astype("uint8"))
    assert data.types == ["float32", "float32", "int32", "bool", "uint8"]


@pytest.mark.parametrize(
    ("given", "kind"), [("int8", "int32"), ("int16", "int32"), ("uint16", "int32")]
)
def test_short_integers_are_widened_to_what_the_engine_has(given, kind):
    assert array_data("fit", X.astype(given)).types == [kind]


def test_unsigned_64_bit_integers_are_converted_beforehand():
    data = array_data("fit", X.astype("uint64"))
    assert data.types == ["int64"]
    assert data.arrays[0].dtype == "int64"


def test_an_array_that_can_be_gathered_is_not_copied():
    assert array_data("fit", X).arrays[0] is X


def test_rows_of_a_larger_array_are_not_copied():
    part = X[::2]
    assert array_data("fit", part).arrays[0] is part


def test_a_memory_map_is_not_copied(tmp_path):
    mapped = np.memmap(tmp_path / "x.bin", "float32", "w+", shape=(10, 3))
    assert array_data("fit", mapped).arrays[0] is mapped


def test_columns_in_the_order_of_fortran_are_copied_into_rows():
    data = array_data("fit", np.asfortranarray(X))
    assert data.arrays[0].flags.c_contiguous
    np.testing.assert_array_equal(data.arrays[0], X)


def test_numbers_of_another_byte_order_are_converted():
    data = array_data("fit", X.astype(">f4"))
    np.testing.assert_array_equal(data.batch(slice(0, 2))[0], X[:2])


def test_a_table_gives_its_numbers():
    table = pd.DataFrame({"age": [1, 2], "is_new": [True, False], "pay": [0.5, 1.5]})
    np.testing.assert_array_equal(to_named("fit", "x", table).array, [[1, 1, 0.5], [2, 0, 1.5]])


def test_a_table_with_text_is_refused_by_the_name_of_the_column():
    table = pd.DataFrame({"age": [1.0, 2.0], "city": ["Bonn", "Rome"]})
    message = refused(table, Y[:2])
    assert message.startswith("fit: `x` must hold numbers; got 'Bonn' in row 0, column 'city'")


def test_a_gap_in_a_table_is_refused_by_the_name_of_the_column():
    table = pd.DataFrame({"age": pd.array([1, None], "Int64"), "pay": [1.0, 2.0]})
    assert "got nan in row 1, column 'age'" in refused(table)


def test_text_is_refused():
    assert "must hold numbers; got an array of type <U1" in refused(np.array(["a", "b"]))


def test_objects_are_refused_with_the_first_that_is_no_number():
    assert "got None in row 1, column 0" in refused(np.array([[1.0], [None]], object))


def test_a_single_number_is_refused():
    assert "must have rows; got the single number 3.0" in refused(np.array(3.0))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_number_that_is_not_finite_is_refused_by_row_and_column(value, dtype):
    x = X.astype(dtype)
    x[2, 1] = value
    assert f"fit: `x` must be finite; got {value} in row 2, column 1" in refused(x, Y)


def test_a_gap_in_the_targets_is_refused():
    y = Y.astype("float32")
    y[3] = np.nan
    assert "`y` must be finite; got nan in row 3" in refused(X, y)


def test_a_gap_in_one_of_several_inputs_is_refused_by_its_name():
    x = X.copy()
    x[1, 0] = np.nan
    assert "`x['b']` must be finite; got nan in row 1, column 0" in refused({"a": X, "b": x})


def test_a_gap_in_strided_rows_is_found_where_it_is():
    x = np.ones((9, 4))
    x[6, 3] = np.nan
    assert "row 2, column 1" in refused(x[2::2, 2:])


def test_a_gap_far_down_is_found():
    x = np.zeros((300_000, 3), "float32")[:, :2]
    x[299_999, 1] = np.inf
    assert "row 299999, column 1" in refused(x)


def test_gaps_are_allowed_where_nothing_is_trained():
    x = np.full((2, 2), np.nan)
    assert array_data("predict", x, require_finite=False).rows == 2


def test_no_rows_are_refused():
    assert "`x` must have at least one row; got shape (0, 3)" in refused(X[:0], Y[:0])


def test_lengths_that_differ_are_refused_by_name():
    assert "x has 4, y has 3" in refused(X, Y[:3])


def test_no_inputs_are_refused():
    assert "`x` must be an array of inputs; got None" in refused(None, Y)


def test_weights_are_floats_whatever_their_type():
    assert array_data("fit", X, Y, np.ones(4, int)).types[-1] == settings.floatx()


def test_one_weight_a_sample_serves_all_targets():
    data = array_data("fit", X, {"a": Y, "b": Y}, np.ones(4))
    assert [n.name for n in data.leaves_of("sample_weight")] == [
        "sample_weight['a']",
        "sample_weight['b']",
    ]


def test_weights_that_nest_otherwise_than_the_targets_are_refused():
    assert "`sample_weight` must nest as `y`" in refused(X, [Y, Y], [np.ones(4)])


def test_weights_of_more_axes_are_refused_for_several_targets():
    assert "one weight a sample" in refused(X, [Y, Y], np.ones((4, 3)))


def test_class_weights_become_weights_of_samples():
    data = array_data("fit", X, Y, class_weight={0: 2.0})
    np.testing.assert_array_equal(data.arrays[-1], [2, 1, 1, 2])


def test_class_weights_read_one_hot_targets():
    data = array_data("fit", X, np.eye(3)[[2, 0, 1, 2]], class_weight={2: 0.5})
    np.testing.assert_array_equal(data.arrays[-1], [0.5, 1, 1, 0.5])


def test_class_weights_beside_sample_weights_are_refused():
    assert "cannot be given together" in refused(X, Y, np.ones(4), {0: 1.0})


def test_class_weights_for_several_targets_are_refused():
    assert "needs a single array of targets" in refused(X, [Y, Y], class_weight={0: 1.0})


@pytest.mark.parametrize(("rows", "part", "first"), [(10, 0.25, 7), (7, 0.3, 4), (3, 0.1, 2)])
def test_the_last_rows_are_split_off(rows, part, first):
    train, test = array_data("fit", np.arange(rows)).split("fit", part)
    assert (train.rows, test.rows) == (first, rows - first)
    assert test.arrays[0][0] == first


@pytest.mark.parametrize(("rows", "part"), [(1, 0.5), (5, 0.95), (5, 1.5), (5, -0.1)])
def test_a_split_that_leaves_nothing_is_refused(rows, part):
    with pytest.raises(ValueError, match=f"got {part} of {rows} rows"):
        array_data("fit", np.arange(rows)).split("fit", part)


def test_a_batch_has_the_steps_types():
    batch = array_data("fit", X, Y).batch(np.array([3, 0]))
    np.testing.assert_array_equal(batch[0], X[[3, 0]].astype("float32"))
    assert batch[0].dtype == "float32"
