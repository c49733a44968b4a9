"""Base of the initializers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.core import settings
from trimtab.core.config import Configurable, keras_export

NDArray = np.ndarray[Any, Any]


def dtype_name(dtype: Any) -> str:
    """Canonical name of `dtype`; `floatx()` for None."""
    return dtypes.standardize(settings.floatx() if dtype is None else dtype)


@keras_export("keras.initializers.Initializer")
class Initializer(Configurable):
    """Base of the initializers: a callable `initializer(shape, dtype=None)`.

    Source: Keras 3 `keras.initializers.Initializer`.
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Starting values.

        Args:
            shape: Shape of the weight.
            dtype: Element type; `floatx()` if None.

        Raises:
            NotImplementedError: If the subclass does not override this method.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: an initializer must override `__call__(self, shape, "
            "dtype=None)`"
        )

    def clone(self) -> Any:
        """A new initializer with the same configuration."""
        return type(self).from_config(self.get_config())
