"""Reviews of films, and whether they praise."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.datasets import texts
from trimtab.datasets.origin import Arrays


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> tuple[Arrays, Arrays]:
    """50,000 reviews as lists of numbers of words, 1 for praise and 0 for blame.

    Args:
        path: Name of the file in the cache.
        num_words: Numbers from this on are left out; None for no limit.
        skip_top: Numbers below this, the most frequent words, are left out.
        maxlen: Reviews of this many words and more are left out; None for no limit.
        seed: Seed of the order.
        start_char: Number that begins each review; None for none.
        oov_char: Number that stands for a word left out; None to drop the word.
        index_from: What is added to the number of each word.
        **kwargs: `nb_words`, which `num_words` was called before Keras 2.

    Returns:
        ((x, y), (x, y)): x of lists, y of int64; 25,000 to train with and as many to test with.

    Raises:
        TypeError: If an argument is unknown.
        ValueError: If `maxlen` leaves no review.

    Source: Keras 3 `keras.datasets.imdb`; Maas et al. 2011.
    """
    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise TypeError(f"imdb.load_data: unknown arguments {', '.join(sorted(kwargs))}")
    words = texts.Words(
        "imdb.load_data", num_words, skip_top, maxlen, start_char, oov_char, index_from
    )
    arrays = texts.fetched(
        path, "imdb.npz", "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
    )
    # Keras's legacy generator, for the same order as there.
    rng = np.random.RandomState(seed)
    parts = []
    for part in ("train", "test"):
        x, y = texts.mixed(rng, arrays[f"x_{part}"], arrays[f"y_{part}"])
        parts.append(words.short(words.begun(x), y))
    # As in Keras, the last number of all is left out too where there is no limit.
    limit = num_words or max(max(text) for part, _ in parts for text in part)
    (x_train, y_train), (x_test, y_test) = ((words.chosen(x, limit), np.array(y)) for x, y in parts)
    return (x_train, y_train), (x_test, y_test)


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The number of each word, before `index_from` is added.

    Args:
        path: Name of the file in the cache.
    """
    return texts.word_index(path, "imdb_word_index.json", "bfafd718b763782e994055a2d397834f")
