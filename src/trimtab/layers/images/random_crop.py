"""A part of images, taken at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import ops, random
from trimtab.core.config import keras_export
from trimtab.core.random import SeedGenerator
from trimtab.layers.images.resizing import SizedImageLayer


@keras_export("keras.layers.RandomCrop")
class RandomCrop(SizedImageLayer):
    """In training, a part of the images, at the same random place for all of a batch.

    Images that are too small are cut to the ratio and enlarged. Outside of training images stay as
    they are.

    Args:
        height: Rows of the part.
        width: Columns of the part.
        seed: A whole number; drawn from the global generator if None.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        name: Name; made from the class's if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        TypeError: If a size is no whole number.
        ValueError: If a size is not positive.

    Source: Keras 3 `keras.layers.RandomCrop`.
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, name=name, **kwargs)
        self._set_size(height, width)
        self.generator = SeedGenerator(seed)
        # As in Keras, the configuration tells the seed that was drawn.
        self.seed = self.generator.seed

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """(first row, first column) of the part."""
        shape, axes = self._images_shape(data), self._axes
        rows, columns = shape[axes.rows], shape[axes.columns]
        if training and rows > self.height and columns > self.width:
            source = self.generator if seed is None else seed
            return (
                random.randint((), 0, rows - self.height + 1, seed=source),
                random.randint((), 0, columns - self.width + 1, seed=source),
            )
        tall = max(min(rows, int(float(columns * self.height) / self.width)), 1)
        wide = max(min(columns, int(float(rows * self.width) / self.height)), 1)
        return int(float(rows - tall) / 2), int(float(columns - wide) / 2)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The part of the images, in training."""
        if not training:
            return images
        images, axes = ops.cast(images, self.compute_dtype), self._axes
        sizes = (self.height, self.width)
        for axis, start, size in zip((axes.rows, axes.columns), transformation, sizes, strict=True):
            if isinstance(start, int):
                size = min(size, images.shape[axis] - start)
            places = ops.add(start, np.arange(size, dtype="int32"))
            images = ops.take(images, places, axis=axis)
        if (images.shape[axes.rows], images.shape[axes.columns]) == sizes:
            return images
        return ops.image.resize(images, sizes, data_format=self.data_format)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The part of the masks, in training."""
        return self.transform_images(segmentation_masks, transformation, training)
