"""`tf.data.Dataset`: rows that are shuffled, mapped and put into batches, pass after pass."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from trimtab.core import tree
from trimtab.ir.tensor import Array

Source = Callable[[], Iterator[Any]]


def _as_tensor(leaf: Any) -> Any:
    array = np.asarray(leaf)
    return Array(array) if array.dtype.kind in "fiub" else array


def _stacked(rows: list[Any]) -> Any:
    flat = [tree.flatten(row) for row in rows]
    leaves = [np.stack([np.asarray(leaf) for leaf in column]) for column in zip(*flat, strict=True)]
    return tree.pack_sequence_as(rows[0], [_as_tensor(leaf) for leaf in leaves])


class Dataset:
    """Elements that can be gone through again and again.

    Args:
        source: Starts a pass.
        length: Number of elements, None if unknown.
    """

    def __init__(self, source: Source, length: int | None = None) -> None:
        self._source = source
        self._length = length

    def __iter__(self) -> Iterator[Any]:
        """A pass over the elements."""
        return self._source()

    def __len__(self) -> int:
        """Number of elements.

        Raises:
            TypeError: If it is unknown.
        """
        if self._length is None:
            raise TypeError("Dataset: its length is unknown")
        return self._length

    def cardinality(self) -> int:
        """Number of elements; -2 if it is unknown."""
        return -2 if self._length is None else self._length

    @staticmethod
    def from_tensor_slices(tensors: Any) -> Dataset:
        """An element for each row of the arrays, nested as they are.

        Raises:
            ValueError: If the arrays have different numbers of rows.
        """
        arrays = [np.asarray(leaf) for leaf in tree.flatten(tensors)]
        lengths = {len(array) for array in arrays}
        if len(lengths) != 1:
            raise ValueError(
                f"from_tensor_slices: arrays must have the same number of rows; got {lengths}"
            )

        def rows() -> Iterator[Any]:
            for index in range(len(arrays[0])):
                leaves = [_as_tensor(array[index]) for array in arrays]
                yield tree.pack_sequence_as(tensors, leaves)

        return Dataset(rows, len(arrays[0]))

    @staticmethod
    def from_tensors(tensors: Any) -> Dataset:
        """A single element."""
        element = tree.map_structure(_as_tensor, tensors)
        return Dataset(lambda: iter([element]), 1)

    @staticmethod
    def from_generator(
        generator: Callable[..., Any], *_: Any, args: Any = (), **__: Any
    ) -> Dataset:
        """The elements that a generator function yields; their types are their own."""
        return Dataset(
            lambda: (tree.map_structure(_as_tensor, element) for element in generator(*args))
        )

    @staticmethod
    def range(*bounds: int) -> Dataset:
        """Whole numbers, as Python's `range` gives them."""
        numbers = range(*bounds)
        return Dataset(lambda: (_as_tensor(np.int64(n)) for n in numbers), len(numbers))

    @staticmethod
    def zip(*datasets: Any) -> Dataset:
        """Elements of several datasets side by side."""
        parts = datasets[0] if len(datasets) == 1 else datasets
        lengths = [part._length for part in parts]
        known = [length for length in lengths if length is not None]
        return Dataset(
            lambda: zip(*parts, strict=False), min(known) if len(known) == len(lengths) else None
        )

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True
    ) -> Dataset:
        """Elements drawn at random from a buffer that is refilled from the front."""
        passes = itertools.count()

        def drawn() -> Iterator[Any]:
            number = next(passes) if reshuffle_each_iteration else 0
            # NumPy's global generator where no seed was given, so that a script's seed governs it.
            start = np.random.randint(2**31) if seed is None else seed + number  # noqa: NPY002
            generator = np.random.default_rng(start)
            buffer: list[Any] = []
            for element in self:
                buffer.append(element)
                if len(buffer) > buffer_size:
                    yield buffer.pop(int(generator.integers(len(buffer) - 1)))
            generator.shuffle(buffer)
            yield from buffer

        return Dataset(drawn, self._length)

    def batch(self, batch_size: int, drop_remainder: bool = False, **_: Any) -> Dataset:
        """Elements put together, `batch_size` at a time."""

        def batches() -> Iterator[Any]:
            elements = iter(self)
            while rows := list(itertools.islice(elements, batch_size)):
                if len(rows) == batch_size or not drop_remainder:
                    yield _stacked(rows)

        length = self._length
        if length is not None:
            length = length // batch_size if drop_remainder else -(-length // batch_size)
        return Dataset(batches, length)

    def unbatch(self) -> Dataset:
        """The rows of batches as elements."""

        def rows() -> Iterator[Any]:
            for element in self:
                yield from Dataset.from_tensor_slices(element)

        return Dataset(rows)

    def map(self, map_func: Callable[..., Any], *_: Any, **__: Any) -> Dataset:
        """What a function makes of each element; a tuple's parts are its arguments."""

        def mapped() -> Iterator[Any]:
            for element in self:
                given = element if isinstance(element, tuple) else (element,)
                yield map_func(*given)

        return Dataset(mapped, self._length)

    def filter(self, predicate: Callable[..., Any]) -> Dataset:
        """The elements for which a function is true."""

        def kept() -> Iterator[Any]:
            for element in self:
                given = element if isinstance(element, tuple) else (element,)
                if bool(predicate(*given)):
                    yield element

        return Dataset(kept)

    def repeat(self, count: int | None = None) -> Dataset:
        """The elements, `count` times over; without end if None."""
        endless = count is None or count < 0

        def repeated() -> Iterator[Any]:
            for _ in itertools.count() if endless else range(count or 0):
                yield from self

        length = None if endless or self._length is None else self._length * (count or 0)
        return Dataset(repeated, length)

    def take(self, count: int) -> Dataset:
        """The first elements."""
        length = None if self._length is None else min(self._length, count)
        return Dataset(lambda: itertools.islice(iter(self), count), length)

    def skip(self, count: int) -> Dataset:
        """All but the first elements."""
        length = None if self._length is None else max(self._length - count, 0)
        return Dataset(lambda: itertools.islice(iter(self), count, None), length)

    def concatenate(self, dataset: Dataset) -> Dataset:
        """These elements, then those of another dataset."""
        lengths = (self._length, dataset._length)
        known = None if None in lengths else sum(n for n in lengths if n is not None)
        return Dataset(lambda: itertools.chain(self, dataset), known)

    def enumerate(self, start: int = 0) -> Dataset:
        """Elements with their numbers."""
        return Dataset(lambda: enumerate(self, start), self._length)

    def prefetch(self, *_: Any, **__: Any) -> Dataset:
        """The same elements: they are made when they are asked for."""
        return self

    def cache(self, *_: Any, **__: Any) -> Dataset:
        """The same elements, kept after the first pass."""
        kept: list[Any] = []

        def cached() -> Iterator[Any]:
            if not kept:
                kept.extend(self)
            return iter(kept)

        return Dataset(cached, self._length)

    with_options = prefetch

    def as_numpy_iterator(self) -> Iterator[Any]:
        """A pass over the elements as arrays."""
        return (tree.map_structure(np.asarray, element) for element in self)
