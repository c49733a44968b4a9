"""`keras.preprocessing.text`: words to numbers."""

from __future__ import annotations

import collections
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(
    input_text: str, filters: str = _FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """The words of a text.

    Args:
        input_text: The text.
        filters: Characters that separate words, as spaces do.
        lower: Whether to turn it into lower case.
        split: What stands between words.
    """
    text = input_text.lower() if lower else input_text
    cleaned = text.translate({ord(character): split for character in filters})
    return [word for word in cleaned.split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """Words as numbers below `n` by a hash that differs from run to run, as Python's does.

    The arguments are those of `hashing_trick`.
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Callable[[str], int] | str | None = None,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """Words as numbers from 1 to `n - 1`, several words to a number where hashes meet.

    Args:
        text: The text.
        n: Number of numbers, 0 included, which is no word's.
        hash_function: "md5", the same in every run, or a function; Python's own hash if None.
        filters: As for `text_to_word_sequence`.
        lower: As there.
        split: As there.
        analyzer: What splits the text in place of `text_to_word_sequence`.

    Source: Keras 2 `keras.preprocessing.text.hashing_trick`.
    """
    number = _md5 if hash_function == "md5" else hash_function or hash
    if not callable(number):
        raise ValueError(
            f"hashing_trick: `hash_function` must be 'md5' or a function; got {hash_function!r}"
        )
    words = (
        text_to_word_sequence(text, filters, lower, split) if analyzer is None else (analyzer(text))
    )
    return [number(word) % (n - 1) + 1 for word in words]


class Tokenizer:
    """Numbers the words of texts by how often they occur; 1 is the most frequent.

    Args:
        num_words: Numbers from this on are left out of what is made of texts; none if None.
        filters: As for `text_to_word_sequence`.
        lower: Whether words are turned into lower case.
        split: What stands between words.
        char_level: Whether characters take the place of words.
        oov_token: Word that stands, with the number 1, for unknown ones; they are left out if None.
        analyzer: What splits a text in place of `text_to_word_sequence`.
        **kwargs: `nb_words`, which `num_words` was called before Keras 2.

    Source: Keras 2 `keras.preprocessing.text.Tokenizer`.
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = _FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        num_words = kwargs.pop("nb_words", num_words)
        document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Tokenizer: unknown arguments {', '.join(kwargs)}")
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.word_counts: dict[str, int] = {}
        self.word_docs: dict[str, int] = collections.defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}
        self.index_docs: dict[int, int] = collections.defaultdict(int)
        self.document_count = document_count

    @property
    def nb_words(self) -> int | None:
        """`num_words` by its name before Keras 2."""
        return self.num_words

    def _words(self, text: Any) -> list[str]:
        if self.char_level or isinstance(text, list):
            return [part.lower() if self.lower else part for part in text]
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Counts the words of texts, and numbers them anew.

        Args:
            texts: Texts, or lists of words.
        """
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        ordered = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        names = ordered if self.oov_token is None else [self.oov_token, *ordered]
        self.word_index = {word: number for number, word in enumerate(names, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Iterable[Sequence[int]]) -> None:
        """Counts in how many sequences a number occurs, for "tfidf" without texts.

        Args:
            sequences: Numbers of words.
        """
        for sequence in sequences:
            self.document_count += 1
            for number in set(sequence):
                self.index_docs[number] += 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """The numbers of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """As `texts_to_sequences`, text by text."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        for text in texts:
            numbers = []
            for word in self._words(text):
                number = self.word_index.get(word, unknown)
                if number is not None and self.num_words and number >= self.num_words:
                    number = unknown
                if number is not None:
                    numbers.append(number)
            yield numbers

    def sequences_to_texts(self, sequences: Iterable[Sequence[int]]) -> list[str]:
        """The words of each sequence of numbers, spaces between them."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Sequence[int]]) -> Iterator[str]:
        """As `sequences_to_texts`, sequence by sequence."""
        for sequence in sequences:
            words = []
            for number in sequence:
                is_kept = not self.num_words or number < self.num_words
                word = self.index_word.get(number) if is_kept else None
                word = self.oov_token if word is None else word
                if word is not None:
                    words.append(word)
            yield " ".join(words)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> Any:
        """As `sequences_to_matrix`, from texts."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Sequence[Sequence[int]], mode: str = "binary") -> Any:
        """A row a text, a column a number.

        Args:
            sequences: Numbers of words.
            mode: "binary" for 1 where the word occurs, "count" for how often, "freq" for its share
                of the text, "tfidf" for `(1 + log(count)) * log(1 + texts / (1 + texts with it))`.

        Raises:
            ValueError: If the mode is another, or the number of columns is unknown.
        """
        if mode not in ("binary", "count", "freq", "tfidf"):
            raise ValueError(
                f"Tokenizer: `mode` must be 'binary', 'count', 'freq' or 'tfidf'; got {mode!r}"
            )
        columns = self.num_words or (len(self.word_index) + 1 if self.word_index else None)
        if columns is None:
            raise ValueError("Tokenizer: give `num_words`, or call fit_on_texts() first")
        matrix = np.zeros((len(sequences), columns))
        for row, sequence in enumerate(sequences):
            counts = collections.Counter(n for n in sequence if n < columns)
            for number, count in counts.items():
                matrix[row, number] = self._entry(mode, number, count, len(sequence))
        return matrix

    def _entry(self, mode: str, number: int, count: int, length: int) -> float:
        if mode == "count":
            return count
        if mode == "freq":
            return count / length
        if mode == "binary":
            return 1.0
        texts = self.index_docs.get(number, 0)
        return float((1 + np.log(count)) * np.log(1 + self.document_count / (1 + texts)))

    def get_config(self) -> dict[str, Any]:
        """The arguments and counts, dictionaries as JSON."""
        names = ("num_words", "filters", "lower", "split", "char_level", "oov_token")
        config = {name: getattr(self, name) for name in (*names, "document_count")}
        return config | {name: json.dumps(getattr(self, name)) for name in _COUNTS}

    def to_json(self, **kwargs: Any) -> str:
        """The arguments and counts as JSON, for `tokenizer_from_json`.

        Args:
            **kwargs: Those of `json.dumps`.
        """
        return json.dumps({"class_name": "Tokenizer", "config": self.get_config()}, **kwargs)


# Dictionaries of a Tokenizer in its JSON.
_COUNTS = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """A Tokenizer from what its `to_json` gave.

    Args:
        json_string: The JSON.

    Raises:
        ValueError: If it is of no Tokenizer.
    """
    config = json.loads(json_string).get("config")
    if not isinstance(config, dict) or not set(_COUNTS) <= set(config):
        raise ValueError(
            "tokenizer_from_json: the text is not what Tokenizer.to_json() writes; got "
            f"{json_string[:60]!r}"
        )
    counts = {name: json.loads(config.pop(name)) for name in _COUNTS}
    made = Tokenizer(**config)
    made.word_counts = counts["word_counts"]
    made.word_index = counts["word_index"]
    made.word_docs.update(counts["word_docs"])
    made.index_docs.update({int(number): count for number, count in counts["index_docs"].items()})
    made.index_word = {int(number): word for number, word in counts["index_word"].items()}
    return made


NAMES: dict[str, Any] = {
    "Tokenizer": Tokenizer,
    "text_to_word_sequence": text_to_word_sequence,
    "one_hot": one_hot,
    "hashing_trick": hashing_trick,
    "tokenizer_from_json": tokenizer_from_json,
    "base_filter": lambda: _FILTERS.replace("'", ""),
}
