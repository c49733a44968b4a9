"""`keras.preprocessing.text`: words to numbers."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(
    text: str, filters: str = _FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """The words of a text.

    Args:
        text: The text.
        filters: Characters that separate words, as spaces do.
        lower: Whether to turn it into lower case.
        split: What stands between words.
    """
    if lower:
        text = text.lower()
    cleaned = text.translate({ord(character): split for character in filters})
    return [word for word in cleaned.split(split) if word]


def one_hot(text: str, n: int, **options: Any) -> list[int]:
    """Words as numbers below `n` by a hash that differs from run to run, as Python's does."""
    return [hash(word) % (n - 1) + 1 for word in text_to_word_sequence(text, **options)]


class Tokenizer:
    """Numbers the words of texts by how often they occur; 1 is the most frequent.

    Args:
        num_words: Numbers from this on are left out of what is made of texts; none if None.
        filters: As for `text_to_word_sequence`.
        lower: Whether words are turned into lower case.
        split: What stands between words.
        char_level: Whether characters take the place of words.
        oov_token: Word that stands, with the number 1, for unknown ones; they are left out if None.
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
        **kwargs: Any,
    ) -> None:
        num_words = kwargs.pop("nb_words", num_words)
        kwargs.pop("document_count", None)
        if kwargs:
            raise TypeError(f"Tokenizer: unknown arguments {', '.join(kwargs)}")
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.word_counts: dict[str, int] = {}
        self.word_docs: dict[str, int] = collections.defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}
        self.document_count = 0

    @property
    def nb_words(self) -> int | None:
        """`num_words` by its name before Keras 2."""
        return self.num_words

    def _words(self, text: Any) -> list[str]:
        if self.char_level or isinstance(text, list):
            return [part.lower() if self.lower else part for part in text]
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
        texts = self.word_docs.get(self.index_word.get(number, ""), 0)
        return float((1 + np.log(count)) * np.log(1 + self.document_count / (1 + texts)))


NAMES: dict[str, Any] = {
    "Tokenizer": Tokenizer,
    "text_to_word_sequence": text_to_word_sequence,
    "one_hot": one_hot,
    "base_filter": lambda: _FILTERS.replace("'", ""),
}
