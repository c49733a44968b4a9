import numpy as np
import pytest

from trimtab.compat.text import Tokenizer, text_to_word_sequence

TEXTS = ["The cat, the dog!", "a cat", "no"]


def test_words_are_numbered_by_how_often_they_occur():
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(TEXTS)

    assert tokenizer.word_index == {"the": 1, "cat": 2, "dog": 3, "a": 4, "no": 5}
    assert tokenizer.texts_to_sequences(["the bird and a cat"]) == [[1, 4, 2]]


@pytest.mark.parametrize(
    ("mode", "row"),
    [
        ("binary", [0, 1, 1]),
        ("count", [0, 2, 1]),
        ("freq", [0, 2 / 3, 1 / 3]),
        ("tfidf", [0, (1 + np.log(2)) * np.log(1 + 3 / 2), np.log(1 + 3 / 3)]),
    ],
)
def test_texts_become_rows(mode, row):
    tokenizer = Tokenizer(nb_words=3)
    tokenizer.fit_on_texts(TEXTS)

    assert tokenizer.texts_to_matrix(["the cat the dog"], mode)[0] == pytest.approx(row)


def test_unknown_words_have_a_number_if_wished():
    tokenizer = Tokenizer(oov_token="?")
    tokenizer.fit_on_texts(TEXTS)

    assert tokenizer.texts_to_sequences(["the bird"]) == [[2, 1]]


def test_characters_can_take_the_place_of_words():
    tokenizer = Tokenizer(char_level=True)
    tokenizer.fit_on_texts(["aab"])

    assert tokenizer.texts_to_sequences(["ba"]) == [[2, 1]]


def test_a_mode_that_never_was_is_refused():
    with pytest.raises(ValueError, match="`mode` must be 'binary', .* got 'x'"):
        Tokenizer(3).texts_to_matrix(["a"], "x")


def test_text_is_cut_at_its_marks():
    assert text_to_word_sequence("Hi, you-there") == ["hi", "you", "there"]
