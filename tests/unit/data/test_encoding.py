import numpy as np
import pytest

from trimtab import ops, utils


def test_classes_become_one_hot_rows():
    np.testing.assert_array_equal(
        utils.to_categorical([0, 2, 1]), [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    )


def test_a_last_axis_of_1_is_dropped():
    assert utils.to_categorical(np.zeros((4, 1)), 3).shape == (4, 3)


def test_tensors_stay_tensors():
    encoded = utils.to_categorical(ops.convert_to_tensor([1, 0]), 2)
    assert ops.is_tensor(encoded)
    np.testing.assert_array_equal(encoded, [[0, 1], [1, 0]])


@pytest.mark.parametrize("classes", [[0, 3], [-1]])
def test_classes_out_of_range_are_refused(classes):
    with pytest.raises(ValueError, match=r"must lie in \[0, 3\); got"):
        utils.to_categorical(classes, 3)


def test_rows_get_length_1_and_zeros_stay():
    np.testing.assert_allclose(utils.normalize([[3.0, 4.0], [0.0, 0.0]]), [[0.6, 0.8], [0, 0]])


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, [[0, 0, 1], [2, 3, 4]]),
        ({"padding": "post"}, [[1, 0, 0], [2, 3, 4]]),
        ({"maxlen": 2}, [[0, 1], [3, 4]]),
        ({"maxlen": 2, "truncating": "post", "value": 9}, [[9, 1], [2, 3]]),
        ({"maxlen": 0}, [[], []]),
    ],
)
def test_sequences_get_one_length(options, wanted):
    np.testing.assert_array_equal(utils.pad_sequences([[1], [2, 3, 4]], **options), wanted)


def test_padding_is_on_one_of_two_sides():
    with pytest.raises(ValueError, match="`padding` must be 'pre' or 'post'; got 'left'"):
        utils.pad_sequences([[1]], padding="left")


def test_elements_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match="elements' shapes differ"):
        utils.pad_sequences([[[1, 2]], [[1]]])
