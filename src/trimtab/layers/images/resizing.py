"""Images of a size."""

from __future__ import annotations

from typing import Any

from trimtab import checks, ops
from trimtab.core.config import keras_export
from trimtab.layers.images.base import ImageLayer
from trimtab.ops.image.resizing import INTERPOLATIONS


class SizedImageLayer(ImageLayer):
    """A layer whose images have a height and width of its own."""

    height: int
    width: int

    def _set_size(self, height: Any, width: Any) -> None:
        self.height = checks.whole(self.name, "height", height, least=1)
        self.width = checks.whole(self.name, "width", width, least=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The images' shape with the new height and width."""
        shape, axes = list(input_shape), self._axes
        shape[axes.rows], shape[axes.columns] = self.height, self.width
        return tuple(shape)


@keras_export("keras.layers.Resizing")
class Resizing(SizedImageLayer):
    """Images made larger or smaller.

    Args:
        height: Rows of the result.
        width: Columns of the result.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: Whether to cut the middle of the images to the new ratio first.
        pad_to_aspect_ratio: Whether to pad them to it first.
        fill_mode: "constant", the only way to pad.
        fill_value: What to pad with.
        antialias: Whether a smaller image averages over all the pixels that each of its own covers.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.Resizing`. Whole numbers stay whole numbers.
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self._set_size(height, width)
        checks.choice(self.name, "interpolation", interpolation, INTERPOLATIONS)
        checks.choice(self.name, "fill_mode", fill_mode, ("constant",))
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError(
                f"{self.name}: only one of `pad_to_aspect_ratio` and `crop_to_aspect_ratio` can be "
                "True; got both"
            )
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias = antialias

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images in their new size."""
        return self._resized(images, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The masks in the new size, by the nearest pixel."""
        return self._resized(segmentation_masks, "nearest")

    def _resized(self, images: Any, interpolation: str) -> Any:
        return ops.image.resize(
            images,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )


@keras_export("keras.layers.CenterCrop")
class CenterCrop(SizedImageLayer):
    """The middle of images; those that are too small are enlarged, and cut to the ratio.

    Args:
        height: Rows of the result.
        width: Columns of the result.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        TypeError: If a size is no whole number.
        ValueError: If a size is not positive.

    Source: Keras 3 `keras.layers.CenterCrop`.
    """

    def __init__(
        self, height: int, width: int, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self._set_size(height, width)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The middle of the images."""
        images, axes = ops.cast(images, self.compute_dtype), self._axes
        rows, columns = images.shape[axes.rows], images.shape[axes.columns]
        if rows < self.height or columns < self.width:
            return ops.image.resize(
                images,
                (self.height, self.width),
                crop_to_aspect_ratio=True,
                data_format=self.data_format,
            )
        top, left = int((rows - self.height) / 2), int((columns - self.width) / 2)
        key: list[Any] = [slice(None)] * len(images.shape)
        key[axes.rows] = slice(top, top + self.height)
        key[axes.columns] = slice(left, left + self.width)
        return images[tuple(key)]

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The middle of the masks."""
        return self.transform_images(segmentation_masks, transformation, training)
