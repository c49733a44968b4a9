"""Prices of houses in Californian districts."""

from __future__ import annotations

from trimtab import checks
from trimtab.datasets.origin import Arrays, split_table


def load_data(
    version: str = "large",
    path: str = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> tuple[Arrays, Arrays]:
    """20,640 districts by 8 columns, and the median price of a house there in dollars.

    Args:
        version: "large" for all rows, "small" for the first 600.
        path: Name of the file in the cache.
        test_split: Part of the rows to test with.
        seed: Seed of their order.

    Returns:
        ((x, y), (x, y)), float32: x of shape (rows, 8), y of shape (rows,).

    Raises:
        ValueError: If the version is neither.

    Source: Keras 3 `keras.datasets.california_housing`; Pace and Barry 1997.
    """
    checks.choice("california_housing", "version", version, ("large", "small"))
    return split_table(
        "california_housing",
        path,
        "california_housing.npz",
        "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
        600 if version == "small" else None,
        test_split,
        seed,
    )
