"""Arguments that a layer refuses, and the way it says so."""

import numpy as np
import pytest

from trimtab import layers

REFUSED = [
    (layers.Dense, {"units": 0}, "`units` must be a positive integer; got 0"),
    (layers.Dense, {"units": 2.5}, "`units` must be a positive integer; got 2.5"),
    (layers.Dense, {"units": 2, "lora_rank": 4}, "`lora_rank` is not supported"),
    (layers.Dense, {"units": 2, "activation": "rleu"}, 'Did you mean "relu"'),
    (layers.Activation, {"activation": "tahn"}, 'Did you mean "tanh"'),
    (layers.Embedding, {"input_dim": 0, "output_dim": 2}, "`input_dim` must be"),
    (layers.Flatten, {"data_format": "first"}, "channels_first"),
    (layers.GroupNormalization, {"groups": 0}, "`groups` must be a positive integer, or -1"),
    (
        layers.LeakyReLU,
        {"negative_slope": -1.0},
        "negative_slope .*cannot be None or a negative value",
    ),
    (layers.Permute, {"dims": (1, 3)}, "must hold each of 1 ... 2 once"),
    (layers.ReLU, {"max_value": -1.0}, "max_value .*negative value; got -1.0"),
    (layers.RepeatVector, {"n": 0}, "`n` should be a positive integer; got 0"),
    (layers.Reshape, {"target_shape": (-1, -1)}, "at most one unknown dimension"),
]


@pytest.mark.parametrize(("cls", "arguments", "message"), REFUSED)
def test_a_wrong_argument_is_refused(cls, arguments, message):
    with pytest.raises(ValueError, match=message):
        cls(**arguments)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (layers.Reshape((5,)), (2, 4), "has 4 elements, which do not fit"),
        (layers.GroupNormalization(8), (2, 4), r"Number of groups \(8\) cannot be more"),
        (layers.GroupNormalization(3), (2, 4), r"Number of groups \(3\) must divide"),
        (layers.LayerNormalization(axis=2), (2, 4), "Axis 2 is out of bounds"),
        (layers.Softmax(), (2, 4), "mask must be broadcastable"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(layer, shape, message):
    own = {"mask": np.ones((2, 3), bool)} if isinstance(layer, layers.Softmax) else {}
    with pytest.raises(ValueError, match=message):
        layer(np.ones(shape), **own)


def test_the_axis_of_layer_normalization_must_be_whole():
    with pytest.raises(TypeError, match="`axis` argument: expected an int"):
        layers.LayerNormalization(axis=1.5)


def test_inputs_need_a_shape():
    with pytest.raises(ValueError, match="pass a `shape` argument"):
        layers.Input()


@pytest.mark.parametrize("shape", [14, "abc", (2.5,), (-1,)])
def test_the_shape_of_an_input_must_be_one(shape):
    with pytest.raises(ValueError, match="Input: `shape`"):
        layers.Input(shape)


def test_two_shapes_of_an_input_are_refused():
    with pytest.raises(ValueError, match="cannot pass both"):
        layers.Input(shape=(3,), batch_shape=(None, 3))


def test_softmax_of_a_row_masked_altogether_is_0():
    y = layers.Softmax()(np.ones((1, 3), "float32"), mask=np.zeros((1, 3), bool))
    np.testing.assert_array_equal(y, np.zeros((1, 3)))


def test_an_embedding_may_begin_with_given_weights():
    table = np.arange(6.0).reshape(3, 2)
    layer = layers.Embedding(3, 2, weights=[table], mask_zero=True)
    y = layer(np.array([[2, 0]]))
    np.testing.assert_array_equal(y, [[[4, 5], [0, 1]]])
    np.testing.assert_array_equal(y._keras_mask, [[True, False]])
