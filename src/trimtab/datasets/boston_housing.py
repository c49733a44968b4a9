"""Prices of houses in Boston's suburbs."""

from __future__ import annotations

from trimtab.datasets.origin import Arrays, split_table


def load_data(
    path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Arrays, Arrays]:
    """506 suburbs by 13 columns, and the median price of a house there in thousands of dollars.

    One of the columns is about the race of those who lived there, which makes the data unfit for
    most uses: see Keras's documentation.

    Args:
        path: Name of the file in the cache.
        test_split: Part of the rows to test with.
        seed: Seed of their order.

    Returns:
        ((x, y), (x, y)), float64: x of shape (rows, 13), y of shape (rows,).

    Source: Keras 3 `keras.datasets.boston_housing`; Harrison and Rubinfeld 1978.
    """
    return split_table(
        "boston_housing",
        path,
        "boston_housing.npz",
        "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
        None,
        test_split,
        seed,
    )
