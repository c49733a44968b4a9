"""Layers that change shapes and keep the elements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from trimtab import checks, ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.core.symbolic import keras_tensor
from trimtab.layers.base import Layer
from trimtab.layers.input_spec import InputSpec


class _SameType(Layer):
    """A layer whose output has the type of its input."""

    def compute_output_spec(self, inputs: Any) -> Any:
        """A KerasTensor for the output."""
        return keras_tensor(self.compute_output_shape(inputs.shape), inputs.dtype)


@keras_export("keras.layers.Flatten")
class Flatten(_SameType):
    """All axes but the batch as one.

    Args:
        data_format: "channels_last" or "channels_first", which moves the channels to the end
            first; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the data format is unknown.

    Source: Keras 3 `keras.layers.Flatten`.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = settings.standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        """The inputs, `(batch, elements)`."""
        ndim = len(inputs.shape)
        if self.data_format == "channels_first" and ndim > 1:
            inputs = ops.transpose(inputs, axes=(0, *range(2, ndim), 1))
        return ops.reshape(inputs, (inputs.shape[0], math.prod(inputs.shape[1:])))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(batch, elements)."""
        sizes = input_shape[1:]
        return (input_shape[0], None if None in sizes else math.prod(sizes))


def _resolved(owner: str, sizes: Sequence[int | None], target: tuple[int, ...]) -> Any:
    """`target` with -1 replaced by the size that fits; None while `sizes` has an open one.

    Raises:
        ValueError: If no size fits.
    """
    known = math.prod(d for d in target if d != -1)
    if None in sizes:
        return tuple(None if d == -1 else d for d in target)
    total = math.prod(d for d in sizes if d is not None)
    fits = total % known == 0 if -1 in target and known else total == known
    if not fits:
        raise ValueError(
            f"{owner}: an input of shape {tuple(sizes)} has {total} elements, which do not fit "
            f"`target_shape` {target}"
        )
    return tuple(total // known if d == -1 else d for d in target)


@keras_export("keras.layers.Reshape")
class Reshape(_SameType):
    """The elements of each example in another shape.

    Args:
        target_shape: Shape of one example; one size may be -1.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the shape is not one, or the elements do not fit it.

    Source: Keras 3 `keras.layers.Reshape`.
    """

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        sizes = tuple(target_shape)
        is_whole = all(checks.is_whole(d) and d >= -1 for d in sizes)
        if is_whole and sizes.count(-1) > 1:
            raise ValueError(
                f"{self.name}: there may be at most one unknown dimension, -1; got "
                f"target_shape={target_shape!r}"
            )
        if not is_whole:
            raise ValueError(
                f"{self.name}: each size must be a non-negative integer, or -1 for one; got "
                f"target_shape={target_shape!r}"
            )
        self.target_shape = tuple(int(d) for d in sizes)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The inputs, `(batch, *target_shape)`."""
        shape = _resolved(self.name, inputs.shape[1:], self.target_shape)
        return ops.reshape(inputs, (inputs.shape[0], *shape))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(batch, *target_shape)."""
        return (input_shape[0], *_resolved(self.name, input_shape[1:], self.target_shape))


@keras_export("keras.layers.Permute")
class Permute(_SameType):
    """The axes of each example in another order.

    Args:
        dims: The axes in their new order, counted from 1, the first behind the batch.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If `dims` is no order of the axes 1, 2 ...

    Source: Keras 3 `keras.layers.Permute`.
    """

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                f"{self.name}: Invalid permutation in argument `dims`: it must hold each of 1 ... "
                f"{len(self.dims)} once; got {dims!r}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        """The inputs with their axes in the new order."""
        return ops.transpose(inputs, axes=(0, *self.dims))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The sizes in the new order."""
        return (input_shape[0], *(input_shape[d] for d in self.dims))


@keras_export("keras.layers.RepeatVector")
class RepeatVector(Layer):
    """Each example's vector `n` times.

    Args:
        n: How often.
        **kwargs: Arguments of `Layer`.

    Raises:
        TypeError: If `n` is no whole number.
        ValueError: If it is not positive.

    Source: Keras 3 `keras.layers.RepeatVector`.
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not checks.is_whole(n):
            raise TypeError(f"{self.name}: Expected an integer value for `n`; got {n!r}")
        if n <= 0:
            raise ValueError(f"{self.name}: `n` should be a positive integer; got {n}")
        self.n = int(n)
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        """The copies, `(batch, n, features)`."""
        batch, features = inputs.shape
        return ops.broadcast_to(ops.expand_dims(inputs, 1), (batch, self.n, features))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(batch, n, features)."""
        return (input_shape[0], self.n, input_shape[1])
