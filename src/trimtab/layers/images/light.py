"""Images made brighter, darker and of more or less contrast at random."""

from __future__ import annotations

from typing import Any

from trimtab import dtypes, ops, random
from trimtab.core.config import keras_export
from trimtab.layers.images.base import RandomImageLayer, limits
from trimtab.layers.images.tones import value_range_of


class _Light(RandomImageLayer):
    """A layer that changes the values of pixels by one number an image."""

    def _one_each(self, data: Any, low: float, high: float, seed: Any) -> Any:
        shape = self._images_shape(data)
        count = shape[0] if len(shape) == 4 else 1
        return random.uniform((count, 1, 1, 1), low, high, seed=self._seed(seed))

    def _nothing(self, data: Any) -> Any:
        shape = self._images_shape(data)
        return ops.zeros((shape[0] if len(shape) == 4 else 1, 1, 1, 1))


@keras_export("keras.layers.RandomBrightness")
class RandomBrightness(_Light):
    """In training, makes images brighter or darker.

    Args:
        factor: Limits of what is added, as parts of the range of values; one number for both signs.
        value_range: Lowest and highest value of a pixel, which results are kept within.
        seed: A whole number; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.RandomBrightness`. Whole numbers stay whole numbers.
    """

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.factor = limits(self.name, "factor", factor, -1.0, 1.0)
        self.value_range = sorted(value_range_of(self.name, value_range))

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """`rgb_delta`, what is added to each image: 0 outside of training."""
        if not training:
            return {"rgb_delta": self._nothing(data)}
        low, high = self.value_range
        drawn = self._one_each(data, self.factor[0], self.factor[1], seed)
        return {"rgb_delta": drawn * float(high - low)}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, brighter or darker in training."""
        dtype = images.dtype
        if not training:
            return images
        low, high = self.value_range
        added = transformation["rgb_delta"]
        if dtypes.is_float(dtype):
            return ops.clip(ops.add(images, ops.cast(added, dtype)), low, high)
        # In floats: whole numbers of a type without a sign cannot be taken from.
        return ops.cast(ops.clip(ops.cast(images, "float32") + ops.trunc(added), low, high), dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"data_format": self.data_format}


@keras_export("keras.layers.RandomContrast")
class RandomContrast(_Light):
    """In training, moves pixels away from the mean of their image's channel, or towards it.

    Args:
        factor: (lower, upper): distances to the mean are multiplied by a number in
            [1 - lower, 1 + upper]; one number stands for (0, number).
        value_range: Lowest and highest value of a pixel, which results are kept within.
        seed: A whole number; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.RandomContrast`.
    """

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.factor = limits(self.name, "factor", factor, 0.0, 1.0)
        self.value_range = value_range_of(self.name, value_range)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """`contrast_factor`, what distances are multiplied by; 0 outside of training."""
        if not training:
            return {"contrast_factor": self._nothing(data)}
        lower, upper = self.factor
        return {"contrast_factor": self._one_each(data, 1.0 - lower, 1.0 + upper, seed)}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, of another contrast in training."""
        if not training:
            return images
        images, axes = self._computed(images), self._axes
        factor = ops.cast(transformation["contrast_factor"], self.compute_dtype)
        mean = ops.mean(images, axis=(axes.rows, axes.columns), keepdims=True)
        low, high = self.value_range
        return ops.clip((images - mean) * factor + mean, low, high)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"data_format": self.data_format}
