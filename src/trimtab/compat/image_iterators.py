"""Batches of changed images without end, as old scripts take them from an ImageDataGenerator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab import checks
from trimtab.data import PyDataset
from trimtab.data.directory import index_directory
from trimtab.data.image_files import array_to_img, img_to_array, load_img

FORMATS = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")


class ImageIterator(PyDataset):
    """Batches by number for `fit`, and without end for `next`.

    Attributes:
        n: Number of images.
        batch_size: Images a batch.
        shuffle: Whether each pass has an order of its own.
        seed: Seed of the orders and of the changes; NumPy's global state where None.
    """

    def __init__(self, generator: Any, n: int, batch_size: int, shuffle: bool, seed: Any) -> None:
        super().__init__()
        self.image_data_generator = generator
        self.n = self.samples = n
        self.batch_size = checks.whole("flow", "batch_size", batch_size, least=1)
        self.shuffle = shuffle
        self.seed = seed
        self.batch_index = 0
        self.total_batches_seen = 0
        self._save: tuple[Any, str, str] = (None, "", "png")
        self._order = self._drawn_order()

    def _drawn_order(self) -> np.ndarray[Any, Any]:
        order = np.arange(self.n)
        if self.shuffle:
            source: Any = np.random
            if self.seed is not None:
                source = np.random.RandomState(self.seed + self.total_batches_seen)
            source.shuffle(order)
        return order

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        """The batch `index` of a pass."""
        if not 0 <= index < len(self):
            raise ValueError(f"ImageDataGenerator: there are {len(self)} batches; got {index}")
        self.total_batches_seen += 1
        rows = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        return self._batch(rows)

    def _batch(self, rows: np.ndarray[Any, Any]) -> Any:
        raise NotImplementedError

    def reset(self) -> None:
        """Starts a pass anew."""
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        """Draws the order of the next pass."""
        self._order = self._drawn_order()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self.batch_index == 0:
            self._order = self._drawn_order()
        batch = self[self.batch_index]
        self.batch_index = (self.batch_index + 1) % len(self)
        return batch

    def next(self) -> Any:
        """The next batch, in passes without end."""
        return self.__next__()

    def _changed(self, x: np.ndarray[Any, Any], number: int) -> np.ndarray[Any, Any]:
        seed = None if self.seed is None else self.seed + self.total_batches_seen * self.n + number
        generator = self.image_data_generator
        x = generator.apply_transform(x, generator.get_random_transform(x.shape, seed))
        changed: np.ndarray[Any, Any] = generator.standardize(x)
        folder, prefix, suffix = self._save
        if folder is not None:
            img = array_to_img(changed, generator.data_format, scale=True)
            img.save(os.path.join(folder, f"{prefix}_{number}_{self.total_batches_seen}.{suffix}"))
        return changed


class ArrayIterator(ImageIterator):
    """Batches of arrays, whose images are changed."""

    def __init__(
        self,
        generator: Any,
        x: Any,
        y: Any,
        sample_weight: Any,
        batch_size: int,
        shuffle: bool,
        seed: Any,
        subset: str | None,
        save: tuple[Any, str, str],
    ) -> None:
        # Beside the images there may be other arrays, which are not changed.
        extra: list[Any] = []
        if isinstance(x, (tuple, list)):
            x, others = x
            listed = others if isinstance(others, (tuple, list)) else [others]
            extra = [np.asarray(part) for part in listed]
        images = np.asarray(x, dtype=generator.dtype)
        if images.ndim != 4:
            raise ValueError(
                f"ImageDataGenerator: `x` must have 4 axes, a batch of images; got shape "
                f"{images.shape}"
            )
        parts = [images, *extra]
        self._has_y, self._has_weight = y is not None, sample_weight is not None
        parts += [np.asarray(part) for part in (y, sample_weight) if part is not None]
        if len({len(part) for part in parts}) > 1:
            raise ValueError(
                "ImageDataGenerator: all arrays must have one row an image; got "
                f"{[len(part) for part in parts]}"
            )
        if subset is not None:
            checks.choice("ImageDataGenerator", "subset", subset, ("training", "validation"))
            at = int(len(images) * generator.validation_split)
            chosen = slice(0, at) if subset == "validation" else slice(at, None)
            parts = [part[chosen] for part in parts]
        self._parts, self._extras = parts, len(extra)
        self.x = parts[0]
        self.y = parts[1 + len(extra)] if self._has_y else None
        super().__init__(generator, len(parts[0]), batch_size, shuffle, seed)
        self._save = save

    def _batch(self, rows: np.ndarray[Any, Any]) -> Any:
        images = np.stack([self._changed(self.x[i], int(i)) for i in rows])
        rest = [part[rows] for part in self._parts[1:]]
        x: Any = [images, *rest[: self._extras]] if self._extras else images
        tail = rest[self._extras :]
        return (x, *tail) if tail else x


class DirectoryIterator(ImageIterator):
    """Batches of the images in folders, a folder a class."""

    def __init__(
        self,
        generator: Any,
        directory: Any,
        target_size: tuple[int, int],
        color_mode: str,
        classes: Any,
        class_mode: str | None,
        batch_size: int,
        shuffle: bool,
        seed: Any,
        follow_links: bool,
        subset: str | None,
        interpolation: str,
        keep_aspect_ratio: bool,
        save: tuple[Any, str, str],
    ) -> None:
        owner = "ImageDataGenerator"
        checks.choice(
            owner, "class_mode", class_mode, ("categorical", "binary", "sparse", "input", None)
        )
        checks.choice(owner, "subset", subset, ("training", "validation", None))
        indexed = index_directory(owner, directory, "inferred", classes, FORMATS, follow_links)
        names = indexed.class_names or []
        labels = np.zeros(0, "int32") if indexed.labels is None else indexed.labels
        chosen = _part(labels, len(names), generator.validation_split, subset)
        self.directory = os.fspath(directory)
        self.filepaths = [indexed.paths[i] for i in chosen]
        self.filenames = [os.path.relpath(path, self.directory) for path in self.filepaths]
        self.classes = labels[chosen]
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.num_classes = len(names)
        self.class_mode = class_mode
        self.target_size = tuple(target_size)
        self._reading: dict[str, Any] = {
            "color_mode": color_mode,
            "target_size": self.target_size,
            "interpolation": interpolation,
            "keep_aspect_ratio": keep_aspect_ratio,
        }
        channels = {"grayscale": 1, "rgb": 3, "rgba": 4}[color_mode]
        is_first = generator.data_format == "channels_first"
        sizes = self.target_size
        self.image_shape = (channels, *sizes) if is_first else (*sizes, channels)
        super().__init__(generator, len(self.filepaths), batch_size, shuffle, seed)
        self._save = save

    @property
    def labels(self) -> np.ndarray[Any, Any]:
        """The number of each image's class."""
        numbers: np.ndarray[Any, Any] = self.classes
        return numbers

    def _batch(self, rows: np.ndarray[Any, Any]) -> Any:
        images = np.stack([self._changed(self._read(i), int(i)) for i in rows])
        if self.class_mode is None:
            return images
        if self.class_mode == "input":
            return images, images.copy()
        labels = self.classes[rows]
        if self.class_mode == "categorical":
            lines = np.zeros((len(rows), self.num_classes), self.image_data_generator.dtype)
            lines[np.arange(len(rows)), labels] = 1
            return images, lines
        return images, labels.astype(self.image_data_generator.dtype)

    def _read(self, number: int) -> np.ndarray[Any, Any]:
        generator = self.image_data_generator
        img = load_img(self.filepaths[number], **self._reading)
        array: np.ndarray[Any, Any] = img_to_array(img, generator.data_format, generator.dtype)
        return array


def _part(
    labels: np.ndarray[Any, Any], classes: int, validation_split: float, subset: str | None
) -> np.ndarray[Any, Any]:
    """Numbers of the files for training or validation: the first of each class are for that."""
    if subset is None:
        return np.arange(len(labels))
    chosen = []
    for number in range(classes):
        own = np.flatnonzero(labels == number)
        at = int(validation_split * len(own))
        chosen.append(own[:at] if subset == "validation" else own[at:])
    return np.concatenate(chosen)
