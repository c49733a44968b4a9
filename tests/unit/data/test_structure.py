"""How x, y and sample_weight nest."""

import pytest

from trimtab.data import Form, pack_x_y_sample_weight, unpack_x_y_sample_weight


def test_leaves_are_packed_in_the_order_of_flattening():
    form = Form(({"b": 0, "a": 0}, [0, None], None))
    assert form.pack([1, 2, 3]) == ({"b": 2, "a": 1}, [3, None], None)


def test_the_order_of_a_dicts_keys_makes_no_other_form():
    assert Form(({"a": 0, "b": 0}, 0, None)).key == Form(({"b": 0, "a": 0}, 0, None)).key


@pytest.mark.parametrize("other", [([0], 0, None), (0, 0, 0), ((0, 0), 0, None), (0, None, None)])
def test_another_nesting_is_another_form(other):
    assert Form(other).key != Form((0, 0, None)).key


@pytest.mark.parametrize(
    ("batch", "parts"),
    [
        (1, (1, None, None)),
        ((1,), (1, None, None)),
        ([1, 2], (1, 2, None)),
        ((1, 2, 3), (1, 2, 3)),
        ({"a": 1}, ({"a": 1}, None, None)),
    ],
)
def test_batches_of_all_forms_are_unpacked(batch, parts):
    assert unpack_x_y_sample_weight(batch) == parts


def test_more_than_three_parts_are_refused():
    with pytest.raises(ValueError, match="got 4 parts"):
        unpack_x_y_sample_weight((1, 2, 3, 4))


@pytest.mark.parametrize(
    ("parts", "batch"),
    [((1,), 1), (([1],), ([1],)), ((1, 2), (1, 2)), ((1, 2, 3), (1, 2, 3))],
)
def test_parts_are_packed_without_what_is_none(parts, batch):
    assert pack_x_y_sample_weight(*parts) == batch
