"""Feeds: where the batches of an epoch come from, and how far they have got."""

from __future__ import annotations

import math
import time
import warnings
from typing import Any

import numpy as np

from trimtab.data import ArrayData, BatchData, Form, shuffled, shuffled_inside_batches
from trimtab.training.notices import user_stack_level


class ArrayFeed:
    """Batches of arrays in memory.

    Args:
        data: The arrays.
        batch_size: Rows a batch; None for 32, or what makes `steps` batches.
        steps: Batches an epoch; None for all. One pass over the rows then goes on over several
            epochs.
        shuffle: True for a new order each pass, "batch" for one inside each batch, False for none.
    """

    def __init__(
        self,
        data: ArrayData,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: Any = False,
    ) -> None:
        self.data = data
        if not batch_size:
            batch_size = math.ceil(data.rows / steps) if steps else 32
        self.batch_size = int(batch_size)
        self.batches = math.ceil(data.rows / self.batch_size)
        self._asked_steps = steps
        self._shuffle = shuffle
        self._order: np.ndarray[Any, Any] | None = None
        self._position = 0

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return self._asked_steps or self.batches

    @property
    def last_batch_size(self) -> int:
        """Rows of the last batch of a pass."""
        return self.data.rows - (self.batches - 1) * self.batch_size

    def rewind(self) -> None:
        """Starts with the first row again."""
        self._position = 0

    def begin_epoch(self) -> None:
        """Draws a new order if the rows have been used up."""
        if self._asked_steps is None:
            self._position = 0
        if self._position == 0:
            self._order = self._drawn_order()

    def _drawn_order(self) -> np.ndarray[Any, Any] | None:
        if not self._shuffle:
            return None
        if self._shuffle == "batch":
            return shuffled_inside_batches(self.data.rows, self.batch_size)
        return shuffled(self.data.rows)

    def has_next(self) -> bool:
        """Whether the pass has another batch."""
        return self._position < self.batches

    def _rows(self) -> Any:
        first_row = self._position * self.batch_size
        rows = slice(first_row, first_row + self.batch_size)
        return rows if self._order is None else self._order[rows]

    def upcoming(self) -> tuple[Form, list[np.ndarray[Any, Any]]]:
        """How the next batch nests, and its arrays."""
        return self.data.form, self.data.batch(self._rows())

    def advance(self, step: Any, limit: int, seconds: float) -> int:
        """Runs up to `limit` batches for up to `seconds` (0 for no limit); returns how many."""
        first_row = self._position * self.batch_size
        full = self.data.rows // self.batch_size - self._position
        if step.is_eager or step.returns_logs:
            step.run_batch(self.data.batch(self._rows()))
            done = 1
        elif full > 0:
            done = step.run_rows(
                self.data,
                self.batch_size,
                first_row,
                min(full, limit),
                order=self._order,
                seconds=seconds,
            )
        else:
            done = step.run_rows(self.data, self.last_batch_size, first_row, 1, order=self._order)
        self._position += done
        return int(done)

    def outputs(self, step: Any) -> Any:
        """What the step returns for the next batch."""
        first_row = self._position * self.batch_size
        self._position += 1
        return step.run_batch(self.data.batch(slice(first_row, first_row + self.batch_size)))

    def end_epoch(self, done: int, was_stopped: bool) -> None:
        """Starts the rows anew if they are used up; warns if the epoch asked for more of them."""
        if self._position < self.batches:
            return
        if self._asked_steps and done < self._asked_steps and not was_stopped:
            _warn_of_end(f"{self._asked_steps} steps an epoch were asked for")
        self._position = 0

    def close(self) -> None:
        """Nothing: arrays need no end."""


class BatchFeed:
    """Batches from a generator, iterable or PyDataset.

    Args:
        data: The batches.
        steps: Batches an epoch; None for all that come.
    """

    def __init__(self, data: BatchData, steps: int | None = None) -> None:
        self.data = data
        self._asked_steps = steps
        self._known_batches = None if steps and data.goes_on else data.batches
        self._seen = 0
        self._next: ArrayData | None = None
        self._has_ended = False

    @property
    def steps(self) -> int | None:
        """Batches an epoch, None while nobody knows."""
        return self._asked_steps or self._known_batches

    def rewind(self) -> None:
        """Starts with the first batch again; a generator goes on."""
        self._seen = 0
        self._has_ended = False

    def begin_epoch(self) -> None:
        """Starts the batches anew, unless a pass goes on over several epochs."""
        self._has_ended = False
        if self._asked_steps is None or self._seen == 0:
            self._seen = 0
            if self._next is None:
                self.data.restart()
        self.data.on_epoch_begin()

    def has_next(self) -> bool:
        """Whether another batch has come."""
        if self._known_batches and self._seen >= self._known_batches:
            return False
        if self._next is None and not self._has_ended:
            self._next = self.data.next_batch()
            # Asked again, the data would begin their next pass, which belongs to the next epoch.
            self._has_ended = self._next is None
        return self._next is not None

    def upcoming(self) -> tuple[Form, list[np.ndarray[Any, Any]]]:
        """How the next batch nests, and its arrays; only after `has_next` said that it came."""
        batch = self._next
        if batch is None:
            raise RuntimeError("BatchFeed: no batch has come; this is a bug in trimtab")
        return batch.form, batch.batch(slice(None))

    def advance(self, step: Any, limit: int, seconds: float) -> int:
        """Runs up to `limit` batches for up to `seconds` (0 for no limit); returns how many."""
        started = time.monotonic()
        done = 0
        while done < limit and self.has_next():
            batch, self._next = self._next, None
            if batch is not None:
                step.run_checked(batch)
            done += 1
            self._seen += 1
            if seconds and time.monotonic() - started > seconds:
                break
        return done

    def outputs(self, step: Any) -> Any:
        """What the step returns for the next batch; only its inputs count."""
        batch, self._next = self._next, None
        self._seen += 1
        return None if batch is None else step.run_checked(batch)

    def end_epoch(self, done: int, was_stopped: bool) -> None:
        """Warns if batches were missing; remembers how many there were."""
        self.data.on_epoch_end()
        wanted = self.steps
        if wanted and done < wanted and not was_stopped:
            _warn_of_end(f"{wanted} steps an epoch were to come")
            self._seen = 0
        elif self._known_batches is None and self._asked_steps is None:
            self._known_batches = None if was_stopped else done
        if self._known_batches and self._seen >= self._known_batches:
            self._seen = 0
            self.data.restart()

    def close(self) -> None:
        """Lets a PyDataset's workers go."""
        self.data.close()


def _warn_of_end(reason: str) -> None:
    warnings.warn(
        f"Your input ran out of data; interrupting training. {reason[0].upper()}{reason[1:]}: the "
        "dataset or generator must yield at least `steps_per_epoch * epochs` batches.",
        stacklevel=user_stack_level(),
    )
