"""Class numbers as zeros and ones, or counted."""

from __future__ import annotations

from typing import Any

from trimtab import checks, ops
from trimtab.core.config import keras_export
from trimtab.layers.base import Layer
from trimtab.layers.preprocessing.encoding import encoded, encoded_shape, refuse_sparse


@keras_export("keras.layers.CategoryEncoding")
class CategoryEncoding(Layer):
    """Class numbers, one-hot, multi-hot or counted.

    Args:
        num_tokens: Number of classes; numbers outside of [0, num_tokens) are in no class.
        output_mode: "multi_hot" for a row of zeros and ones for each sample, "one_hot" for one for
            each number, "count" for how often each class occurs in a sample.
        sparse: Must be False.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If `num_tokens` is missing, or another argument is none of those.

    Source: Keras 3 `keras.layers.CategoryEncoding`.

    >>> CategoryEncoding(num_tokens=4, output_mode="count")([[0, 1, 1]]).tolist()
    [[1.0, 2.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        modes = ("count", "one_hot", "multi_hot")
        self.output_mode = checks.choice(self.name, "output_mode", output_mode, modes)
        if num_tokens is None:
            raise ValueError(
                f"{self.name}: num_tokens must be set to use this layer. If it is not known, use "
                "IntegerLookup with adapt()"
            )
        self.num_tokens = checks.whole(self.name, "num_tokens", num_tokens, least=1)
        self.sparse = refuse_sparse(self.name, sparse)
        self._build_at_init()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As for any layer; nested lists are taken as arrays."""
        listed = [ops.convert_to_tensor(a) if isinstance(a, (list, tuple)) else a for a in args]
        return super().__call__(*listed, **kwargs)

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        """The encoded inputs.

        Args:
            inputs: Class numbers.
            count_weights: In "count", what each number counts; of the inputs' shape.

        Raises:
            ValueError: If weights are given in another mode.
        """
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                f"{self.name}: `count_weights` is not used when `output_mode` is not 'count'; got "
                f"{self.output_mode!r}"
            )
        numbers = ops.cast(inputs, "int32")
        dtype = self.compute_dtype
        return encoded(numbers, self.output_mode, self.num_tokens, dtype, count_weights)

    def compute_output_shape(self, input_shape: Any, **_: Any) -> Any:
        """(samples, classes), or (samples, ..., classes) one-hot."""
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)

    def get_config(self) -> dict[str, Any]:
        """The arguments without `sparse`."""
        config = super().get_config()
        del config["sparse"]
        return config
