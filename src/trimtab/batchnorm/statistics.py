"""The exact statistics of a model's Batch Normalizations, measured without changing the model."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.batchnorm.observing import Rows
from trimtab.batchnorm.recalibrating import _Measuring
from trimtab.batchnorm.rewriting import batchnorms
from trimtab.batchnorm.running_modes import Statistics, left_as_it_was


def exact_statistics(model: Any, x: Any, batch_size: int = 256) -> dict[int, Statistics]:
    """What `recalibrate` would set, by layer (`id`), for each layer that the model calls.

    Args:
        model: A built model.
        x: Inputs, as for `recalibrate`.
        batch_size: Rows at a time; it changes no result.

    Raises:
        FloatingPointError: If a layer gets NaN or infinity.
    """
    norms = batchnorms(model)
    with left_as_it_was(model):
        measuring = _Measuring(model, Rows("health", x), norms, batch_size)
        measuring.exact()
        found = {}
        for norm in norms:
            pool = measuring.pools.get(id(norm))
            if pool is not None:
                variance = np.array(pool.variance)
                found[id(norm)] = Statistics(
                    np.array(pool.mean), variance, variance, int(pool.count.min())
                )
        return found
