"""What every engine offers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from trimtab.ir.graph import Graph

Arrays = Sequence[np.ndarray[Any, Any]]


class Batches(NamedTuple):
    """Where the rows of an epoch come from and where results go.

    Attributes:
        sources: One array per input of the graph, rows along the first axis, of any type.
        order: Row numbers (int64) in the order of their use; None for 0, 1, 2, ...
        results: One array per output that is kept, row i belonging to row i of the epoch's order.
        batch_size: Rows a run takes.
    """

    sources: Arrays
    order: np.ndarray[Any, Any] | None
    results: Arrays
    batch_size: int


class Executable(Protocol):
    """A compiled graph."""

    def run(
        self, inputs: Arrays, states: Arrays, version: object = None
    ) -> list[np.ndarray[Any, Any]]:
        """Outputs for `inputs`; `states` is the memory of the variables, updated in place.

        `version` is an object that is another one whenever a variable may have changed since the
        last call; the engine may keep what it computed from variables alone. None promises nothing.
        """

    def run_batches(
        self,
        batches: Batches,
        states: Arrays,
        first_row: int,
        count: int,
        seconds: float,
        version: object = None,
    ) -> int:
        """Runs up to `count` batches from row `first_row` of the order on; returns how many it ran.

        It stops early after `seconds` (0 for never), and raises KeyboardInterrupt between
        two batches.
        """


class Engine(Protocol):
    """A way to run graphs."""

    name: str
    compile: Callable[[Graph], Executable]
