"""Keras 2's ImageDataGenerator, for scripts of its time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trimtab import checks, ops
from trimtab.compat.image_iterators import ArrayIterator, DirectoryIterator
from trimtab.core import settings
from trimtab.core.old_spellings import ORDERINGS
from trimtab.ops.image.axes import image_axes

_OWNER = "ImageDataGenerator"
_FILL_MODES = ("constant", "nearest", "reflect", "wrap")
_TINY = 1e-6


class ImageDataGenerator:
    """Changes images at random, and standardises them, batch by batch.

    Args:
        featurewise_center: Whether to take the mean of the data away that `fit` saw.
        samplewise_center: Whether to take each image's own mean away.
        featurewise_std_normalization: Whether to divide by the standard deviation of those data.
        samplewise_std_normalization: Whether to divide by each image's own.
        zca_whitening: Whether to remove the correlations that `fit` saw.
        zca_epsilon: Added to the variances of that.
        rotation_range: Largest angle in degrees, both ways.
        width_shift_range: Largest way along the columns: below 1 a part of them, from 1 on pixels,
            or a list to choose from.
        height_shift_range: The same along the rows.
        brightness_range: (lowest, highest) factor of the brightness; None for none.
        shear_range: Largest shear in degrees, both ways.
        zoom_range: (lowest, highest) zoom, or one number for [1 - it, 1 + it].
        channel_shift_range: Largest amount added to a channel, both ways.
        fill_mode: What stands outside of the image: "nearest", "constant", "reflect" or "wrap".
        cval: The constant.
        horizontal_flip: Whether to exchange left and right in half of the images.
        vertical_flip: Whether to exchange above and below in half of them.
        rescale: Factor of all values; None for none.
        preprocessing_function: Applied to each image after it was changed.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        validation_split: Part of the data that `subset="validation"` gives.
        interpolation_order: 0 for the nearest pixel, 1 for linear interpolation.
        dtype: Type of the images; floatx if None.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 2 `keras.preprocessing.image.ImageDataGenerator`.
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Any], Any] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        self.featurewise_center = featurewise_center or featurewise_std_normalization
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        self.brightness_range = brightness_range
        self.shear_range = shear_range
        pair = (1 - zoom_range, 1 + zoom_range) if np.ndim(zoom_range) == 0 else tuple(zoom_range)
        if len(pair) != 2:
            raise ValueError(
                f"{_OWNER}: `zoom_range` must be one number or two; got {zoom_range!r}"
            )
        self.zoom_range = pair
        self.channel_shift_range = channel_shift_range
        self.fill_mode = checks.choice(_OWNER, "fill_mode", fill_mode, _FILL_MODES)
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = preprocessing_function
        self.data_format = settings.standardize_data_format(
            None if data_format is None else ORDERINGS.get(data_format, data_format)
        )
        self.validation_split = checks.interval(
            _OWNER, "validation_split", validation_split, 0.0, 1.0
        )
        self.interpolation_order = checks.choice(
            _OWNER, "interpolation_order", interpolation_order, (0, 1)
        )
        self.dtype = dtype or settings.floatx()
        self.mean: Any = None
        self.std: Any = None
        self.zca_whitening_matrix: Any = None

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> ArrayIterator:
        """Batches of changed images, with their targets and weights where those are given.

        Args:
            x: Images, or (images, another array or several) of which only images are changed.
            y: Targets.
            batch_size: Images a batch.
            shuffle: Whether to draw the order of each pass.
            sample_weight: One weight an image.
            seed: Seed of orders and changes.
            save_to_dir: Folder to write the changed images to.
            save_prefix: Beginning of their names.
            save_format: Their format.
            ignore_class_split: Taken for compatibility: splits are never refused for their classes.
            subset: "training" or "validation", by `validation_split`.
        """
        del ignore_class_split
        save = (save_to_dir, save_prefix, save_format)
        return ArrayIterator(self, x, y, sample_weight, batch_size, shuffle, seed, subset, save)

    def flow_from_directory(
        self,
        directory: Any,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Batches of changed images from folders, a folder a class.

        Args:
            directory: The folder of those folders.
            target_size: (rows, columns) that all are brought to.
            color_mode: "rgb", "rgba" or "grayscale".
            classes: The folders to take, in the order of their numbers; all by name if None.
            class_mode: "categorical", "binary", "sparse", "input" (the images themselves) or None.
            batch_size: Images a batch.
            shuffle: Whether to draw the order of each pass.
            seed: Seed of orders and changes.
            save_to_dir: Folder to write the changed images to.
            save_prefix: Beginning of their names.
            save_format: Their format.
            follow_links: Whether to follow links to folders.
            subset: "training" or "validation", by `validation_split`.
            interpolation: How images are resized, as for `utils.load_img`.
            keep_aspect_ratio: Whether they are cut to the ratio first.
        """
        return DirectoryIterator(
            self,
            directory,
            target_size,
            color_mode,
            classes,
            class_mode,
            batch_size,
            shuffle,
            seed,
            follow_links,
            subset,
            interpolation,
            keep_aspect_ratio,
            (save_to_dir, save_prefix, save_format),
        )

    def get_random_transform(
        self, img_shape: Sequence[int], seed: int | None = None
    ) -> dict[str, Any]:
        """What to do with an image of a shape, by the names that `apply_transform` takes."""
        draws: Any = np.random
        if seed is not None:
            draws = np.random.RandomState(seed % 2**32)
        axes = image_axes(self.data_format)

        def within(limit: float) -> float:
            return float(draws.uniform(-limit, limit)) if limit else 0.0

        theta = within(self.rotation_range)
        tx = _shift(draws, self.height_shift_range, img_shape[axes.rows])
        ty = _shift(draws, self.width_shift_range, img_shape[axes.columns])
        shear = within(self.shear_range)
        low, high = self.zoom_range
        zx, zy = (1.0, 1.0) if low == high == 1 else draws.uniform(low, high, 2)
        flips = draws.random_sample(2) < 0.5
        channel_shift = within(self.channel_shift_range)
        brightness = None
        if self.brightness_range is not None:
            brightness = float(draws.uniform(*self.brightness_range))
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": float(zx),
            "zy": float(zy),
            "flip_horizontal": bool(flips[0] and self.horizontal_flip),
            "flip_vertical": bool(flips[1] and self.vertical_flip),
            "channel_shift_intensity": channel_shift or None,
            "brightness": brightness,
        }

    def apply_transform(
        self, x: np.ndarray[Any, Any], transform_parameters: dict[str, Any]
    ) -> np.ndarray[Any, Any]:
        """An image after what the parameters say; those that are missing change nothing."""
        given = transform_parameters.get
        axes = image_axes(self.data_format)
        x = np.asarray(x, self.dtype)
        matrix = _affine(x.shape[axes.rows], x.shape[axes.columns], transform_parameters)
        if matrix is not None:
            warped = ops.image.affine_transform(
                x,
                matrix,
                interpolation="bilinear" if self.interpolation_order else "nearest",
                fill_mode=self.fill_mode,
                fill_value=self.cval,
                data_format=self.data_format,
            )
            x = np.asarray(warped, self.dtype)
        if given("channel_shift_intensity") is not None:
            x = np.clip(x + given("channel_shift_intensity"), x.min(), x.max())
        if given("flip_horizontal", False):
            x = np.flip(x, axes.columns)
        if given("flip_vertical", False):
            x = np.flip(x, axes.rows)
        if given("brightness") is not None:
            x = np.clip(x * given("brightness"), 0, 255)
        return np.ascontiguousarray(x, self.dtype)

    def random_transform(self, x: Any, seed: int | None = None) -> np.ndarray[Any, Any]:
        """An image changed at random."""
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    def standardize(self, x: Any) -> np.ndarray[Any, Any]:
        """An image, or a batch, standardised as the arguments say.

        Raises:
            ValueError: If that needs statistics and `fit` was not called.
        """
        if self.preprocessing_function is not None:
            x = self.preprocessing_function(x)
        x = np.array(x, self.dtype)
        if self.rescale:
            x = x * self.rescale
        if self.samplewise_center:
            x = x - x.mean()
        if self.samplewise_std_normalization:
            x = x / (x.std() + _TINY)
        if self.featurewise_center:
            x = x - self._fitted("mean")
        if self.featurewise_std_normalization:
            x = x / (self._fitted("std") + _TINY)
        if self.zca_whitening:
            matrix = self._fitted("zca_whitening_matrix")
            x = (x.reshape(-1, matrix.shape[0]) @ matrix).reshape(x.shape)
        return np.asarray(x, self.dtype)

    def _fitted(self, name: str) -> Any:
        value = getattr(self, name)
        if value is None:
            raise ValueError(f"{_OWNER}: has no statistics; call fit(images) before flow()")
        return value

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Takes the statistics that feature-wise options and whitening need.

        Args:
            x: Images, a batch.
            augment: Whether to take them of changed images.
            rounds: Passes over the images then.
            seed: Seed of the changes.

        Raises:
            ValueError: If the images have not 4 axes.
        """
        images = np.array(x, self.dtype)
        if images.ndim != 4:
            raise ValueError(f"{_OWNER}: fit() needs images of 4 axes; got shape {images.shape}")
        if augment:
            drawn = [
                self.random_transform(image, None if seed is None else seed + number)
                for number, image in enumerate([*images] * rounds)
            ]
            images = np.stack(drawn)
        axes = image_axes(self.data_format)
        reduced = (0, axes.rows % 4, axes.columns % 4)
        if self.featurewise_center:
            self.mean = images.mean(axis=reduced, keepdims=True)[0]
            images = images - self.mean
        if self.featurewise_std_normalization:
            self.std = images.std(axis=reduced, keepdims=True)[0]
            images = images / (self.std + _TINY)
        if self.zca_whitening:
            flat = images.reshape(len(images), -1)
            vectors, values, _ = np.linalg.svd(flat.T @ flat / len(flat))
            scaled = vectors / np.sqrt(values + self.zca_epsilon)
            self.zca_whitening_matrix = scaled @ vectors.T


def _shift(draws: Any, limit: Any, size: int) -> float:
    """A way along an axis, in pixels."""
    if np.ndim(limit):
        return float(draws.choice(np.asarray(limit)) * draws.choice([-1, 1]))
    if not limit:
        return 0.0
    if isinstance(limit, int):
        return float(draws.choice(np.arange(-limit + 1, limit)) if limit > 1 else 0)
    way = float(draws.uniform(-limit, limit))
    return way * size if limit < 1 else way


def _affine(rows: int, columns: int, parameters: dict[str, Any]) -> np.ndarray[Any, Any] | None:
    """The transform about the middle as `ops.image.affine_transform` takes it; None for none."""
    theta, shear = (np.deg2rad(parameters.get(name, 0.0)) for name in ("theta", "shear"))
    tx, ty = parameters.get("tx", 0.0), parameters.get("ty", 0.0)
    zx, zy = parameters.get("zx", 1.0), parameters.get("zy", 1.0)
    if not (theta or shear or tx or ty) and zx == zy == 1:
        return None
    cosine, sine = np.cos(theta), np.sin(theta)
    rotation = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    shift = np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    slant = np.array([[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]])
    zoom = np.diag([zx, zy, 1.0])
    x, y = rows / 2 - 0.5, columns / 2 - 0.5
    there = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
    back = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
    m = there @ rotation @ shift @ slant @ zoom @ back
    # From (row, column) to (x, y), which is (column, row).
    return np.array(
        [m[1, 1], m[1, 0], m[1, 2], m[0, 1], m[0, 0], m[0, 2], 0.0, 0.0], dtype="float32"
    )
