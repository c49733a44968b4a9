"""Vectors for whole numbers."""

from __future__ import annotations

import warnings
from typing import Any

from trimtab import checks, constraints, initializers, ops, regularizers
from trimtab.core.config import keras_export
from trimtab.layers.base import Layer
from trimtab.layers.dense import refuse_unsupported


@keras_export("keras.layers.Embedding")
class Embedding(Layer):
    """A vector that trains for each of `input_dim` numbers.

    Args:
        input_dim: How many numbers: 0 to `input_dim - 1`.
        output_dim: Size of the vectors.
        embeddings_initializer: First value of the table, `(input_dim, output_dim)`.
        embeddings_regularizer: Loss of the table.
        embeddings_constraint: Applied to the table after updates.
        mask_zero: Whether 0 stands for nothing and is masked.
        weights: The table to begin with, instead of the initializer's.
        lora_rank: Not supported.
        lora_alpha: Not supported.
        quantization_config: Not supported.
        **kwargs: Arguments of `Layer`, and `input_length`, which has no meaning any more.

    Raises:
        ValueError: If a size is not positive, or an unsupported argument is set.

    Source: Keras 3 `keras.layers.Embedding`, without LoRA and quantization.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        for argument, size in (("input_dim", input_dim), ("output_dim", output_dim)):
            if not checks.is_whole(size) or size <= 0:
                raise ValueError(
                    f"Embedding: `{argument}` must be a positive integer; got {size!r}"
                )
        if kwargs.pop("input_length", None) is not None:
            warnings.warn(
                "Embedding: `input_length` has no meaning any more; remove it", stacklevel=2
            )
        super().__init__(**kwargs)
        unsupported = {"lora_rank": lora_rank, "lora_alpha": lora_alpha}
        refuse_unsupported(self.name, **unsupported, quantization_config=quantization_config)
        self.input_dim = int(input_dim)
        self.output_dim = int(output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        # Whole numbers are no floats to be cast.
        self.autocast = False
        if weights is not None:
            self.build()
            is_listed = isinstance(weights, list) and len(weights) == 1
            self.set_weights(weights if is_listed else [weights])

    def build(self, input_shape: Any = None) -> None:
        """Makes the table."""
        if not self.built:
            self.embeddings = self.add_weight(
                name="embeddings",
                shape=(self.input_dim, self.output_dim),
                initializer=self.embeddings_initializer,
                regularizer=self.embeddings_regularizer,
                constraint=self.embeddings_constraint,
            )

    def call(self, inputs: Any) -> Any:
        """The vectors, `(*shape of the inputs, output_dim)`."""
        if inputs.dtype not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        return ops.cast(ops.take(self.embeddings, inputs, axis=0), self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Where the inputs are not 0, if 0 stands for nothing."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(*input_shape, output_dim)."""
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        """The arguments, and as Keras writes it `activity_regularizer` also where it is None."""
        return {"activity_regularizer": None} | super().get_config()
