"""Features shifted and scaled by their statistics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.layers.base import Layer
from trimtab.layers.preprocessing.adapting import batches_of, is_list_of_batches


@keras_export("keras.layers.Normalization")
class Normalization(Layer):
    """`(x - mean) / sqrt(variance)`, with mean and biased variance of data that `adapt` has seen.

    Args:
        axis: Axis, or axes, that have statistics of their own; None for one mean of all numbers.
        mean: The mean, if `adapt` is not to find it: a number, or one for each feature.
        variance: The variance, given just when `mean` is.
        invert: Whether to do the opposite: `x * sqrt(variance) + mean`.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If only one of `mean` and `variance` is given, or their shapes differ.

    Source: Keras 3 `keras.layers.Normalization`.

    >>> layer = Normalization()
    >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
    >>> layer(np.array([[2.0, 40.0]])).tolist()
    [[0.0, 2.0]]
    """

    def __init__(
        self,
        axis: Any = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if axis is None:
            axis = ()
        self.axis = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
        self.invert = invert
        self.supports_masking = True
        if (mean is None) != (variance is None):
            raise ValueError(
                f"{self.name}: both `mean` and `variance` must be set, or none; got "
                f"mean={mean} and variance={variance}"
            )
        self._given: tuple[Any, Any] | None = None
        if mean is not None:
            arrays = np.asarray(mean), np.asarray(variance)
            if arrays[0].shape != arrays[1].shape:
                raise ValueError(
                    f"{self.name}: `mean` and `variance` must have one shape; got "
                    f"{arrays[0].shape} and {arrays[1].shape}"
                )
            self._given = (arrays[0].tolist(), arrays[1].tolist())
        self._broadcast_shape: tuple[int, ...] = ()

    def build(self, input_shape: Any) -> None:
        """Makes the variables that `adapt` fills, unless mean and variance were given.

        Raises:
            ValueError: If there is no such axis, an axis of statistics has no fixed size, or the
                given mean does not fit it.
        """
        ndim = len(input_shape)
        for axis in self.axis:
            if not -ndim <= axis < ndim:
                raise ValueError(
                    f"{self.name}: All `axis` values must be in the range [{-ndim}, {ndim}) for an "
                    f"input of {ndim} axes; got {self.axis}"
                )
        kept = sorted(axis % ndim for axis in self.axis)
        if any(input_shape[axis] is None for axis in kept):
            raise ValueError(
                f"{self.name}: All `axis` values to be kept, {self.axis}, must have fixed sizes; "
                f"got shape {tuple(input_shape)}"
            )
        self._broadcast_shape = tuple(
            int(input_shape[axis]) if axis in kept else 1 for axis in range(ndim)
        )
        self._reduced_axes = tuple(axis for axis in range(ndim) if axis not in kept)
        shape = tuple(int(input_shape[axis]) for axis in kept)
        if self._given is not None:
            try:
                self._fixed = tuple(
                    np.broadcast_to(np.asarray(value, "float32"), shape).reshape(
                        self._broadcast_shape
                    )
                    for value in self._given
                )
            except ValueError:
                raise ValueError(
                    f"{self.name}: `mean` and `variance` must fit the sizes {shape} of the axes "
                    f"{self.axis}; got shape {np.shape(self._given[0])}"
                ) from None
            return
        self.adapt_mean = self.add_weight(
            name="mean", shape=shape, initializer="zeros", trainable=False
        )
        self.adapt_variance = self.add_weight(
            name="variance", shape=shape, initializer="ones", trainable=False
        )
        self.count = self.add_weight(
            name="count", shape=(), dtype="int32", initializer="zeros", trainable=False
        )

    def _statistic(self, position: int) -> Any:
        if not self.built:
            raise AttributeError(f"{self.name}: has no statistics before it is built or adapted")
        if self._given is not None:
            return ops.convert_to_tensor(self._fixed[position])
        variable = (self.adapt_mean, self.adapt_variance)[position]
        return ops.reshape(variable, self._broadcast_shape)

    @property
    def mean(self) -> Any:
        """The mean, with size 1 where an axis has no statistics of its own."""
        return self._statistic(0)

    @property
    def variance(self) -> Any:
        """The biased variance, as `mean`."""
        return self._statistic(1)

    def adapt(self, data: Any) -> None:
        """Takes mean and variance from data; what it saw before is forgotten.

        Args:
            data: An array, or an iterable of batches, such as a list of arrays.

        Raises:
            TypeError: If a batch is a single number.
            ValueError: If mean and variance were given, or data do not fit the layer.
        """
        if self._given is not None:
            raise ValueError(
                f"{self.name}: adapt() has nothing to find, as `mean` and `variance` were given"
            )
        total, mean, square = 0, 0.0, 0.0
        # Keras takes a list of arrays for batches, however equal their shapes are.
        source = iter(data) if is_list_of_batches(data) else data
        for batch in batches_of(self.name, source):
            if batch.dtype.kind not in "fiub":
                raise ValueError(
                    f"{self.name}: adapt() needs numbers; got an array of type {batch.dtype}"
                )
            if not batch.shape:
                raise TypeError(
                    f"{self.name}: adapt() takes batches with a `.shape`; got {batch.item()!r}"
                )
            if not self.built:
                self.build(batch.shape)
            array = self._checked(batch).astype("float64")
            count = math.prod(array.shape[axis] for axis in self._reduced_axes)
            own = array.mean(axis=self._reduced_axes)
            spread = array.var(axis=self._reduced_axes) * count
            # Chan et al. 1979: sums of squared distances of two parts, joined.
            offset = own - mean
            square = square + spread + offset**2 * (count * total / (count + total))
            mean = mean + offset * (count / (count + total))
            total += count
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(square / total)

    def _checked(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        fits = batch.ndim == len(self._broadcast_shape) and all(
            wanted in (1, size)
            for wanted, size in zip(self._broadcast_shape, batch.shape, strict=True)
        )
        if not fits or not batch.size:
            raise ValueError(
                f"{self.name}: adapt() got data of an incompatible shape {batch.shape}; it takes "
                f"{len(self._broadcast_shape)} axes that fit the statistics' shape "
                f"{self._broadcast_shape}"
            )
        return batch

    def call(self, inputs: Any) -> Any:
        """The normalised inputs, or the inputs of which those would be the normalised ones."""
        dtype = self.compute_dtype
        x = ops.cast(inputs, dtype)
        mean, variance = ops.cast(self.mean, dtype), ops.cast(self.variance, dtype)
        deviation = ops.maximum(ops.sqrt(variance), settings.epsilon())
        if self.invert:
            return mean + x * deviation
        return (x - mean) / deviation

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments; mean and variance only if they were given."""
        config = super().get_config()
        mean, variance = self._given or (None, None)
        return config | {"axis": self.axis, "mean": mean, "variance": variance}
