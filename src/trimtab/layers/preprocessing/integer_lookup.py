"""Whole numbers looked up in a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Array
from trimtab.layers.preprocessing.lookup import NOWHERE, Lookup


@keras_export("keras.layers.IntegerLookup")
class IntegerLookup(Lookup):
    """The numbers of whole numbers in a vocabulary that is given or found by `adapt`; or back.

    Args:
        max_tokens: Most tokens, those for masked and unknown ones included; None for no limit.
        num_oov_indices: How many numbers unknown values share; 0 refuses them on data, and gives
            them a number outside of every table inside of a model.
        mask_token: Value that has number 0 in "int" mode, and counts nothing in the others.
        oov_token: What an unknown number becomes when `invert` is True.
        vocabulary: The values, or the path of a file with a value a line; None for `adapt`.
        vocabulary_dtype: Must be "int64".
        idf_weights: One weight a value, with output_mode "tf_idf".
        invert: Whether to turn numbers back into values.
        output_mode: As for `StringLookup`.
        sparse: Must be False.
        pad_to_max_tokens: Whether the other modes than "int" have `max_tokens` columns.
        oov_method: How unknown values share numbers: "floormod" by their remainder, "farmhash" by
            their hash (on data only).
        salt: Key of that hash.
        name: Name; made from the class's if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.IntegerLookup`. It needs no TensorFlow here.

    >>> IntegerLookup(vocabulary=[10, 20])(np.array([20, 7, 10])).tolist()
    [2, 0, 1]
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if vocabulary_dtype != "int64":
            raise ValueError(
                f"IntegerLookup: `vocabulary_dtype` must be 'int64'; got {vocabulary_dtype!r}"
            )
        if salt is not None and oov_method != "farmhash":
            raise ValueError(
                f"IntegerLookup: `salt` needs oov_method='farmhash'; got {oov_method!r}"
            )
        self.vocabulary_dtype = vocabulary_dtype
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            oov_method,
            salt,
            name=name,
            **kwargs,
        )

    def _token(self, value: Any) -> int:
        return int(value)

    def _tokens(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return array.astype("int64")

    def _unknown(self, token: int) -> int:
        if self.oov_method == "floormod":
            return token % self.num_oov_indices
        return super()._unknown(token)

    def _given_back(self, tokens: np.ndarray[Any, Any]) -> Any:
        return Array(tokens.astype("int64"))

    def call(self, inputs: Any) -> Any:
        """The numbers of values; inside of a model too."""
        if isinstance(inputs, Array):
            return self.call_on_array(inputs.array)
        if not self._vocabulary.tokens:
            raise ValueError(
                f"{self.name}: has no vocabulary; call adapt(data) or set_vocabulary(tokens) first"
            )
        x = ops.cast(inputs, "int64")
        if self.invert:
            return self._traced_inverse(x)
        known, numbers = self._vocabulary.sorted_numbers()
        place = ops.minimum(ops.searchsorted(known, x), len(known) - 1)
        found = ops.equal(ops.take(known, place), x)
        result = ops.where(found, ops.take(numbers, place), self._traced_unknown(x))
        if self.mask_token is not None:
            masked = 0 if self.output_mode == "int" else -1
            result = ops.where(ops.equal(x, int(self.mask_token)), masked, result)
        return self._encoded(ops.cast(result, "int64"))

    def _traced_unknown(self, x: Any) -> Any:
        if self.num_oov_indices == 0:
            return NOWHERE
        if self.num_oov_indices == 1:
            return self._first_unknown
        if self.oov_method == "farmhash":
            raise ValueError(
                f"{self.name}: oov_method='farmhash' works on data, not inside of a model; use "
                "'floormod'"
            )
        return ops.mod(x, self.num_oov_indices) + self._first_unknown

    def _traced_inverse(self, x: Any) -> Any:
        listed = np.asarray(self._vocabulary.listed(), "int64")
        is_known = ops.logical_and(ops.greater_equal(x, 0), ops.less(x, len(listed)))
        place = ops.clip(x, 0, len(listed) - 1)
        return ops.where(is_known, ops.take(listed, place), int(self.oov_token))
