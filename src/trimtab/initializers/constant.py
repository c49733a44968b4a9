"""Initializers that draw nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.core.config import deserialize_keras_object, keras_export
from trimtab.initializers.base import Initializer, NDArray, dtype_name


@keras_export("keras.initializers.Constant")
class Constant(Initializer):
    """Every element is `value`.

    Args:
        value: A number, or an array that broadcasts to the shape asked for.

    Source: Keras 3 `keras.initializers.Constant`.
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray:
        """An array of `shape` filled with the value."""
        return np.full(tuple(shape), np.asarray(self.value), dtype=dtype_name(dtype))

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Constant:
        """The initializer that `get_config` described."""
        return cls(deserialize_keras_object(config["value"], custom_objects))


@keras_export("keras.initializers.Zeros")
class Zeros(Initializer):
    """Every element is 0.

    Source: Keras 3 `keras.initializers.Zeros`.
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray:
        """An array of zeros."""
        return np.zeros(tuple(shape), dtype=dtype_name(dtype))

    # Tells variables that they need not ask, unless a subclass overrides the call.
    makes_zeros = __call__


@keras_export("keras.initializers.Ones")
class Ones(Initializer):
    """Every element is 1.

    Source: Keras 3 `keras.initializers.Ones`.
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray:
        """An array of ones."""
        return np.ones(tuple(shape), dtype=dtype_name(dtype))


@keras_export("keras.initializers.Identity")
class Identity(Initializer):
    """A matrix with `gain` on its diagonal and 0 elsewhere.

    Args:
        gain: The diagonal's value.

    Raises:
        ValueError: If the shape asked for is not that of a matrix.

    Source: Keras 3 `keras.initializers.Identity`.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray:
        """The matrix of `shape`, which need not be square."""
        if len(shape) != 2:
            raise ValueError(f"Identity: the weight must be a matrix; got shape {tuple(shape)}")
        return (self.gain * np.eye(shape[0], shape[1])).astype(dtype_name(dtype))
