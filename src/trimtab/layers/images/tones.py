"""Images inverted, without colours, of fewer levels, of full contrast."""

from __future__ import annotations

from typing import Any

from trimtab import ops, random
from trimtab.core.config import keras_export
from trimtab.layers.images.base import ImageLayer, RandomImageLayer, limits

_LEVELS = 255.0


def value_range_of(owner: str, value_range: Any) -> Any:
    """`value_range` itself.

    Raises:
        ValueError: If it does not hold two numbers.
    """
    if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
        raise ValueError(
            f"{owner}: `value_range` must hold the lowest and the highest value of a pixel; got "
            f"{value_range!r}"
        )
    return value_range


class _Toned(RandomImageLayer):
    """A layer that draws for each image whether, or how much, it changes its pixels."""

    def _count(self, data: Any) -> int:
        shape = self._images_shape(data)
        return shape[0] if len(shape) == 4 else 1

    def _config(self) -> dict[str, Any]:
        return {"data_format": self.data_format}

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | self._config()


@keras_export("keras.layers.RandomInvert")
class RandomInvert(_Toned):
    """In training, turns some images into their negatives.

    Args:
        factor: Limits of the probability that an image is inverted; one number stands for
            (0, number).
        value_range: Lowest and highest value of a pixel.
        seed: A whole number; drawn from the global generator if None.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.RandomInvert`: a value becomes the highest one less itself.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = limits(self.name, "factor", factor, 0.0, 1.0)
        self.value_range = value_range_of(self.name, value_range)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """`apply_inversion`, a bool for each image; None outside of training."""
        if not training:
            return None
        count, source = self._count(data), self._seed(seed)
        probability = random.uniform((count,), *self.factor, seed=source)
        return {"apply_inversion": random.uniform((count,), seed=source) < probability}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, some of them inverted in training."""
        images = self._computed(images)
        if not training or transformation is None:
            return images
        chosen = ops.reshape(transformation["apply_inversion"], (-1, 1, 1, 1))
        return ops.where(chosen, self.value_range[1] - images, images)

    def _config(self) -> dict[str, Any]:
        return super()._config() | {"factor": self.factor}


@keras_export("keras.layers.RandomGrayscale")
class RandomGrayscale(_Toned):
    """In training, takes the colours out of some images; they keep their channels.

    Args:
        factor: The probability that an image loses its colours.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        seed: A whole number; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If `factor` is no probability.

    Source: Keras 3 `keras.layers.RandomGrayscale`.
    """

    def __init__(
        self,
        factor: float = 0.5,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        if not 0 <= factor <= 1:
            raise ValueError(f"{self.name}: `factor` should be between 0 and 1; got {factor}")
        self.factor = factor

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """A bool for each image, `(batch, 1, 1, 1)`."""
        return random.uniform((self._count(data), 1, 1, 1), seed=self._seed(seed)) < self.factor

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, some of them without colours in training."""
        if not training:
            return images
        images = ops.convert_to_tensor(images)
        grey = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        place = self._axes.channels
        times = images.shape[place] // grey.shape[place]
        grey = ops.repeat(grey, times, axis=place)
        return ops.where(transformation, grey, images)

    def get_config(self) -> dict[str, Any]:
        """The arguments but for the seed, as Keras writes them."""
        config = super().get_config()
        config.pop("seed")
        return config


@keras_export("keras.layers.RandomPosterization")
class RandomPosterization(_Toned):
    """In training, leaves pixels only a few levels: the first bits of 8.

    Args:
        factor: Limits of the number of bits that are left, from 1 to 8, the upper one without
            itself; one number stands for (1, number).
        value_range: Lowest and highest value of a pixel.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        seed: A whole number; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.RandomPosterization`.
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        pair = factor if isinstance(factor, (tuple, list)) else (1, factor)
        self.factor = limits(self.name, "factor", tuple(pair), 1, 8)
        self.value_range = value_range_of(self.name, value_range)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """`shift_factor`, how many bits each image loses."""
        low, high = int(self.factor[0]), int(self.factor[1])
        bits = random.randint((self._count(data),), low, max(high, low + 1), seed=self._seed(seed))
        return {"shift_factor": ops.cast(8 - bits, "uint8")}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, of fewer levels in training."""
        images = self._computed(images)
        if not training:
            return images
        low, high = self.value_range
        levels = ops.floor((images - low) * (_LEVELS / (high - low)))
        lost = ops.reshape(ops.cast(transformation["shift_factor"], images.dtype), (-1, 1, 1, 1))
        step = ops.power(ops.cast(2.0, images.dtype), lost)
        return ops.floor(levels / step) * step * ((high - low) / _LEVELS) + low

    def _config(self) -> dict[str, Any]:
        return super()._config() | {"factor": self.factor}


@keras_export("keras.layers.AutoContrast")
class AutoContrast(ImageLayer):
    """Stretches each channel of each image over the whole range of values, in inference too.

    A channel of one value stays as it is.

    Args:
        value_range: Lowest and highest value of a pixel.
        **kwargs: Arguments of `Layer`, and `data_format`.

    Raises:
        ValueError: If `value_range` does not hold two numbers.

    Source: Keras 3 `keras.layers.AutoContrast`, which takes rows for channels where these come
        first.
    """

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = value_range_of(self.name, value_range)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, of full contrast."""
        images, axes = ops.cast(images, self.compute_dtype), self._axes
        sides = (axes.rows, axes.columns)
        low, high = self.value_range
        least = ops.min(images, axis=sides, keepdims=True)
        spread = ops.max(images, axis=sides, keepdims=True) - least
        is_flat = spread == 0
        stretched = (images - least) / ops.where(is_flat, 1.0, spread) * (high - low) + low
        return ops.clip(ops.where(is_flat, images, stretched), low, high)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"data_format": self.data_format}


@keras_export("keras.layers.Solarization")
class Solarization(_Toned):
    """In training, adds a number to each image and inverts its pixels from a threshold on.

    Args:
        addition_factor: The most that is added, as a part of 255: one number, or two, of which
            the larger counts.
        threshold_factor: The highest threshold, as a part of 255, given as `addition_factor`.
        value_range: Lowest and highest value of a pixel.
        seed: A whole number; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`, and `data_format`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.Solarization`: both are drawn from 0 up.
    """

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.addition_factor = limits(self.name, "addition_factor", addition_factor, 0.0, 1.0)
        self.threshold_factor = limits(self.name, "threshold_factor", threshold_factor, 0.0, 1.0)
        self.value_range = value_range_of(self.name, value_range)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """`additions` and `thresholds`, in parts of 255, for each image; None outside training."""
        if not training:
            return None
        shape, source = (self._count(data), 1, 1, 1), self._seed(seed)
        return {
            name: random.uniform(shape, 0.0, factor[1], seed=source) * _LEVELS
            for name, factor in (
                ("additions", self.addition_factor),
                ("thresholds", self.threshold_factor),
            )
        }

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, solarized in training."""
        images = self._computed(images)
        if not training or transformation is None:
            return images
        low, high = self.value_range
        levels = (images - low) * (_LEVELS / (high - low))
        added, threshold = (
            ops.cast(transformation[name], images.dtype) for name in ("additions", "thresholds")
        )
        levels = ops.clip(levels + added, 0.0, _LEVELS)
        levels = ops.where(levels < threshold, levels, _LEVELS - levels)
        return levels * ((high - low) / _LEVELS) + low

    def _config(self) -> dict[str, Any]:
        return super()._config() | {
            "addition_factor": self.addition_factor,
            "threshold_factor": self.threshold_factor,
        }
