"""Data that come piece by piece, with what is to be done to each on the way."""

from __future__ import annotations

import itertools
import math
import operator
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from trimtab import checks
from trimtab.core import tree

_END = object()


class Dataset:
    """Pieces (samples or batches) that are made anew for each pass, and changed on the way.

    What Keras's dataset functions return. It answers to the names that scripts use for such data;
    `fit` takes it as it is once it is batched.

    Args:
        start: Returns an iterator over the pieces of one pass.
        length: Number of pieces; None if it is not known.

    >>> pieces = Dataset.from_arrays((np.arange(4), np.arange(4) * 10))
    >>> [x.tolist() for x, _ in pieces.map(lambda x, y: (x + 1, y)).batch(3)]
    [[1, 2, 3], [4]]
    """

    def __init__(self, start: Callable[[], Iterator[Any]], length: int | None = None) -> None:
        self._start = start
        self._length = length
        self.class_names: list[str] | None = None
        self.file_paths: list[str] | None = None

    @classmethod
    def from_arrays(cls, data: Any) -> Dataset:
        """The rows of arrays, which nest as they are given."""
        count = len(tree.flatten(data)[0])

        def start() -> Iterator[Any]:
            for i in range(count):
                yield tree.map_structure(operator.itemgetter(i), data)

        return cls(start, count)

    def __iter__(self) -> Iterator[Any]:
        return self._start()

    def __len__(self) -> int:
        if self._length is None:
            raise TypeError("Dataset: its length is not known")
        return self._length

    def cardinality(self) -> int:
        """Number of pieces; -2 if it is not known, as TensorFlow says it."""
        return -2 if self._length is None else self._length

    def as_numpy_iterator(self) -> Iterator[Any]:
        """An iterator over the pieces of one pass."""
        return iter(self)

    def _derived(self, start: Callable[[], Iterator[Any]], length: int | None) -> Dataset:
        made = Dataset(start, length)
        made.class_names, made.file_paths = self.class_names, self.file_paths
        return made

    def map(
        self, function: Callable[..., Any], num_parallel_calls: Any = None, **_: Any
    ) -> Dataset:
        """The pieces after `function`, which gets the parts of a tuple one by one.

        Args:
            function: Of NumPy arrays; tensors in what it returns become arrays.
            num_parallel_calls: Not needed.
        """
        del num_parallel_calls

        def start() -> Iterator[Any]:
            for piece in self:
                result = function(*piece) if isinstance(piece, tuple) else function(piece)
                yield tree.map_structure(_as_numpy, result)

        return self._derived(start, self._length)

    def filter(self, predicate: Callable[..., Any]) -> Dataset:
        """The pieces for which `predicate` is true."""

        def start() -> Iterator[Any]:
            for piece in self:
                if predicate(*piece) if isinstance(piece, tuple) else predicate(piece):
                    yield piece

        return self._derived(start, None)

    def batch(self, batch_size: int, drop_remainder: bool = False, **_: Any) -> Dataset:
        """Batches of `batch_size` pieces, stacked.

        Args:
            batch_size: Pieces a batch.
            drop_remainder: Whether to leave a smaller last one out.
        """
        size = checks.whole("batch", "batch_size", batch_size, least=1)

        def start() -> Iterator[Any]:
            pieces = iter(self)
            while rows := list(itertools.islice(pieces, size)):
                if len(rows) == size or not drop_remainder:
                    yield tree.map_structure(lambda *parts: np.stack(parts), *rows)

        length = None
        if self._length is not None:
            length = self._length // size if drop_remainder else math.ceil(self._length / size)
        return self._derived(start, length)

    def unbatch(self) -> Dataset:
        """The rows of batches."""

        def start() -> Iterator[Any]:
            for piece in self:
                yield from Dataset.from_arrays(piece)

        return self._derived(start, None)

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True
    ) -> Dataset:
        """The pieces in random order, each drawn from among the next `buffer_size`.

        Args:
            buffer_size: How many to draw from.
            seed: Seed of the draws; from the system if None.
            reshuffle_each_iteration: Whether a second pass has another order.
        """
        size = checks.whole("shuffle", "buffer_size", buffer_size, least=1)
        first = np.random.SeedSequence(seed)
        shared = np.random.default_rng(first)

        def start() -> Iterator[Any]:
            generator = shared if reshuffle_each_iteration else np.random.default_rng(first)
            waiting: list[Any] = []
            for piece in self:
                waiting.append(piece)
                if len(waiting) >= size:
                    yield waiting.pop(int(generator.integers(len(waiting))))
            while waiting:
                yield waiting.pop(int(generator.integers(len(waiting))))

        return self._derived(start, self._length)

    def take(self, count: int) -> Dataset:
        """The first `count` pieces; all for -1."""
        if count < 0:
            return self
        known = None if self._length is None else min(count, self._length)
        return self._derived(lambda: itertools.islice(self, count), known)

    def skip(self, count: int) -> Dataset:
        """The pieces after the first `count`."""
        known = None if self._length is None else max(self._length - count, 0)
        return self._derived(lambda: itertools.islice(self, count, None), known)

    def repeat(self, count: int | None = None) -> Dataset:
        """The passes one after the other, `count` of them, or without end for None and -1."""
        endless = count is None or count < 0

        def start() -> Iterator[Any]:
            for _ in itertools.count() if endless else range(count or 0):
                yield from self

        known = None if endless or self._length is None else self._length * (count or 0)
        return self._derived(start, known)

    def cache(self, filename: str = "") -> Dataset:
        """The pieces, kept in memory from the first whole pass on.

        Raises:
            ValueError: If a file is named.
        """
        if filename:
            raise ValueError(f"cache: keeps pieces in memory only; got filename={filename!r}")
        kept: list[Any] = []
        is_whole = [False]

        def start() -> Iterator[Any]:
            if is_whole[0]:
                yield from kept
                return
            seen = []
            for piece in self:
                seen.append(piece)
                yield piece
            kept[:], is_whole[0] = seen, True

        return self._derived(start, self._length)

    def prefetch(self, buffer_size: int = 2) -> Dataset:
        """The pieces, made ahead by a thread that ends with the pass.

        Args:
            buffer_size: How many may wait; negative numbers (TensorFlow's AUTOTUNE) stand for 2.
        """
        size = 2 if buffer_size < 0 else max(int(buffer_size), 1)
        return self._derived(lambda: ahead(self, size), self._length)


def _as_numpy(leaf: Any) -> Any:
    return leaf if leaf is None or isinstance(leaf, (str, bytes)) else np.asarray(leaf)


class _Producer:
    """A thread that makes pieces and puts them into a queue until it is told to stop."""

    def __init__(self, source: Any, size: int) -> None:
        self._source = source
        self._stopped = threading.Event()
        self.ready: queue.Queue[Any] = queue.Queue(size)
        self._thread = threading.Thread(target=self._run, name="pieces ahead", daemon=True)
        self._thread.start()

    def _put(self, item: Any) -> None:
        while not self._stopped.is_set():
            try:
                self.ready.put(item, timeout=0.05)
            except queue.Full:
                continue
            return

    def _run(self) -> None:
        pieces = None
        try:
            pieces = iter(self._source)
            for piece in pieces:
                self._put((piece, None))
                if self._stopped.is_set():
                    return
            self._put((_END, None))
        except BaseException as error:  # handed over to the consumer, whatever it is
            self._put((_END, error))
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopped.set()
        self._thread.join()


def ahead(source: Any, size: int) -> Iterator[Any]:
    """The pieces of `source`, up to `size` of them made ahead by a thread.

    The thread ends when the pieces do, when making one fails, and when the iterator is closed.
    """
    producer = _Producer(source, size)
    try:
        while True:
            piece, error = producer.ready.get()
            if error is not None:
                raise error
            if piece is _END:
                return
            yield piece
    finally:
        producer.stop()
