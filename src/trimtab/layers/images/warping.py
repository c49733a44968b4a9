"""Images turned, moved and zoomed at random."""

from __future__ import annotations

import math
from typing import Any

from trimtab import checks, ops, random
from trimtab.core.config import keras_export
from trimtab.layers.images.base import RandomImageLayer, limits

_FILL_MODES = ("reflect", "wrap", "constant", "nearest")
_INTERPOLATIONS = ("nearest", "bilinear")


class _Warp(RandomImageLayer):
    """A layer that reads each pixel of an image at another place of it."""

    def __init__(
        self,
        fill_mode: str,
        interpolation: str,
        seed: int | None,
        fill_value: float,
        data_format: str | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.fill_mode = checks.choice(self.name, "fill_mode", fill_mode, _FILL_MODES)
        self.interpolation = checks.choice(
            self.name, "interpolation", interpolation, _INTERPOLATIONS
        )
        self.fill_value = fill_value

    def _sizes(self, data: Any) -> tuple[int, int, int]:
        """(images, rows, columns)."""
        shape, axes = self._images_shape(data), self._axes
        return shape[0] if len(shape) == 4 else 1, shape[axes.rows], shape[axes.columns]

    def _drawn_within(self, count: int, pair: tuple[float, float], seed: Any) -> Any:
        return random.uniform((count, 1), pair[0], pair[1], seed=seed)

    def _matrix(self, images: Any, transformation: Any) -> Any:
        """The affine transforms of a batch, `(batch, 8)`."""
        raise NotImplementedError

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, warped in training."""
        images = self._computed(images)
        if not training or transformation is None:
            return images
        return self._warped(images, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The masks, warped as the images are, by the nearest pixel."""
        if not training or transformation is None:
            return segmentation_masks
        return self._warped(segmentation_masks, transformation, "nearest")

    def _warped(self, images: Any, transformation: Any, interpolation: str) -> Any:
        return ops.image.affine_transform(
            images,
            self._matrix(images, transformation),
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )


def _rows_of(*columns: Any) -> Any:
    """(batch, 8) of columns of shape (batch, 1), of which some may be plain numbers."""
    tensor = next(c for c in columns if not isinstance(c, (int, float)))
    return ops.concatenate(
        [ops.ones_like(tensor) * c if isinstance(c, (int, float)) else c for c in columns], axis=1
    )


@keras_export("keras.layers.RandomRotation")
class RandomRotation(_Warp):
    """In training, turns images around their middle.

    Args:
        factor: Limits of the angle as parts of a full turn, counter-clockwise: 0.1 draws from
            -36 to 36 degrees, (0, 0.5) from 0 to 180.
        fill_mode: What stands outside of the image: "reflect" (mirrored at its edge), "wrap",
            "constant" or "nearest" (its edge).
        interpolation: "bilinear" or "nearest".
        seed: A whole number; drawn from the global generator if None.
        fill_value: The constant.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.RandomRotation`.
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = limits(self.name, "factor", factor, -1.0, 1.0)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """`angle` in degrees, `rotation_matrix`, and sizes; None outside of training."""
        if not training:
            return None
        count, rows, columns = self._sizes(data)
        turns = self._drawn_within(count, self.factor, self._seed(seed))
        matrix = _rotation(turns * (2.0 * math.pi), rows, columns)
        return {
            "angle": ops.squeeze(turns * 360.0, 1),
            "rotation_matrix": matrix,
            "image_height": rows,
            "image_width": columns,
            "batch_size": count,
        }

    def _matrix(self, images: Any, transformation: Any) -> Any:
        return transformation["rotation_matrix"]


def _rotation(angle: Any, rows: int, columns: int) -> Any:
    cosine, sine = ops.cos(angle), ops.sin(angle)
    wide, tall = columns - 1.0, rows - 1.0
    x = (wide - (cosine * wide - sine * tall)) / 2.0
    y = (tall - (sine * wide + cosine * tall)) / 2.0
    return _rows_of(cosine, -sine, x, sine, cosine, y, 0.0, 0.0)


@keras_export("keras.layers.RandomTranslation")
class RandomTranslation(_Warp):
    """In training, moves images.

    Args:
        height_factor: Limits of the way down, as parts of the height; one number for both ways.
        width_factor: Limits of the way to the right, as parts of the width.
        fill_mode: As for `RandomRotation`.
        interpolation: "bilinear" or "nearest".
        seed: A whole number; drawn from the global generator if None.
        fill_value: As for `RandomRotation`.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.RandomTranslation`.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._rows = limits(self.name, "height_factor", height_factor, -1.0, 1.0)
        self._columns = limits(self.name, "width_factor", width_factor, -1.0, 1.0)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """`translations` (right, down) in pixels, and the shape; None outside of training."""
        if not training:
            return None
        count, rows, columns = self._sizes(data)
        seed = self._seed(seed)
        down = self._drawn_within(count, self._rows, seed) * float(rows)
        right = self._drawn_within(count, self._columns, seed) * float(columns)
        return {
            "translations": ops.concatenate([right, down], axis=1),
            "input_shape": self._images_shape(data),
        }

    def _matrix(self, images: Any, transformation: Any) -> Any:
        moves = ops.cast(transformation["translations"], "float32")
        return _rows_of(1.0, 0.0, -moves[:, 0:1], 0.0, 1.0, -moves[:, 1:2], 0.0, 0.0)


@keras_export("keras.layers.RandomZoom")
class RandomZoom(_Warp):
    """In training, makes what images show larger or smaller.

    Args:
        height_factor: Limits of the zoom along the rows: positive values make things smaller, so
            that (0.2, 0.3) shows 20 to 30 % more; negative ones make them larger. One number for
            both.
        width_factor: As `height_factor`, along the columns; None to keep the ratio.
        fill_mode: As for `RandomRotation`.
        interpolation: "bilinear" or "nearest".
        seed: A whole number; drawn from the global generator if None.
        fill_value: As for `RandomRotation`.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.RandomZoom`.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._rows = limits(self.name, "height_factor", height_factor, -1.0, 1.0)
        self._columns = None
        if width_factor is not None:
            self._columns = limits(self.name, "width_factor", width_factor, -1.0, 1.0)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """`height_zoom`, `width_zoom`, and the shape; None outside of training."""
        if not training:
            return None
        count, _, _ = self._sizes(data)
        seed = self._seed(seed)
        tall = self._drawn_within(count, self._rows, seed) + 1.0
        wide = tall
        if self._columns is not None:
            wide = self._drawn_within(count, self._columns, seed) + 1.0
        return {"height_zoom": tall, "width_zoom": wide, "input_shape": self._images_shape(data)}

    def _matrix(self, images: Any, transformation: Any) -> Any:
        _, rows, columns = self._sizes(images)
        tall = ops.cast(transformation["height_zoom"], "float32")
        wide = ops.cast(transformation["width_zoom"], "float32")
        x, y = (1.0 - wide) * ((columns - 1.0) / 2.0), (1.0 - tall) * ((rows - 1.0) / 2.0)
        return _rows_of(wide, 0.0, x, 0.0, tall, y, 0.0, 0.0)
