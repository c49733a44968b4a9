"""Layers that add, take away or repeat steps, rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import checks, ops
from trimtab.core.config import keras_export
from trimtab.layers.input_spec import InputSpec
from trimtab.layers.windows import Spatial
from trimtab.ops.image.interpolation import KERNELS, resizing_weights

Pair = tuple[int, int]


def _pair(owner: str, name: str, value: Any) -> Pair:
    """(before, after) from two whole numbers, or one for both.

    Raises:
        ValueError: If they are not whole or negative.
    """
    both = (value, value) if checks.is_whole(value) else value
    is_pair = isinstance(both, (list, tuple)) and len(both) == 2
    if not is_pair or any(not checks.is_whole(v) or v < 0 for v in both):
        raise ValueError(
            f"{owner}: `{name}` must hold one or two whole numbers from 0 on; got {value!r}"
        )
    return int(both[0]), int(both[1])


def _pairs(owner: str, name: str, value: Any, count: int) -> tuple[Pair, ...]:
    if checks.is_whole(value):
        return (_pair(owner, name, value),) * count
    if not isinstance(value, (list, tuple)) or len(value) != count:
        raise ValueError(f"{owner}: `{name}` must have {count} entries, one an axis; got {value!r}")
    return tuple(_pair(owner, name, v) for v in value)


def _factors(owner: str, value: Any, count: int) -> tuple[int, ...]:
    listed = (value,) * count if checks.is_whole(value) else tuple(value)
    if len(listed) != count or any(not checks.is_whole(v) or v <= 0 for v in listed):
        raise ValueError(
            f"{owner}: each of the {count} numbers of `size` should be a positive integer; got "
            f"{value!r}"
        )
    return tuple(int(v) for v in listed)


class _Resized(Spatial):
    """A layer that changes the sizes of the axes beside the batch and the channels."""

    def __init__(self, count: int, data_format: str | None, **kwargs: Any) -> None:
        super().__init__(data_format, **kwargs)
        self.input_spec = InputSpec(ndim=count + 2)
        self.rank = count

    @property
    def _first(self) -> int:
        return 2 if self.data_format == "channels_first" else 1

    def _resized(self, input_shape: Any, sizes: Sequence[int | None]) -> tuple[Any, ...]:
        return self._shape(input_shape[0], sizes, input_shape[self._channel_axis])


class _ZeroPadding(_Resized):
    """Zeros before and after each axis."""

    def __init__(self, pairs: Any, count: int, data_format: str | None, **kwargs: Any) -> None:
        super().__init__(count, data_format, **kwargs)
        checked = _pairs(self.name, "padding", pairs, count)
        # With one axis Keras keeps its pair alone.
        self.padding: Any = checked[0] if count == 1 else checked

    def _each(self) -> tuple[Pair, ...]:
        return (self.padding,) if self.rank == 1 else self.padding

    def call(self, inputs: Any) -> Any:
        """The padded inputs."""
        widths = [(0, 0)] * len(inputs.shape)
        widths[self._first : self._first + self.rank] = self._each()
        return ops.pad(inputs, widths)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the zeros added to the sizes."""
        pairs = zip(self._sizes(input_shape), self._each(), strict=True)
        return self._resized(input_shape, [None if d is None else d + sum(p) for d, p in pairs])


@keras_export("keras.layers.ZeroPadding1D")
class ZeroPadding1D(_ZeroPadding):
    """Zeros before and after the steps of `(batch, steps, features)`.

    Args:
        padding: How many, or (before, after).
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If a number is not whole or negative.

    Source: Keras 3 `keras.layers.ZeroPadding1D`.
    """

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(
            padding if checks.is_whole(padding) else (padding,), 1, data_format, **kwargs
        )


@keras_export("keras.layers.ZeroPadding2D")
class ZeroPadding2D(_ZeroPadding):
    """Zeros around images.

    Args:
        padding: How many on each side; or one number for rows and one for columns; or ((top,
            bottom), (left, right)).
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If a number is not whole or negative.

    Source: Keras 3 `keras.layers.ZeroPadding2D`.
    """

    def __init__(
        self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(padding, 2, data_format, **kwargs)


@keras_export("keras.layers.ZeroPadding3D")
class ZeroPadding3D(_ZeroPadding):
    """Zeros around volumes.

    Args:
        padding: As for `ZeroPadding2D`, for three axes.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If a number is not whole or negative.

    Source: Keras 3 `keras.layers.ZeroPadding3D`.
    """

    def __init__(
        self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(padding, 3, data_format, **kwargs)


class _Cropping(_Resized):
    """Less at the beginning and the end of each axis."""

    def __init__(self, pairs: Any, count: int, data_format: str | None, **kwargs: Any) -> None:
        super().__init__(count, data_format, **kwargs)
        checked = _pairs(self.name, "cropping", pairs, count)
        self.cropping: Any = checked[0] if count == 1 else checked

    def _each(self) -> tuple[Pair, ...]:
        return (self.cropping,) if self.rank == 1 else self.cropping

    @property
    def _rule(self) -> str:
        if self.rank == 1:
            return (
                "`cropping` parameter of `Cropping1D` layer must be smaller than the input's length"
            )
        return (
            "Values in `cropping` argument should be smaller than the corresponding spatial "
            "dimension of the input."
        )

    def call(self, inputs: Any) -> Any:
        """What is left of the inputs."""
        self.compute_output_shape(inputs.shape)
        key = [slice(None)] * len(inputs.shape)
        for position, (before, after) in enumerate(self._each(), start=self._first):
            key[position] = slice(before, inputs.shape[position] - after)
        return inputs[tuple(key)]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the sizes reduced.

        Raises:
            ValueError: If nothing is left.
        """
        sizes = []
        for size, pair in zip(self._sizes(input_shape), self._each(), strict=True):
            sizes.append(None if size is None else size - sum(pair))
            if sizes[-1] is not None and sizes[-1] <= 0:
                raise ValueError(
                    f"{self.name}: {self._rule}; got cropping={self.cropping} and an input of "
                    f"shape {tuple(input_shape)}"
                )
        return self._resized(input_shape, sizes)


@keras_export("keras.layers.Cropping1D")
class Cropping1D(_Cropping):
    """Fewer steps of `(batch, steps, features)`.

    Args:
        cropping: How many at each end, or (at the beginning, at the end).
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If a number is not whole or negative.

    Source: Keras 3 `keras.layers.Cropping1D`.
    """

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        pairs = cropping if checks.is_whole(cropping) else (cropping,)
        super().__init__(pairs, 1, "channels_last", **kwargs)


@keras_export("keras.layers.Cropping2D")
class Cropping2D(_Cropping):
    """The middle of images.

    Args:
        cropping: As `padding` of `ZeroPadding2D`.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If a number is not whole or negative.

    Source: Keras 3 `keras.layers.Cropping2D`.
    """

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(cropping, 2, data_format, **kwargs)


@keras_export("keras.layers.Cropping3D")
class Cropping3D(_Cropping):
    """The middle of volumes.

    Args:
        cropping: As `padding` of `ZeroPadding2D`, for three axes.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If a number is not whole or negative.

    Source: Keras 3 `keras.layers.Cropping3D`.
    """

    def __init__(
        self,
        cropping: Any = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cropping, 3, data_format, **kwargs)


class _UpSampling(_Resized):
    """Each step, row or column several times."""

    size: Any

    def _each(self) -> tuple[int, ...]:
        return (self.size,) if self.rank == 1 else self.size

    def call(self, inputs: Any) -> Any:
        """The inputs with everything repeated."""
        for axis, factor in enumerate(self._each(), start=self._first):
            inputs = ops.repeat(inputs, factor, axis=axis)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the sizes multiplied."""
        pairs = zip(self._sizes(input_shape), self._each(), strict=True)
        return self._resized(input_shape, [None if d is None else d * f for d, f in pairs])


@keras_export("keras.layers.UpSampling1D")
class UpSampling1D(_UpSampling):
    """Each step of `(batch, steps, features)` `size` times.

    Args:
        size: How often.
        **kwargs: Arguments of `Layer`.

    Raises:
        TypeError: If it is no whole number.
        ValueError: If it is not positive.

    Source: Keras 3 `keras.layers.UpSampling1D`.
    """

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(1, "channels_last", **kwargs)
        if not checks.is_whole(size):
            raise TypeError(f"{self.name}: `size` must be a whole number; got {size!r}")
        self.size = _factors(self.name, size, 1)[0]


@keras_export("keras.layers.UpSampling2D")
class UpSampling2D(_UpSampling):
    """Images with `size` times the rows and columns.

    Args:
        size: Factor of both, or of each.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If a factor is not positive and whole, or the interpolation is unknown.

    Source: Keras 3 `keras.layers.UpSampling2D`.
    """

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(2, data_format, **kwargs)
        self.size = _factors(self.name, size, 2)
        self.interpolation = str(interpolation).lower()
        if self.interpolation not in ("nearest", *KERNELS):
            raise ValueError(
                f"{self.name}: `interpolation` must be one of nearest, {', '.join(KERNELS)}; got "
                f"{interpolation!r}"
            )

    def call(self, inputs: Any) -> Any:
        """The larger images."""
        if self.interpolation == "nearest":
            return super().call(inputs)
        for axis, factor in enumerate(self.size, start=self._first):
            size = inputs.shape[axis]
            weights = resizing_weights(self.interpolation, size, size * factor)
            moved = ops.moveaxis(inputs, axis, -1)
            scaled = ops.matmul(moved, weights.T.astype(inputs.dtype))
            inputs = ops.moveaxis(scaled, -1, axis)
        return inputs


@keras_export("keras.layers.UpSampling3D")
class UpSampling3D(_UpSampling):
    """Volumes with everything repeated along three axes.

    Args:
        size: Factor of all, or of each.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If a factor is not positive and whole.

    Source: Keras 3 `keras.layers.UpSampling3D`.
    """

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2, 2),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(3, data_format, **kwargs)
        self.size = _factors(self.name, size, 3)
