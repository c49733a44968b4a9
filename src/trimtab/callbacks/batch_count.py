"""Counting of batches over epochs, for what is due every so many of them."""

from __future__ import annotations


class BatchCount:
    """Says when the next so many batches are done.

    Args:
        every: Number of batches.
    """

    def __init__(self, every: int) -> None:
        self.every = every
        self._since = 0
        self._last: int | None = None

    def is_due(self, batch: int) -> bool:
        """Whether `every` batches have ended since the last time it was due.

        Args:
            batch: Number of the batch that ends, in its epoch, from 0. Batches that were not told
                of count too.
        """
        is_new_epoch = self._last is None or batch <= self._last
        self._since += batch + 1 if is_new_epoch or self._last is None else batch - self._last
        self._last = batch
        if self._since < self.every:
            return False
        self._since = 0
        return True
