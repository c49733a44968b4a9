"""Data that come batch by batch: from generators, iterables and PyDatasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trimtab.data.array_data import ArrayData, array_data
from trimtab.data.py_dataset import PyDataset, batches_of
from trimtab.data.structure import unpack_x_y_sample_weight


def _described(source: Any) -> str:
    if isinstance(source, (list, tuple)) and source:
        return f"a {type(source).__name__} of {type(source[0]).__name__}"
    return type(source).__name__


def _way_out(source: Any) -> str:
    if hasattr(source, "collect") and hasattr(type(source), "columns"):
        return "Call its collect() first"
    if hasattr(source, "__getitem__") and hasattr(source, "__len__") and not _is_plain(source):
        return "Give its samples in batches, for instance by torch.utils.data.DataLoader"
    return "Turn numbers into an array with numpy.asarray"


def _is_plain(source: Any) -> bool:
    return isinstance(source, (list, tuple, str, bytes, Mapping, type))


class BatchData:
    """Batches from a source that makes them one after another.

    Args:
        owner: The method that was called, for errors.
        source: A generator, an iterable whose `iter` starts an epoch, or a PyDataset.
        shuffle: Whether to draw the order of a PyDataset's batches anew each epoch.
        class_weight: Class number -> weight, for iterables and PyDatasets.
        require_finite: Whether NaN and infinity are errors.

    Raises:
        ValueError: If the source cannot be iterated over, or yields nothing.
    """

    def __init__(
        self,
        owner: str,
        source: Any,
        shuffle: bool = False,
        class_weight: Mapping[int, float] | None = None,
        *,
        require_finite: bool = True,
    ) -> None:
        if _is_plain(source) or not hasattr(source, "__iter__"):
            raise ValueError(
                f"{owner}: `x` must be arrays, a PyDataset, or a generator or iterable of batches; "
                f"got {_described(source)}. {_way_out(source)}"
            )
        self._owner = owner
        self._source = source
        self._shuffle = shuffle
        self._class_weight = class_weight
        self._require_finite = require_finite
        self._is_generator = hasattr(source, "__next__")
        # Old iterators of images have a length, and go on without end where steps are asked for.
        self.goes_on = self._is_generator and isinstance(source, PyDataset)
        if self._is_generator and not self.goes_on and class_weight is not None:
            raise ValueError(
                f"{owner}: `class_weight` cannot be used with a generator; let it yield sample "
                "weights as the third part of a batch"
            )
        self._number = 0
        self._iterator: Iterator[Any] | None = None
        self._ahead: list[ArrayData] = []

    @property
    def batches(self) -> int | None:
        """Number of batches in an epoch where the source tells it."""
        if isinstance(self._source, PyDataset):
            return self._source.num_batches
        try:
            return len(self._source)
        except TypeError:
            return None

    def peek(self) -> ArrayData:
        """The batch that comes next, without taking it.

        Raises:
            ValueError: If there is none.
        """
        batch = self.next_batch()
        if batch is None:
            raise ValueError(
                f"{self._owner}: `x` must yield at least one batch; got "
                f"{type(self._source).__name__} that yields none"
            )
        self._ahead.append(batch)
        return batch

    def next_batch(self) -> ArrayData | None:
        """The next batch, None if the source has run out."""
        if self._ahead:
            return self._ahead.pop()
        if self._iterator is None:
            self._iterator = self._start()
        for batch in self._iterator:
            self._number += 1
            return self._checked(batch)
        self._iterator = None
        return None

    def restart(self) -> None:
        """Makes the next batch the first of a new pass; a generator goes on instead."""
        if not self._is_generator and not self._ahead:
            self.close()

    def close(self) -> None:
        """Ends the pass; a PyDataset's workers stop."""
        iterator, self._iterator = self._iterator, None
        if iterator is not None and hasattr(iterator, "close") and not self._is_generator:
            iterator.close()

    def on_epoch_begin(self) -> None:
        """Tells a PyDataset that an epoch begins."""
        if isinstance(self._source, PyDataset):
            self._source.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Tells a PyDataset that an epoch has ended."""
        if isinstance(self._source, PyDataset):
            self._source.on_epoch_end()

    def _start(self) -> Iterator[Any]:
        if isinstance(self._source, PyDataset) and not self.goes_on:
            return batches_of(self._source, self._shuffle)
        return iter(self._source)

    def _checked(self, batch: Any) -> ArrayData:
        owner = f"{self._owner}, batch {self._number - 1}"
        x, y, sample_weight = unpack_x_y_sample_weight(batch)
        return array_data(
            owner,
            x,
            y,
            sample_weight,
            self._class_weight,
            require_finite=self._require_finite,
        )


def batch_data(
    owner: str,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Mapping[int, float] | None = None,
    shuffle: Any = False,
    *,
    require_finite: bool = True,
) -> BatchData:
    """`BatchData`, once it is clear that the source brings targets and weights itself.

    Raises:
        ValueError: If `y` or `sample_weight` is given beside the source.
    """
    source = BatchData(owner, x, bool(shuffle), class_weight, require_finite=require_finite)
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"{owner}: `{name}` must not be given when `x` is a {type(x).__name__}, whose "
                f"batches bring it; got {type(value).__name__}"
            )
    return source
