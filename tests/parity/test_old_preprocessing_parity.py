"""Text and sequences of Keras 2, beside what Keras 3 keeps of them without showing it."""

import importlib
import random

import numpy as np
import pytest
from keras.src.legacy.preprocessing import sequence as keras_sequence
from keras.src.legacy.preprocessing import text as keras_text

from trimtab.compat import sequences, text
from trimtab.compat.migration.names import LEGACY_IN_TRIMTAB, LEGACY_NAMES

TEXTS = ["The cat, the dog!", "a cat", "no; the CAT again"]


@pytest.mark.parametrize("module", LEGACY_NAMES)
def test_names_that_migrate_writes_are_there_in_both_libraries(module):
    hidden = f"keras.src.legacy.{module}"
    for path in (hidden, LEGACY_IN_TRIMTAB[hidden]):
        found = importlib.import_module(path)
        assert [name for name in LEGACY_NAMES[module] if not hasattr(found, name)] == []


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_words": 3},
        {"num_words": 3, "oov_token": "?"},
        {"char_level": True, "lower": False},
        {"split": "-", "filters": " ,"},
        {"analyzer": lambda text: text.split("a")},
    ],
)
def test_tokenizers_agree(options):
    found = []
    for module in (keras_text, text):
        tokenizer = module.Tokenizer(**options)
        tokenizer.fit_on_texts(TEXTS)
        numbers = tokenizer.texts_to_sequences([*TEXTS, "unknown the"])
        rows = [tokenizer.sequences_to_matrix(numbers, mode).tolist()
                for mode in ("binary", "count", "freq", "tfidf")]  # fmt: skip
        # Counts are written in the order of a set, which differs from run to run.
        counts = sorted(tokenizer.word_docs.items()), sorted(tokenizer.index_docs.items())
        found.append((numbers, rows, tokenizer.sequences_to_texts(numbers), counts))
    assert found[1] == found[0]


def test_a_tokenizer_fitted_on_numbers_weighs_alike():
    found = []
    for module in (keras_text, text):
        tokenizer = module.Tokenizer(num_words=5)
        tokenizer.fit_on_sequences([[1, 2, 2], [3, 1]])
        found.append(tokenizer.sequences_to_matrix([[1, 2, 2]], "tfidf").tolist())
    assert found[1] == found[0]


def test_json_of_a_tokenizer_is_read_by_the_other():
    for ours, theirs in ((text, keras_text), (keras_text, text)):
        tokenizer = ours.Tokenizer(num_words=4, oov_token="?")
        tokenizer.fit_on_texts(TEXTS)
        read = theirs.tokenizer_from_json(tokenizer.to_json())
        assert read.get_config() == tokenizer.get_config()
        assert read.texts_to_sequences(TEXTS) == tokenizer.texts_to_sequences(TEXTS)


@pytest.mark.parametrize("hash_function", [None, "md5", len])
def test_hashed_words_agree(hash_function):
    given = (TEXTS[0], 20, hash_function)
    assert text.hashing_trick(*given) == keras_text.hashing_trick(*given)
    assert text.one_hot(TEXTS[0], 9) == keras_text.one_hot(TEXTS[0], 9)


def test_what_is_no_tokenizer_or_hash_is_refused():
    with pytest.raises(ValueError, match="what Tokenizer.to_json"):
        text.tokenizer_from_json('{"config": {"num_words": 3}}')
    with pytest.raises(ValueError, match="'md5' or a function"):
        text.hashing_trick("a", 9, "sha")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sampling_rate": 2, "stride": 3, "batch_size": 2},
        {"start_index": 2, "end_index": 17, "reverse": True, "batch_size": 4},
        {"shuffle": True, "batch_size": 5},
    ],
)
def test_windows_of_a_series_agree(options):
    data, targets = np.arange(40.0).reshape(20, 2), np.arange(20)
    found = []
    for module in (keras_sequence, sequences):
        np.random.seed(4)  # noqa: NPY002 - as scripts seed it
        generator = module.TimeseriesGenerator(data, targets, length=4, **options)
        batches = [generator[i] for i in range(len(generator))]
        found.append([(x.tolist(), y.tolist()) for x, y in batches])
    assert found[1] == found[0]


def test_windows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="ends at step 12, after the last one, 9"):
        sequences.TimeseriesGenerator(np.arange(10), np.arange(10), length=4, start_index=8)
    with pytest.raises(ValueError, match="equally long; got 10 and 9"):
        sequences.TimeseriesGenerator(np.arange(10), np.arange(9), length=4)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"window_size": 1, "negative_samples": 0.5, "shuffle": False},
        {"categorical": True, "seed": 7, "window_size": 2},
        {"negative_samples": 0.0, "sampling_table": [0.0, 1.0, 0.4, 0.6, 0.5]},
    ],
)
@pytest.mark.filterwarnings("ignore:non-integer arguments:DeprecationWarning")  # Keras's own
def test_pairs_of_words_agree(options):
    found = []
    for module in (keras_sequence, sequences):
        random.seed(3)
        found.append(module.skipgrams([1, 2, 0, 3, 4, 1], 5, **options))
    assert found[1] == found[0]


def test_chances_of_words_agree():
    assert sequences.make_sampling_table(30) == pytest.approx(
        keras_sequence.make_sampling_table(30)
    )
