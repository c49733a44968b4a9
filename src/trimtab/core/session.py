"""What a process keeps between models: the counts of automatic names."""

from __future__ import annotations

import gc

from trimtab.core import naming


def clear_session(free_memory: bool = True) -> None:
    """Starts automatic names anew, so that the next Dense is "dense" again.

    Args:
        free_memory: Whether to collect models that nobody refers to any more.
    """
    naming.reset()
    if free_memory:
        gc.collect()
