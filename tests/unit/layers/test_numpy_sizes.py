"""Whole numbers of NumPy are whole numbers: scripts compute sizes from shapes of arrays."""

import numpy as np
import pytest

from trimtab import layers

TWO = np.int64(2)


@pytest.mark.parametrize(
    ("layer", "shape", "wanted"),
    [
        (layers.UpSampling2D((TWO, TWO)), (1, 3, 3, 1), (1, 6, 6, 1)),
        (layers.UpSampling1D(TWO), (1, 3, 1), (1, 6, 1)),
        (layers.ZeroPadding2D((TWO, TWO)), (1, 3, 3, 1), (1, 7, 7, 1)),
        (layers.Cropping1D((TWO, TWO)), (1, 5, 1), (1, 1, 1)),
        (layers.Reshape((TWO, TWO)), (1, 4), (1, 2, 2)),
        (layers.RepeatVector(TWO), (1, 4), (1, 2, 4)),
        (layers.Dense(TWO), (1, 4), (1, 2)),
        (layers.Conv2D(TWO, (TWO, TWO)), (1, 3, 3, 1), (1, 2, 2, 2)),
        (layers.MaxPooling2D((TWO, TWO)), (1, 4, 4, 1), (1, 2, 2, 1)),
        (layers.Embedding(TWO, TWO), (1, 4), (1, 4, 2)),
        (layers.Concatenate(axis=np.int64(-1)), [(1, 2), (1, 3)], (1, 5)),
        (layers.BatchNormalization(axis=np.int64(-1)), (1, 4), (1, 4)),
        (layers.LayerNormalization(axis=np.int64(-1)), (1, 4), (1, 4)),
        (layers.GroupNormalization(TWO), (1, 4), (1, 4)),
        (layers.Dropout(np.float32(0.5), noise_shape=(None, TWO)), (1, 2), (1, 2)),
    ],
)
def test_a_layer_takes_sizes_of_numpy(layer, shape, wanted):
    many = isinstance(shape, list)
    x = [np.ones(s, "float32") for s in shape] if many else np.ones(shape, "float32")
    assert layer(x).shape == wanted
    again = type(layer).from_config(layer.get_config())
    assert again(x).shape == wanted
