"""Texts as numbers of words: which are kept, and what stands for the others."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np

from trimtab.data import get_file
from trimtab.datasets.origin import FOLDER


@dataclasses.dataclass(frozen=True)
class Words:
    """Which words of a text are kept.

    Attributes:
        owner: The data set, for errors.
        num_words: Numbers from this on are left out; None for no limit.
        skip_top: Numbers below this are left out.
        maxlen: Texts of this many words and more are left out; None for no limit.
        start_char: Number that begins each text; None for none.
        oov_char: Number that stands for a word left out; None to drop the word.
        index_from: What is added to the number of each word.
    """

    owner: str
    num_words: int | None
    skip_top: int
    maxlen: int | None
    start_char: int | None
    oov_char: int | None
    index_from: int

    def begun(self, texts: Any) -> list[list[int]]:
        """Texts with the number that begins them."""
        if self.start_char is None:
            return [[word + self.index_from for word in text] for text in texts]
        return [[self.start_char, *(word + self.index_from for word in text)] for text in texts]

    def short(self, texts: list[list[int]], labels: Any) -> tuple[list[list[int]], Any]:
        """The texts that are short enough, and their labels.

        Raises:
            ValueError: If none is.
        """
        if not self.maxlen:
            return texts, labels
        kept = [i for i, text in enumerate(texts) if len(text) < self.maxlen]
        if not kept:
            raise ValueError(
                f"{self.owner}: no text is shorter than `maxlen`={self.maxlen}; raise it"
            )
        return [texts[i] for i in kept], [labels[i] for i in kept]

    def chosen(self, texts: list[list[int]], limit: int) -> np.ndarray[Any, Any]:
        """Texts with numbers from `skip_top` to below `limit` only, as an array of lists."""
        made = np.empty(len(texts), dtype=object)
        for row, text in enumerate(texts):
            is_kept = [self.skip_top <= word < limit for word in text]
            if self.oov_char is None:
                made[row] = [w for w, keep in zip(text, is_kept, strict=True) if keep]
            else:
                pairs = zip(text, is_kept, strict=True)
                made[row] = [w if keep else self.oov_char for w, keep in pairs]
        return made


def mixed(rng: np.random.RandomState, texts: Any, labels: Any) -> tuple[Any, Any]:
    """Texts and labels in another order."""
    order = np.arange(len(texts))
    rng.shuffle(order)
    return texts[order], labels[order]


def fetched(path: str, name: str, file_hash: str) -> dict[str, Any]:
    """The arrays of a published file.

    Lists are stored in it as Python's objects, which is why its hash is checked before it is read.

    Args:
        path: Name of the file in the cache.
        name: Its published name.
        file_hash: Its SHA-256 hash.
    """
    file = get_file(path, origin=FOLDER + name, file_hash=file_hash)
    with np.load(file, allow_pickle=True) as arrays:
        return {key: arrays[key] for key in arrays.files}


def word_index(path: str, name: str, file_hash: str) -> dict[str, int]:
    """The published numbers of words.

    Args:
        path: Name of the file in the cache.
        name: Its published name.
        file_hash: Its MD5 hash.
    """
    with open(get_file(path, origin=FOLDER + name, file_hash=file_hash)) as file:
        found: dict[str, int] = json.load(file)
    return found
