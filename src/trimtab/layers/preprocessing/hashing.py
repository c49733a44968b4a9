"""Text or whole numbers as one of so many bins, by their hash."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import checks, dtypes
from trimtab.core.config import keras_export
from trimtab.core.symbolic import keras_tensor
from trimtab.ir.tensor import Array
from trimtab.layers.preprocessing.encoding import encoded, encoded_shape, refuse_sparse
from trimtab.layers.preprocessing.fingerprint import fingerprint, keyed_fingerprint
from trimtab.layers.preprocessing.on_data import DataLayer, mapped, texts_of


@keras_export("keras.layers.Hashing")
class Hashing(DataLayer):
    """The number of a bin, in [0, num_bins), from the hash of text or of whole numbers.

    It works on data, not inside of a model.

    Args:
        num_bins: Number of bins, that of `mask_value` included.
        mask_value: Value that has bin 0 for itself.
        salt: Key of the hash, a whole number or two; without it the hash is FarmHash's, with it
            SipHash.
        output_mode: "int" for the numbers of the bins, or "one_hot", "multi_hot", "count", as for
            `CategoryEncoding`.
        sparse: Must be False.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.Hashing`, the bins included.

    >>> Hashing(num_bins=3)([["A"], ["B"], ["C"]]).tolist()
    [[1], [0], [1]]
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        checks.choice(
            "Hashing", "output_mode", output_mode, ("int", "one_hot", "multi_hot", "count")
        )
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else None
        super().__init__(**kwargs)
        if output_mode == "int" and not dtypes.is_integer(self.compute_dtype):
            raise ValueError(
                f'{self.name}: When `output_mode="int"`, `dtype` should be an integer type, or not '
                f"given; got {self.compute_dtype!r}"
            )
        if num_bins is None:
            raise ValueError(
                f"{self.name}: The `num_bins` for `Hashing` cannot be `None` or non-positive values"
            )
        self.num_bins = checks.whole(self.name, "num_bins", num_bins, least=1)
        self.mask_value = mask_value
        self.output_mode = output_mode
        self.sparse = refuse_sparse(self.name, sparse)
        self.salt = self._pair(salt)
        self._build_at_init()

    def _pair(self, salt: Any) -> list[int] | None:
        if salt is None:
            return None
        pair = [salt, salt] if hasattr(salt, "__index__") else salt
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(
                f"{self.name}: `salt` must be a whole number, two of them, or None; got {salt!r}"
            )
        return [checks.whole(self.name, "salt", number) for number in pair]

    def call_on_array(self, inputs: np.ndarray[Any, Any]) -> Any:
        """The bins of text or numbers."""
        if inputs.dtype.kind in "fiub":
            inputs = inputs.astype("int64")
        else:
            inputs = texts_of(self.name, inputs)
        bins = Array(mapped(inputs, self._bin))
        return encoded(bins, self.output_mode, self.num_bins, self.compute_dtype)

    def _bin(self, value: Any) -> int:
        if self.mask_value is not None and value == self.mask_value:
            return 0
        first = 0 if self.mask_value is None else 1
        count = self.num_bins - first
        if count == 0:
            return 0
        text = str(value).encode()
        if self.salt is None:
            return fingerprint(text) % count + first
        return keyed_fingerprint(text, (self.salt[0], self.salt[1])) % count + first

    def compute_output_spec(self, inputs: Any) -> Any:
        """The shape and type of the bins."""
        return keras_tensor(self.compute_output_shape(inputs.shape), self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape, or with the bins as the last axis."""
        return encoded_shape(input_shape, self.output_mode, self.num_bins)
