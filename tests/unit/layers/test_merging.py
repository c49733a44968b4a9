import numpy as np
import pytest

from trimtab import layers

A = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (layers.add, [[2, 4], [6, 8]]),
        (layers.subtract, [[0, 0], [0, 0]]),
        (layers.multiply, [[1, 4], [9, 16]]),
        (layers.average, [[1, 2], [3, 4]]),
        (layers.maximum, [[1, 2], [3, 4]]),
        (layers.minimum, [[1, 2], [3, 4]]),
        (layers.concatenate, [[1, 2, 1, 2], [3, 4, 3, 4]]),
        (layers.dot, [[5], [25]]),
    ],
)
def test_functions_join_two_inputs(function, wanted):
    np.testing.assert_array_equal(function([A, A]), wanted)


@pytest.mark.parametrize("cls", [layers.Add, layers.Concatenate, layers.Dot])
def test_one_tensor_is_no_list_of_inputs(cls):
    layer = cls(axes=1) if cls is layers.Dot else cls()
    with pytest.raises(ValueError, match="must be called on a list of inputs"):
        layer(A)


def test_shapes_that_cannot_be_joined_are_named():
    with pytest.raises(ValueError, match=r"add.*cannot be joined; got \(2,\) and \(3,\)"):
        layers.Add()([A, np.ones((2, 3))])


def test_batch_sizes_that_differ_are_named():
    with pytest.raises(ValueError, match="batch sizes differ"):
        layers.Add()([A, np.ones((3, 2))])


def test_subtract_takes_two():
    with pytest.raises(ValueError, match="on exactly 2 inputs; got 3"):
        layers.Subtract()([A, A, A])


def test_concatenate_needs_equal_sizes_elsewhere():
    with pytest.raises(ValueError, match="matching shapes except for the concatenation axis 1"):
        layers.Concatenate(axis=1)([A, np.ones((3, 2))])


def test_dot_needs_equal_sizes_along_its_axes():
    with pytest.raises(ValueError, match=r"must have equal sizes.*got 2 .*and 3"):
        layers.Dot(axes=1)([A, np.ones((2, 3))])


def test_dot_refuses_the_batch_axis():
    with pytest.raises(ValueError, match="not the batch axis; got 0"):
        layers.Dot(axes=0)([A, A])


def test_masks_are_joined_by_or():
    a = layers.Masking()(np.array([[[1.0], [0.0], [0.0]]], "float32"))
    b = layers.Masking()(np.array([[[0.0], [2.0], [0.0]]], "float32"))
    np.testing.assert_array_equal(layers.Add()([a, b])._keras_mask, [[True, True, False]])


def test_masked_elements_do_not_count_in_products_and_extrema():
    a = layers.Masking()(np.array([[[5.0], [0.0], [0.0]]], "float32"))
    b = layers.Masking()(np.array([[[0.0], [-2.0], [0.0]]], "float32"))
    np.testing.assert_array_equal(layers.Multiply()([a, b]), [[[5.0], [-2.0], [0.0]]])
    np.testing.assert_array_equal(layers.Minimum()([a, b])[:, :2], [[[5.0], [-2.0]]])


@pytest.mark.parametrize(
    ("inputs", "masks", "message"),
    [([A, A], A, "`mask` should be a list"), (A, [None], "`inputs` should be a list")]
    + [([A, A], [None], "the same length")],
)
def test_masks_must_be_one_an_input(inputs, masks, message):
    for layer in (layers.Add(), layers.Concatenate()):
        with pytest.raises(ValueError, match=message):
            layer.compute_mask(inputs, masks)
