"""Datasets that make their batches in Python, on several workers if wished."""

from __future__ import annotations

import itertools
import random
import signal
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trimtab.core.config import keras_export
from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import multiprocessing
    from concurrent import futures
else:
    multiprocessing = lazy_module("multiprocessing")
    futures = lazy_module("concurrent.futures")


@keras_export("keras.utils.PyDataset", "keras.utils.Sequence")
class PyDataset:
    """Base of datasets that make a batch when asked for it by number.

    A subclass overrides `__getitem__(index)`, which returns the batch `(x,)`, `(x, y)` or
    `(x, y, sample_weight)`, and `__len__`, the number of batches; or `num_batches`, None if without
    end.

    Args:
        workers: Batches that are made at the same time.
        use_multiprocessing: Whether in processes, which the dataset must then be able to be sent
            to, or in threads.
        max_queue_size: Batches that may be ready ahead of their use.

    Raises:
        ValueError: If `workers` is negative or `max_queue_size` is.

    Source: Keras 3 `keras.utils.PyDataset`.
    """

    # A subclass that does not call this constructor works with these.
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        if workers < 0:
            raise ValueError(f"PyDataset: `workers` must not be negative; got {workers}")
        if max_queue_size < 0:
            raise ValueError(
                f"PyDataset: `max_queue_size` must not be negative; got {max_queue_size}"
            )
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """The batch `index`.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(f"{type(self).__name__}: must override `__getitem__(index)`")

    @property
    def num_batches(self) -> int | None:
        """Number of batches in an epoch, None if there is no end.

        Raises:
            NotImplementedError: If the subclass overrides neither this nor `__len__`.
        """
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            f"{type(self).__name__}: must override `__len__` or `num_batches`"
        )

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        return (self[i] for i in (itertools.count() if count is None else range(count)))


def batches_of(dataset: PyDataset, shuffle: bool) -> Iterator[Any]:
    """The batches of one epoch, made ahead by the dataset's workers if it has more than one.

    Args:
        dataset: The dataset.
        shuffle: Whether to draw the order of the batches, from Python's `random`; an endless
            dataset keeps its own.
    """
    count = dataset.num_batches
    numbers: Any = itertools.count() if count is None else range(count)
    if shuffle and count is not None:
        numbers = list(numbers)
        random.shuffle(numbers)
    if dataset.workers > 1 or (dataset.workers and dataset.use_multiprocessing):
        return _made_ahead(dataset, iter(numbers))
    return (dataset[number] for number in numbers)


class _Held:
    """The dataset of a worker process."""

    dataset: Any = None


def _hold(dataset: PyDataset) -> None:
    # Ctrl+C reaches all processes of a terminal; the one that trains ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Held.dataset = dataset


def _make_held(number: int) -> Any:
    return _Held.dataset[number]


def _made_ahead(dataset: PyDataset, numbers: Iterator[int]) -> Iterator[Any]:
    pending: deque[futures.Future[Any]] = deque()
    executor = _executor(dataset)
    make = _make_held if dataset.use_multiprocessing else dataset.__getitem__
    is_over = False
    try:
        for number in itertools.islice(numbers, max(1, dataset.max_queue_size)):
            pending.append(executor.submit(make, number))
        while pending:
            batch = _result(dataset, pending.popleft())
            for number in itertools.islice(numbers, 1):
                pending.append(executor.submit(make, number))
            yield batch
        is_over = True
    finally:
        # Batches that nobody will use are not waited for, be it after an error or Ctrl+C.
        for future in pending:
            future.cancel()
        if not is_over:
            for process in list((getattr(executor, "_processes", None) or {}).values()):
                process.terminate()
        executor.shutdown(wait=True, cancel_futures=True)


def _result(dataset: PyDataset, future: futures.Future[Any]) -> Any:
    try:
        return future.result()
    except futures.BrokenExecutor as error:
        raise RuntimeError(
            f"{type(dataset).__name__}: a worker process ended before it gave a batch. Processes "
            "start by importing the script anew: put what it does under "
            "`if __name__ == '__main__':`, or set use_multiprocessing=False"
        ) from error


def _executor(dataset: PyDataset) -> futures.Executor:
    if not dataset.use_multiprocessing:
        return futures.ThreadPoolExecutor(dataset.workers, thread_name_prefix="batches")
    # Forking a process that runs threads can deadlock; a fresh one cannot.
    return futures.ProcessPoolExecutor(
        dataset.workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_hold,
        initargs=(dataset,),
    )
