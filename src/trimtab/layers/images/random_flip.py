"""Images turned over at random."""

from __future__ import annotations

from typing import Any

from trimtab import checks, ops, random
from trimtab.core.config import keras_export
from trimtab.layers.images.base import RandomImageLayer

_MODES = ("horizontal", "vertical", "horizontal_and_vertical")


@keras_export("keras.layers.RandomFlip")
class RandomFlip(RandomImageLayer):
    """In training, turns half of the images over.

    Args:
        mode: "horizontal" exchanges left and right, "vertical" above and below,
            "horizontal_and_vertical" both at once.
        seed: A whole number; drawn from the global generator if None.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the mode is none of those.

    Source: Keras 3 `keras.layers.RandomFlip`.
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.mode = checks.choice(self.name, "mode", mode, _MODES)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """`flips`, which images to turn over, and the images' shape; None outside of training."""
        if not training:
            return None
        shape = self._images_shape(data)
        count = shape[0] if len(shape) == 4 else 1
        drawn = random.uniform((count, 1, 1, 1), seed=self._seed(seed))
        return {"flips": ops.less_equal(drawn, 0.5), "input_shape": shape}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, turned over in training."""
        images = self._computed(images)
        return self._flipped(images, transformation) if training else images

    def _flipped(self, images: Any, transformation: Any) -> Any:
        if transformation is None:
            return images
        turned, axes = images, self._axes
        if self.mode != "vertical":
            turned = ops.flip(turned, axis=axes.columns)
        if self.mode != "horizontal":
            turned = ops.flip(turned, axis=axes.rows)
        return ops.where(transformation["flips"], turned, images)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The masks, turned over as the images are."""
        return self.transform_images(segmentation_masks, transformation, training)
