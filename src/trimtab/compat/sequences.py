"""`keras.preprocessing.sequence` of Keras 2: windows of a series, and pairs of words."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.data import PyDataset


class TimeseriesGenerator(PyDataset):
    """Batches of windows of a series, each with the target that follows it.

    Args:
        data: The series, shape (steps, ...).
        targets: A target a step of the series.
        length: Steps that a window spans.
        sampling_rate: Steps from one taken row of a window to the next.
        stride: Steps from one window to the next.
        start_index: First step of the series that is used.
        end_index: Last step that is used; the last of the series if None.
        shuffle: Whether windows are drawn by chance instead of in order.
        reverse: Whether each window runs back in time.
        batch_size: Windows a batch.
        **kwargs: Those of `PyDataset`.

    Raises:
        ValueError: If data and targets differ in length, or no window fits between the bounds.

    Source: Keras 2 `keras.preprocessing.sequence.TimeseriesGenerator`.
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if len(data) != len(targets):
            raise ValueError(
                "TimeseriesGenerator: `data` and `targets` must be equally long; got "
                f"{len(data)} and {len(targets)}"
            )
        self.data = data
        self.targets = targets
        self.length = length
        self.sampling_rate = sampling_rate
        self.stride = stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle = shuffle
        self.reverse = reverse
        self.batch_size = batch_size
        if self.start_index > self.end_index:
            raise ValueError(
                f"TimeseriesGenerator: a window of `length` {length} from `start_index` "
                f"{start_index} on ends at step {self.start_index}, after the last one, "
                f"{self.end_index}; shorten it or give more data"
            )

    def __len__(self) -> int:
        steps = self.end_index - self.start_index + 1
        return -(-steps // (self.batch_size * self.stride))

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if self.shuffle:
            # NumPy's global state: that is the one scripts for it seed.
            ends = np.random.randint(self.start_index, self.end_index + 1, self.batch_size)  # noqa: NPY002
        else:
            first = self.start_index + self.batch_size * self.stride * index
            last = min(first + self.batch_size * self.stride, self.end_index + 1)
            ends = np.arange(first, last, self.stride)
        step = slice(None, None, -1) if self.reverse else slice(None)
        windows = [self.data[end - self.length : end : self.sampling_rate][step] for end in ends]
        return np.array(windows), np.array([self.targets[end] for end in ends])

    def get_config(self) -> dict[str, Any]:
        """The arguments, data as lists.

        Raises:
            TypeError: If the data have no form in JSON.
        """
        parts = {name: np.asarray(getattr(self, name)).tolist() for name in ("data", "targets")}
        try:
            texts = {name: json.dumps(part) for name, part in parts.items()}
        except TypeError as error:
            raise TypeError(
                f"TimeseriesGenerator: `data` and `targets` must be numbers to be written as "
                f"JSON; {error}"
            ) from error
        names = ["length", "sampling_rate", "stride", "start_index", "end_index", "shuffle"]
        names += ["reverse", "batch_size"]
        return texts | {name: getattr(self, name) for name in names}

    def to_json(self, **kwargs: Any) -> str:
        """The arguments as JSON.

        Args:
            **kwargs: Those of `json.dumps`.
        """
        config = {"class_name": "TimeseriesGenerator", "config": self.get_config()}
        return json.dumps(config, **kwargs)


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> Any:
    """The chance to keep a word, by its rank, when Zipf's law tells how frequent it is.

    The word of rank r is taken to be the 1 / (r (log(r) + gamma) + 1/2 - 1 / (12 r))-th part of a
    text, gamma being Euler's constant, and is kept with the chance min(1, sqrt(factor / part)).

    Args:
        size: Number of words.
        sampling_factor: The part up to which all are kept.

    Returns:
        float64 of shape (size,).

    Source: Keras 2 `make_sampling_table`; word2vec (Mikolov et al., 2013, arXiv:1310.4546).
    """
    rank = np.arange(size, dtype="float64")
    # Number 0 stands for no word; it is treated as the most frequent one.
    rank[:1] = 1
    inverse = rank * (np.log(rank) + 0.577) + 0.5 - 1.0 / (12.0 * rank)
    ratio = sampling_factor * inverse
    return np.minimum(1.0, ratio / np.sqrt(ratio))


def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs of words that stand near each other, and as many pairs by chance.

    Args:
        sequence: Numbers of words; 0 is no word.
        vocabulary_size: The highest number plus 1.
        window_size: Words to either side that count as near.
        negative_samples: Pairs by chance for each true one.
        shuffle: Whether they are mixed.
        categorical: Whether labels are [0, 1] and [1, 0] instead of 1 and 0.
        sampling_table: The chance to use a word, by number; all are used if None.
        seed: Seed of the mixing; drawn if None.

    Returns:
        (pairs, labels).

    Source: Keras 2 `skipgrams`.
    """
    pairs: list[list[int]] = []
    for place, word in enumerate(sequence):
        if not word:
            continue
        if sampling_table is not None and sampling_table[word] < random.random():
            continue
        start, end = max(0, place - window_size), place + window_size + 1
        near = [other for at, other in enumerate(sequence[start:end], start) if at != place]
        pairs += [[word, other] for other in near if other]
    labels: list[Any] = [[0, 1] if categorical else 1] * len(pairs)
    if negative_samples > 0:
        words = [pair[0] for pair in pairs]
        random.shuffle(words)
        count = int(len(labels) * negative_samples)
        false: Any = [1, 0] if categorical else 0
        pairs += [
            [words[i % len(words)], random.randint(1, vocabulary_size - 1)] for i in range(count)
        ]
        labels += [false] * count
    if shuffle:
        seed = random.randint(0, 10**7) if seed is None else seed
        for shuffled in (pairs, labels):
            random.Random(seed).shuffle(shuffled)
    return pairs, labels


NAMES: dict[str, Any] = {
    "TimeseriesGenerator": TimeseriesGenerator,
    "make_sampling_table": make_sampling_table,
    "skipgrams": skipgrams,
}
