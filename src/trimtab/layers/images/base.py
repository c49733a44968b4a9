"""Layers of images: how one draws a transformation and applies it to all that goes together."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core import settings
from trimtab.core.random import SeedGenerator
from trimtab.core.symbolic import infer_output_spec, keras_tensor
from trimtab.layers.base import Layer
from trimtab.ops.image.axes import Axes, image_axes

_BOXES = "bounding_boxes"


class ImageLayer(Layer):
    """Base of layers that change images: one, a batch, or a dictionary with what belongs to them.

    A subclass overrides `get_random_transformation`, which draws what to do, and
    `transform_images`, which does it; `transform_segmentation_masks` where masks change too. In a
    dictionary the keys are "images", "labels" and "segmentation_masks".

    Args:
        data_format: "channels_last" or "channels_first"; the global setting if None.
        **kwargs: Arguments of `Layer`.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = settings.standardize_data_format(data_format)
        self._build_at_init()

    @property
    def _axes(self) -> Axes:
        return image_axes(self.data_format)

    def _images_shape(self, data: Any) -> tuple[int, ...]:
        images = data["images"] if isinstance(data, dict) else data
        shape: tuple[int, ...] = tuple(images.shape)
        return shape

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """What to do with the images; None for nothing.

        Args:
            data: Images, or a dictionary with them.
            training: Whether the layer is called in training.
            seed: A seed or generator; the layer's own generator if None.
        """
        return None

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images after `transformation`.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(f"{type(self).__name__}: must override `transform_images`")

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        """The labels after `transformation`: the same, unless overridden."""
        return labels

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The masks of the images' pixels after `transformation`: the same, unless overridden."""
        return segmentation_masks

    def call(self, data: Any, training: bool = True) -> Any:
        """The changed images, or a dictionary in which they are changed.

        Raises:
            ValueError: If there are no images, or a dictionary holds what the layer cannot change.
        """
        if not isinstance(data, dict):
            return self._each("images", data, self._drawn(data, training), training)
        if "images" not in data:
            raise ValueError(f"{self.name}: the dictionary must hold 'images'; got {sorted(data)}")
        if _BOXES in data:
            raise ValueError(
                f"{self.name}: boxes are not supported; leave {_BOXES!r} out of the dictionary"
            )
        transformation = self._drawn(data, training)
        return {
            key: self._each(key, value, transformation, training) for key, value in data.items()
        }

    def _drawn(self, data: Any, training: bool) -> Any:
        shape = self._images_shape(data)
        if len(shape) not in (3, 4):
            raise ValueError(
                f"{self.name}: images must have 3 axes for one or 4 for a batch; got shape {shape}"
            )
        if len(shape) == 3:
            # One image is drawn for as a batch of one.
            data = ops.expand_dims(data["images"] if isinstance(data, dict) else data, 0)
        return self.get_random_transformation(data, training=training)

    def _each(self, key: str, value: Any, transformation: Any, training: bool) -> Any:
        method = getattr(self, f"transform_{key}", None)
        if method is None or key == _BOXES:
            return value
        is_single = key != "labels" and len(value.shape) == 3
        if is_single:
            value = ops.expand_dims(value, 0)
        result = method(value, transformation, training=training)
        return ops.squeeze(result, 0) if is_single else result

    def compute_output_spec(self, data: Any, training: bool = True) -> Any:
        """Shapes and types of the images, and of all that goes with them."""
        if isinstance(data, dict):
            return infer_output_spec(self.call, (data,), {"training": training})
        return keras_tensor(self.compute_output_shape(data.shape), self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The images' shape."""
        return input_shape


class RandomImageLayer(ImageLayer):
    """Base of image layers that draw numbers."""

    def __init__(
        self, seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def _seed(self, seed: Any) -> Any:
        return self.generator if seed is None else seed

    def _computed(self, images: Any) -> Any:
        return ops.cast(images, self.compute_dtype)


def limits(owner: str, name: str, factor: Any, low: float, high: float) -> tuple[float, float]:
    """(lowest, highest) from one number, for both sides of 0, or two.

    Raises:
        ValueError: If they are no numbers in [low, high].
    """
    if isinstance(factor, (tuple, list)):
        pair = tuple(factor)
    elif low < 0 and isinstance(factor, (int, float)):
        pair = (-abs(factor), abs(factor))
    else:
        pair = (0, factor)
    if len(pair) != 2 or not all(
        isinstance(value, (int, float)) and low <= value <= high for value in pair
    ):
        raise ValueError(
            f"{owner}: `{name}` must be a number, or two, in [{low:g}, {high:g}]; got {factor!r}"
        )
    return min(pair), max(pair)
