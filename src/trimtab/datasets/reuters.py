"""News, and what they are about."""

from __future__ import annotations

import numpy as np

from trimtab import checks
from trimtab.datasets import texts
from trimtab.datasets.origin import Arrays


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Arrays, Arrays]:
    """11,228 news as lists of numbers of words, and one of 46 topics each.

    Args:
        path: Name of the file in the cache.
        num_words: Numbers from this on are left out; None for no limit.
        skip_top: Numbers below this, the most frequent words, are left out.
        maxlen: News of this many words and more are left out; None for no limit.
        test_split: Part of the news to test with.
        seed: Seed of the order.
        start_char: Number that begins each text; None for none.
        oov_char: Number that stands for a word left out; None to drop the word.
        index_from: What is added to the number of each word.

    Returns:
        ((x, y), (x, y)): x of lists, y of int64.

    Raises:
        ValueError: If `test_split` is no part, or `maxlen` leaves no text.

    Source: Keras 3 `keras.datasets.reuters`.
    """
    owner = "reuters.load_data"
    share = checks.interval(owner, "test_split", test_split, 0.0, 1.0)
    words = texts.Words(owner, num_words, skip_top, maxlen, start_char, oov_char, index_from)
    arrays = texts.fetched(
        path, "reuters.npz", "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
    )
    # Keras's legacy generator, for the same order as there.
    x, y = texts.mixed(np.random.RandomState(seed), arrays["x"], arrays["y"])
    x, y = words.short(words.begun(x), y)
    # As in Keras, the last number of all is left out too where there is no limit.
    limit = num_words or max(max(text) for text in x)
    chosen, labels = words.chosen(x, limit), np.array(y)
    at = int(len(chosen) * (1 - share))
    return (chosen[:at], labels[:at]), (chosen[at:], labels[at:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The number of each word, before `index_from` is added.

    Args:
        path: Name of the file in the cache.
    """
    return texts.word_index(path, "reuters_word_index.json", "4d44cc38712099c9e383dc6e5f11a921")
