"""What adapt() of preprocessing layers takes for batches."""

import numpy as np
import pytest

import trimtab
from trimtab import layers

X = np.random.default_rng(0).normal(3.0, 2.0, (24, 4)).astype("float32")


@pytest.mark.parametrize(
    "data",
    [[X[:8], X[8:16], X[16:]], [X], [(X[:12], np.zeros(12)), (X[12:], np.zeros(12))]],
)
def test_normalization_takes_a_list_of_arrays_for_batches(data):
    layer = layers.Normalization()
    layer.adapt(data)
    np.testing.assert_allclose(layer(X).numpy().mean(axis=0), np.zeros(4), atol=1e-5)
    np.testing.assert_allclose(layer(X).numpy().std(axis=0), np.ones(4), atol=1e-5)


def test_normalization_needs_a_batch_with_axes():
    with pytest.raises(ValueError, match="empty iterable"):
        layers.Normalization().adapt([])
    with pytest.raises(TypeError, match="`.shape`; got 42"):
        layers.Normalization().adapt(iter([42]))


def test_a_lookup_reads_all_words_of_a_batch_that_is_a_list():
    layer = layers.StringLookup()
    layer.adapt(iter([["cat", "dog"], ["bird", "cat"]]))
    assert set(layer.get_vocabulary()) == {"[UNK]", "cat", "dog", "bird"}


def test_a_list_of_tokens_has_one_token_a_document():
    layer = layers.IntegerLookup(output_mode="tf_idf")
    layer.adapt([1, 1, 1, 2, 2, 3])
    # log(1 + documents / (1 + documents with the value))
    weights = np.log(1 + 6 / (1 + np.array([3, 2, 1])))
    np.testing.assert_allclose(layer(np.array([[1, 2, 3]])).numpy()[0, 1:], weights, rtol=1e-6)


def test_a_pipeline_needs_layers():
    with pytest.raises(ValueError, match="list of 'layers'; got None"):
        trimtab.layers.Pipeline.from_config({"name": "p"})
