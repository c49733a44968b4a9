"""Texts as numbers, from files like the published ones, beside Keras's loaders."""

import json

import numpy as np
import pytest
from keras.src.datasets import imdb as keras_imdb
from keras.src.datasets import reuters as keras_reuters

from trimtab import datasets
from trimtab.datasets import texts

OPTIONS = [
    {},
    {"num_words": 15, "skip_top": 6, "maxlen": 7},
    {"start_char": None, "oov_char": None, "num_words": 20},
    {"start_char": None, "index_from": 0, "seed": 5},
]


def made(count, seed):
    rng = np.random.default_rng(seed)
    rows = np.empty(count, dtype=object)
    rows[:] = [rng.integers(1, 30, rng.integers(1, 9)).tolist() for _ in range(count)]
    return rows


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Files in place of the published ones, for both libraries."""
    arrays = {"x_train": made(20, 0), "y_train": np.arange(20) % 2}
    np.savez(tmp_path / "imdb.npz", x_test=made(15, 1), y_test=np.arange(15) % 2, **arrays)
    np.savez(tmp_path / "reuters.npz", x=made(30, 2), y=np.arange(30) % 7)
    (tmp_path / "imdb_word_index.json").write_text(json.dumps({"the": 1, "film": 2}))

    def get_file(path=None, fname=None, **_):
        return str(tmp_path / (path or fname))

    for module in (keras_imdb, keras_reuters, texts):
        monkeypatch.setattr(module, "get_file", get_file)


def listed(parts):
    # An array of equally long lists has two axes in Keras: rows are compared.
    return [[[list(row) for row in x], y.tolist()] for x, y in parts]


@pytest.mark.parametrize("options", OPTIONS)
def test_reviews_are_those_of_keras(published, options):
    ours = listed(datasets.imdb.load_data(**options))
    assert ours == listed(keras_imdb.load_data(**options))


@pytest.mark.parametrize("options", [*OPTIONS, {"test_split": 0.5}])
def test_news_are_those_of_keras(published, options):
    ours = listed(datasets.reuters.load_data(**options))
    assert ours == listed(keras_reuters.load_data(**options))


def test_numbers_of_words_are_read(published):
    assert datasets.imdb.get_word_index() == {"the": 1, "film": 2}


def test_the_old_name_of_num_words_is_taken_and_others_are_not(published):
    ours = listed(datasets.imdb.load_data(nb_words=9))
    assert ours == listed(datasets.imdb.load_data(num_words=9))
    with pytest.raises(TypeError, match="unknown arguments words"):
        datasets.imdb.load_data(words=9)


def test_a_limit_that_leaves_nothing_is_told(published):
    with pytest.raises(ValueError, match="no text is shorter than `maxlen`=1"):
        datasets.imdb.load_data(maxlen=1)
    with pytest.raises(ValueError, match="test_split"):
        datasets.reuters.load_data(test_split=2.0)
